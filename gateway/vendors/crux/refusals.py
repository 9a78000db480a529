"""Crux's authentication and error bodies.

The vendor documents only the statuses (_documentation/response_codes.md in its repository). The bodies are the defaults
of its framework, Django REST framework: https://www.django-rest-framework.org/api-guide/exceptions/.
"""

from typing import Any

from gateway.http.headers import RETRY_LATER
from gateway.http.statuses import status_of
from gateway.resolvers.errors import (
    GatewayError,
    Overloaded,
    TooManyAttempts,
    Unauthenticated,
    WrongCredentials,
)
from gateway.rest.calls import Call
from gateway.rest.refusals import MethodNotAllowed, Refusal, UnsupportedMediaType
from gateway.rest.vendor import Endpoint

SCHEMES = ("token", "bearer")

_DETAILS: dict[int, str] = {
    403: "You do not have permission to perform this action.",
    404: "Not found.",
    500: "A server error occurred.",
}


def credential(call: Call) -> str:
    """The token of ``Authorization: Token …``.

    Raises:
        Refusal: 401, with the messages of the framework's TokenAuthentication.
    """
    words = (call.header(b"authorization") or "").split()
    if not words or words[0].lower() not in SCHEMES:
        raise _unauthenticated("Authentication credentials were not provided.")
    if len(words) == 1:
        raise _unauthenticated("Invalid token header. No credentials provided.")
    if len(words) > 2:
        raise _unauthenticated("Invalid token header. Token string should not contain spaces.")
    if not words[1].isascii():
        raise _unauthenticated("Invalid token header. Token string should not contain invalid characters.")
    return words[1]


def refuse(error: GatewayError, endpoint: Endpoint[Any] | None) -> Refusal:
    """Crux's response to an error."""
    match error:
        case WrongCredentials():
            return _unauthenticated("Incorrect authentication credentials.")
        case Unauthenticated():
            return _unauthenticated("Invalid token.")
        case TooManyAttempts():
            throttled = _throttled(str(error.seconds))
            return Refusal(429, throttled, {"Retry-After": str(error.seconds)})
        case MethodNotAllowed():
            detail = f'Method "{error.method}" not allowed.'
            return Refusal(405, {"detail": detail}, {"Allow": ", ".join(error.allowed)})
        case Overloaded():
            return Refusal(429, _throttled(RETRY_LATER["retry-after"]))
        case UnsupportedMediaType():
            return Refusal(415, {"detail": f'Unsupported media type "{error.media_type}" in request.'})
    status = status_of(error.code)
    return Refusal(status, {"detail": _DETAILS.get(status, str(error))})


def _throttled(seconds: str) -> dict[str, str]:
    return {"detail": f"Request was throttled. Expected available in {seconds} seconds."}


def _unauthenticated(detail: str) -> Refusal:
    return Refusal(401, {"detail": detail}, {"WWW-Authenticate": "Token"})
