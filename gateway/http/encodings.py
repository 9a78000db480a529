"""Content codings, as `Accept-Encoding` has them (RFC 9110, section 12.5.3)."""

import re
from collections.abc import Iterable

# Anybody may send this field: every repetition is possessive, so that what does not match is left at once.
_ELEMENT = re.compile(
    r"[ \t]*+([!#$%&'*+.^_`|~0-9A-Za-z-]++)[ \t]*+(?:;[ \t]*+q=([01](?:\.[0-9]{0,3})?+))?+[ \t]*+"
)


def choose_encoding(field: str | None, available: Iterable[str]) -> str | None:
    """The first of the codings that are there which the caller takes; None for the representation as it is.

    Elements that cannot be read are passed over.

    Args:
        field: the value of the whole field; None where it is absent.
        available: codings in lower case, the best first.
    """
    weights: dict[str, float] = {}
    for element in (field or "").split(","):
        if found := _ELEMENT.fullmatch(element):
            weights[found[1].lower()] = float(found[2] or "1")
    other = weights.get("*", 0.0)
    return next((coding for coding in available if weights.get(coding, other) > 0), None)
