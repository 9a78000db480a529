"""How OpenInt asks for its token, and its error bodies: tRPC's, as trpc-to-openapi 2.1.3 sends them in production.

The error schema that it publishes (https://docs.openint.dev) lacks `data` and is not what its server sends.
"""

import re
from typing import Any

from gateway.resolvers.errors import Conflict, Forbidden, GatewayError, NotFound, Unauthenticated, Unavailable
from gateway.rest.calls import Call
from gateway.rest.refusals import BodyTooLarge, InternalServerError, MethodNotAllowed, Refusal, UnknownPath
from gateway.rest.vendor import Endpoint

Issue = dict[str, Any]

AUTHENTICATION_REQUIRED = "Authentication required"
INVALID_API_KEY = "Invalid API key"
INVALID_HEADER = "Invalid Authorization header, expecting Bearer with token"
INVALID_INPUT = "Input validation failed"
CONNECTION_NOT_FOUND = "Connection not found"

_STATUSES: dict[str, int] = {
    "BAD_REQUEST": 400,
    "UNAUTHORIZED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "CONFLICT": 409,
    "PAYLOAD_TOO_LARGE": 413,
    "INTERNAL_SERVER_ERROR": 500,
    "SERVICE_UNAVAILABLE": 503,
}
_CODES: dict[type[GatewayError], str] = {
    Unauthenticated: "UNAUTHORIZED",
    Forbidden: "FORBIDDEN",
    NotFound: "NOT_FOUND",
    UnknownPath: "NOT_FOUND",
    MethodNotAllowed: "NOT_FOUND",
    Conflict: "CONFLICT",
    BodyTooLarge: "PAYLOAD_TOO_LARGE",
    InternalServerError: "INTERNAL_SERVER_ERROR",
    Unavailable: "SERVICE_UNAVAILABLE",
}
_MESSAGES: dict[type[GatewayError], str] = {
    Unauthenticated: INVALID_API_KEY,
    InternalServerError: "Internal server error",
}
_BEARER = re.compile(r"Bearer (.+)")  # in exactly this case, as the vendor looks for it


class NoAuthorization(Forbidden):
    """A call without an `Authorization` header, which OpenInt answers by 403."""


class BadAuthorization(Unauthenticated):
    """An `Authorization` header of another form."""


class BadInput(GatewayError):
    """Parameters that zod refuses.

    Attributes:
        issues: zod's, in the order of the input's schema.
    """

    code = "BAD_USER_INPUT"

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
    """OpenInt's answer to a fault; a wrong method is to it a wrong path, which names no operation."""
    code = _CODES.get(type(error), _code_of_base(error))
    message = _MESSAGES.get(type(error), str(error))
    is_nowhere = isinstance(error, UnknownPath | MethodNotAllowed)
    status = _STATUSES[code]
    data: dict[str, Any] = {"code": code, "httpStatus": status}
    if not is_nowhere and endpoint is not None:
        data["path"] = endpoint.operation_id
    body: dict[str, Any] = {"message": "Not found" if is_nowhere else message, "code": code, "data": data}
    if isinstance(error, BadInput):
        body["issues"] = error.issues
    return Refusal(status, body)


def _code_of_base(error: GatewayError) -> str:
    """The code of the class that the error's own class refines; of anything else, that the input is bad."""
    return next((_CODES[each] for each in type(error).__mro__ if each in _CODES), "BAD_REQUEST")
