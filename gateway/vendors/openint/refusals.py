"""OpenInt's authentication and error bodies: those of tRPC, as trpc-to-openapi 2.1.3 sends them in production.

The error schema that the vendor publishes (https://docs.openint.dev) lacks `data`, and is not what its server sends.
"""

import re
from collections.abc import Mapping
from typing import Any

from gateway.http.statuses import status_of
from gateway.resolvers.errors import Forbidden, GatewayError, Invalid, Unauthenticated
from gateway.rest.calls import Call
from gateway.rest.refusals import InternalServerError, MethodNotAllowed, Refusal, UnknownPath
from gateway.rest.vendor import Endpoint

Issue = dict[str, Any]

AUTHENTICATION_REQUIRED = "Authentication required"
INVALID_API_KEY = "Invalid API key"
INVALID_HEADER = "Invalid Authorization header, expecting Bearer with token"
INVALID_INPUT = "Input validation failed"
CONNECTION_NOT_FOUND = "Connection not found"

_STATUSES = {MethodNotAllowed.code: 404}
_CODES: Mapping[int, str] = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    409: "CONFLICT",
    412: "PRECONDITION_FAILED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "UNPROCESSABLE_CONTENT",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_SERVER_ERROR",
    503: "SERVICE_UNAVAILABLE",
}
"""The error codes of tRPC 11: https://trpc.io/docs/server/error-handling."""

_MESSAGES: dict[type[GatewayError], str] = {
    Unauthenticated: INVALID_API_KEY,
    InternalServerError: "Internal server error",
}
_BEARER = re.compile(r"Bearer (.+)")  # in exactly this case, as the vendor looks for it


class NoAuthorization(Forbidden):
    """A call without an `Authorization` header. OpenInt answers it with 403."""


class BadAuthorization(Unauthenticated):
    """An `Authorization` header in another form."""


class BadInput(Invalid):
    """Parameters that zod refuses.

    Attributes:
        issues: zod's issues, in the order of the input's schema.
    """

    def __init__(self, issues: list[Issue]) -> None:
        super().__init__(INVALID_INPUT)
        self.issues = issues


def credential(call: Call) -> str:
    """The token of ``Authorization: Bearer …``.

    Raises:
        NoAuthorization: there is no such header.
        BadAuthorization: it has another form.
    """
    header = call.header(b"authorization")
    if not header:
        raise NoAuthorization(AUTHENTICATION_REQUIRED)
    if (found := _BEARER.match(header)) is None:
        raise BadAuthorization(INVALID_HEADER)
    return found[1]


def refuse(error: GatewayError, endpoint: Endpoint[Any] | None) -> Refusal:
    """OpenInt's response to an error. To OpenInt, a wrong method is a wrong path: it names no operation."""
    status = status_of(error.code, _STATUSES)
    code = _CODES[status]
    message = _MESSAGES.get(type(error), str(error))
    is_nowhere = isinstance(error, UnknownPath | MethodNotAllowed)
    data: dict[str, Any] = {"code": code, "httpStatus": status}
    if not is_nowhere and endpoint is not None:
        data["path"] = endpoint.operation_id
    body: dict[str, Any] = {"message": "Not found" if is_nowhere else message, "code": code, "data": data}
    if isinstance(error, BadInput):
        body["issues"] = error.issues
    return Refusal(status, body)
