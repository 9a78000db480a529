"""Entity tags: what tells a representation from others, and the preconditions that name one (RFC 9110, section 13)."""

import base64
import hashlib
import re

_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
ANY = "*"


def entity_tag(body: bytes) -> str:
    """The strong tag of a representation: a hash of it, so that equal tags mean equal bytes."""
    return f'"{base64.urlsafe_b64encode(hashlib.sha256(body).digest()[:18]).decode()}"'


def is_named(field: str, tag: str, *, weakly: bool = False) -> bool:
    """Whether a field names a representation that there is: by its tag in the list, or by an asterisk.

    Args:
        field: of `If-Match`, or of `If-None-Match`, which compares weakly (section 8.8.3.2).
        tag: of the representation.
    """
    if field == tag or field.strip() == ANY:
        return True
    return any(found[2] == tag and (weakly or not found[1]) for found in _TAG.finditer(field))
