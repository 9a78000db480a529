"""Opal's authentication and error bodies.

The vendor documents no error bodies. Its own Terraform provider reads ``Message``, with a capital M
(https://github.com/opalsecurity/terraform-provider-opal, opal/provider.go of 2022-09 to 2024-04).
"""

from typing import Any

from gateway.http.statuses import status_of
from gateway.resolvers.errors import GatewayError, Unauthenticated
from gateway.rest.calls import Call
from gateway.rest.refusals import MethodNotAllowed, Refusal
from gateway.rest.vendor import Endpoint

_MESSAGES: dict[int, str] = {403: "Forbidden", 404: "Not Found", 500: "Internal Server Error"}


def credential(call: Call) -> str:
    """The token of ``Authorization: Bearer …``.

    Raises:
        Refusal: 401, there is no token.
    """
    scheme, _, token = (call.header(b"authorization") or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or not token.isascii():
        raise _unauthorized()
    return token


def refuse(error: GatewayError, endpoint: Endpoint[Any] | None) -> Refusal:
    """Opal's response to an error."""
    if isinstance(error, Unauthenticated):
        return _unauthorized()
    if isinstance(error, MethodNotAllowed):
        return Refusal(405, {"Message": "Method Not Allowed"}, {"Allow": ", ".join(error.allowed)})
    status = status_of(error.code)
    return Refusal(status, {"Message": _MESSAGES.get(status, str(error))})


def _unauthorized() -> Refusal:
    return Refusal(401, {"Message": "Unauthorized"}, {"WWW-Authenticate": "Bearer"})
