"""What the header of a request says about its body and its answer, before either is looked at."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.types import Scope

from gateway.http.forms import boundary_of
from gateway.http.headers import read_headers
from gateway.transport.negotiation import Accepted, is_json_request, negotiate
from gateway.transport.requests import GraphQLRequest, is_plain, parse_body

_LONGEST: Final = 16 * 1024
"""Bytes of a body that is compared with the next one on its connection."""


class RequestHead:
    """A request's head as `GraphQLEndpoint` reads it; the same one for requests whose heads are the same.

    Args:
        scope: of the request.
        default: the media type of answers to callers who name none.

    Attributes:
        headers: its fields but `Content-Length`, by lower-case name.
        accepted: what its answer may be.
        is_form: whether its body is a form, which has files.
        is_json: whether its body is said to be plain JSON.
    """

    __slots__ = ("_latest", "accepted", "headers", "is_form", "is_json")

    def __init__(self, scope: Scope, default: str) -> None:
        headers = read_headers(scope)
        headers.pop("content-length", None)  # in which heads may differ that are the same otherwise
        content_type = headers.get("content-type", "")
        self.headers: Mapping[str, str] = headers
        self.accepted: Accepted = negotiate(headers.get("accept"), default)
        self.is_json = is_json_request(content_type) and is_plain(headers)
        self.is_form = not self.is_json and boundary_of(content_type) is not None
        self._latest: tuple[bytes, GraphQLRequest] | None = None

    def parsed(self, body: bytes) -> GraphQLRequest | list[Any]:
        """What a body asks for (see `parse_body`); one like the body before is not read again.

        Raises:
            RequestError: as `parse_body`.
        """
        if (latest := self._latest) is not None and latest[0] == body:
            return latest[1]
        request = parse_body(body)
        if len(body) <= _LONGEST and isinstance(request, GraphQLRequest):
            self._latest = (body, request)
        return request
