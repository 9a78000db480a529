"""Requests that another site's page could make a reader's browser send (CSRF)."""

from collections.abc import Mapping
from typing import Final

from gateway.http.media_types import parse_media_type
from gateway.transport.errors import RequestError

_PREFLIGHT_HEADERS: Final = (
    "graphql-require-preflight",
    "apollo-require-preflight",
    "x-apollo-operation-name",
)
_AMBIENT_SCHEMES: Final = frozenset({"basic", "digest", "negotiate", "ntlm"})
_FORM_TYPES: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})


def check_preflighted(headers: Mapping[str, str]) -> None:
    """Refuse a GET that another site's page could have sent with the reader's own credentials.

    A browser asks the server first (CORS preflight) when a request carries a header or content type that is not
    safelisted (https://fetch.spec.whatwg.org/#cors-safelisted-request-header). A bearer token is such a header, and
    no browser adds one by itself, as it does cookies and Basic credentials.

    Raises:
        RequestError: BAD_REQUEST.
    """
    if any(name in headers for name in _PREFLIGHT_HEADERS):
        return
    scheme = headers.get("authorization", "").partition(" ")[0].lower()
    if scheme and scheme not in _AMBIENT_SCHEMES:
        return
    content_type = parse_media_type(headers.get("content-type", ""))
    # One that cannot be read whole, such as a list of types, may be another one to a browser.
    if content_type is not None and content_type.parameters is None:
        content_type = None
    if content_type is not None and content_type.type not in _FORM_TYPES:
        return
    raise RequestError(
        400,
        "BAD_REQUEST",
        "This request could come from another site's page: send a bearer token, "
        "or a GraphQL-Require-Preflight header of any value.",
    )
