"""Bodies of POST requests that are not plain JSON: the text of a document, and gzip.

GraphQL over HTTP leaves further media types to servers. `application/graphql` is older than it: the whole body is the
document, its variables stand in the URL, as graphql.org had it for years; graphql-yoga, express-graphql and Shopify
take it. No form of a browser sends either of the two, nor a script without a preflight.
"""

import zlib
from collections.abc import Mapping
from typing import Any, Final

from starlette.types import Scope

from gateway.http.media_types import JSON, parse_media_type
from gateway.limits import Limits
from gateway.transport.errors import Defect, RequestError
from gateway.transport.json_input import is_suspicious
from gateway.transport.requests import (
    GraphQLRequest,
    coding_of,
    members_of,
    parse_body,
    parse_request,
    refuse_media_type,
)

DOCUMENT: Final = "application/graphql"

_GZIP: Final = frozenset({"gzip", "x-gzip"})
"""RFC 9110, section 8.4.1.3."""
_GZIP_HEADER: Final = 31  # for zlib: with gzip's header, and the largest window


def check_posted(headers: Mapping[str, str]) -> None:
    """Refuse a body that is neither JSON nor a document, or packed by something other than gzip.

    Raises:
        RequestError: BAD_REQUEST, with the status 415.
    """
    if _media_type(headers) is None:
        raise refuse_media_type(f"{JSON}, {DOCUMENT}")
    if (coding := coding_of(headers)) != "identity" and coding not in _GZIP:
        fields = [(b"accept-encoding", b"gzip, identity")]
        raise RequestError(415, "BAD_REQUEST", "A body may be compressed by gzip alone.", headers=fields)


def parse_posted(
    scope: Scope, headers: Mapping[str, str], body: bytes, limits: Limits
) -> GraphQLRequest | list[Any]:
    """What a body asks for that `check_posted` let pass.

    Args:
        scope: of the request, in whose URL a document's variables stand.
        headers: of the request, by lower-case name.
        body: as it came, no longer than it may be.
        limits: beyond the number of bytes of a body nothing is unpacked, in any mode.

    Raises:
        RequestError: as `parse_body`; 413 for a body that holds too much.
    """
    text = body if coding_of(headers) == "identity" else _unpacked(body, int(limits.body.number))
    return parse_body(text) if _media_type(headers) == JSON else _parse_document(text, scope["query_string"])


def _media_type(headers: Mapping[str, str]) -> str | None:
    """The body's, of those that are read here; None for any other."""
    found = parse_media_type(headers.get("content-type", ""))
    return found.type if found and found.is_utf8 and found.type in (JSON, DOCUMENT) else None


def _unpacked(body: bytes, most: int) -> bytes:
    packed = zlib.decompressobj(_GZIP_HEADER)
    try:
        text = packed.decompress(body, most + 1)
    except zlib.error:
        text = b""
    if len(text) > most:
        raise RequestError(413, "BAD_REQUEST", f"A body must not be longer than {most} bytes, unpacked.")
    if not packed.eof or packed.unused_data:
        message = "The body is not what gzip packs, as its Content-Encoding says."
        raise RequestError(Defect.UNREADABLE, "BAD_REQUEST", message)
    return text


def _parse_document(text: bytes, query_string: bytes) -> GraphQLRequest:
    members, values = members_of(query_string)
    if "query" in members:
        message = "The document comes twice, in the URL and in the body."
        raise RequestError(Defect.MALFORMED, "BAD_REQUEST", message)
    try:
        members["query"] = text.decode()
    except UnicodeDecodeError as error:
        message = f"The document is not UTF-8: the byte 0x{text[error.start]:02x} at position {error.start}."
        raise RequestError(Defect.UNREADABLE, "BAD_REQUEST", message) from None
    return parse_request(members, any(map(is_suspicious, values)))
