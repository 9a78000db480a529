"""Targets of requests (RFC 9112, section 3.2)."""

import re
from typing import Final, NamedTuple
from urllib.parse import unquote

from gateway.transport.http_refusals import is_authority

_URL: Final = re.compile(rb"(?i:https?)://([^/?#@]+)(/[^?#]*)?(?:\?([^#]*))?")


class Target(NamedTuple):
    """What a request is for.

    Attributes:
        path: that is meant; `*` for the server as a whole.
        raw_path: as it was written.
        query: as it was written.
        authority: that the target names itself; empty where the field `Host` does.
    """

    path: str
    raw_path: bytes
    query: bytes
    authority: bytes = b""


def read_target(method: bytes, written: bytes) -> Target | None:
    """The target of a request; None where it is none for this method.

    Args:
        written: characters that a parser has found to be fit for a URL.
    """
    if written.startswith(b"/"):
        raw_path, _, query = written.partition(b"?")
        return None if b"#" in written else _target(raw_path, query)
    if written == b"*":
        return _target(written, b"") if method == b"OPTIONS" else None
    match = _URL.fullmatch(written)
    if match is None or match[1].startswith(b":") or not is_authority(match[1]):
        return None
    authority, raw_path, query = match[1], match[2], match[3]
    # Without a path it is `/`, but for OPTIONS, which asks about the server then (section 3.2.4).
    empty = b"*" if method == b"OPTIONS" and query is None else b"/"
    return _target(raw_path or empty, query or b"", authority)


def _target(raw_path: bytes, query: bytes, authority: bytes = b"") -> Target:
    path = raw_path.decode("ascii")
    return Target(unquote(path) if "%" in path else path, raw_path, query, authority)
