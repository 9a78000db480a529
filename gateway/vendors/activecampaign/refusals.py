"""How ActiveCampaign takes its key, and its error bodies.

Sources: https://developers.activecampaign.com/reference/authentication and its published OpenAPI document. It has no
401, and a missing key is answered as a wrong one is. Its documentation has no 405, 413, 500 or 503: these have the form
of its other messages.
"""

from typing import Any

from gateway.http.statuses import status_of
from gateway.resolvers.errors import Forbidden, GatewayError, Unauthenticated
from gateway.rest.calls import Call
from gateway.rest.refusals import (
    BodyTooLarge,
    InternalServerError,
    MethodNotAllowed,
    Refusal,
    UnknownPath,
    UnsupportedMediaType,
)
from gateway.rest.vendor import Endpoint

_STATUSES = {Unauthenticated.code: 403, UnsupportedMediaType.code: 400}
_MESSAGES: dict[type[GatewayError], str] = {
    Unauthenticated: "Forbidden",
    Forbidden: "Forbidden",
    UnknownPath: "Not Found",
    BodyTooLarge: "Payload Too Large",
    InternalServerError: "Internal Server Error",
}


def credential(call: Call) -> str:
    """The key of the field `Api-Token`, else of the parameter `api_key`, which older integrations send.

    Raises:
        Refusal: 403, there is none.
        Invalid: the query string cannot be read.
    """
    key = call.header(b"api-token") or call.parameter("api_key")
    if not key:
        raise Refusal(403, {"message": "Forbidden"})
    return key


def refuse(error: GatewayError, endpoint: Endpoint[Any] | None) -> Refusal:
    """ActiveCampaign's answer to a fault; what cannot be read is its documented 400, an empty object."""
    if isinstance(error, MethodNotAllowed):
        headers = {"Allow": ", ".join(error.allowed)}
        return Refusal(405, {"message": "Method Not Allowed"}, headers)
    status = status_of(error.code, _STATUSES)
    return Refusal(status, {} if status == 400 else {"message": _MESSAGES.get(type(error), str(error))})


def bad_directions(given: dict[str, str]) -> Refusal:
    """422: `orders[…]` whose direction is neither of the two, one item for each field."""
    return Refusal(
        422,
        {
            "errors": [
                {
                    "status": 422,
                    "title": "Invalid attribute",
                    "detail": f'Invalid order direction: "{direction}". Allowed values are: "ASC", "DESC"',
                    "source": {"pointer": f"/data/attributes/orders[{field}]"},
                }
                for field, direction in given.items()
            ]
        },
    )
