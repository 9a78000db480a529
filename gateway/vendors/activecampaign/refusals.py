"""ActiveCampaign's authentication and error bodies.

Sources: https://developers.activecampaign.com/reference/authentication and its published OpenAPI document. The API has
no 401; a missing key gets the same response as an invalid one. The documentation has no 405, 413, 500 or 503; they have
the form of its other messages.
"""

from collections.abc import Iterable
from typing import Any

from gateway.http.statuses import status_of
from gateway.resolvers.connected_accounts import TAKEN as ACCOUNT_TAKEN
from gateway.resolvers.errors import (
    ChangeProblem,
    Conflict,
    ErrorCode,
    Forbidden,
    GatewayError,
    Overloaded,
    Rejected,
    Unauthenticated,
)
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

DUPLICATE = "The integration already exists in the system."
"""The title of the error for an existing connection. Clients compare it."""
MISSING, WRONG, TAKEN, RELATED = "field_missing", "field_invalid", "duplicate", "related_missing"

_STATUSES = {Unauthenticated.code: 403, UnsupportedMediaType.code: 400, Conflict.code: 422}
_MESSAGES: dict[type[GatewayError], str] = {
    Unauthenticated: "Forbidden",
    Forbidden: "Forbidden",
    UnknownPath: "Not Found",
    BodyTooLarge: "Payload Too Large",
    Overloaded: "Too Many Requests",
    InternalServerError: "Internal Server Error",
}


def credential(call: Call) -> str:
    """The token in the header `Api-Token`, or else in the parameter `api_key`, which older integrations use.

    Raises:
        Refusal: 403, there is no token.
        Invalid: the query string is malformed.
    """
    key = call.header(b"api-token") or call.parameter("api_key")
    if not key:
        raise Refusal(403, {"message": "Forbidden"})
    return key


def refuse(error: GatewayError, endpoint: Endpoint[Any] | None) -> Refusal:
    """ActiveCampaign's response to an error. A malformed request gets its documented 400: an empty object."""
    if isinstance(error, MethodNotAllowed):
        headers = {"Allow": ", ".join(error.allowed)}
        return Refusal(405, {"message": "Method Not Allowed"}, headers)
    status = status_of(error.code, _STATUSES)
    if isinstance(error, Rejected) and error.problems[0].path != ("id",):
        return refused_fields(_field_problem(each) for each in error.problems)
    return Refusal(status, {} if status == 400 else {"message": _MESSAGES.get(type(error), str(error))})


def _field_problem(problem: ChangeProblem) -> "FieldProblem":
    """A problem of a column, under the name of the vendor's member."""
    field = MEMBERS.get(problem.path[0], problem.path[0]) if problem.path else ""
    if problem.code is not ErrorCode.CONFLICT:
        return (field, problem.message, WRONG)
    if problem.message == ACCOUNT_TAKEN:
        return (field, DUPLICATE, WRONG)  # WP Fusion takes `duplicate` for a contact that is there already
    return (field, problem.message, TAKEN)


FieldProblem = tuple[str, str, str]
"""The member, the problem, and the vendor's code for it."""

MEMBERS = {"external_id": "externalid", "logo_url": "logoUrl", "link_url": "linkUrl", "list_id": "listId"}
"""The members of an object, by the columns that have another name."""


def missing(what: str, member: str) -> FieldProblem:
    """The problem of a missing member.

    Args:
        what: the kind of the object: ``connection`` or ``customer``.
    """
    return (member, f"The {what} {member} was not provided.", MISSING)


def wrong(what: str, member: str) -> FieldProblem:
    """The problem of an invalid value, in an object as in `missing`."""
    return (member, f"The {what} {member} is invalid.", WRONG)


def refused_fields(problems: Iterable[FieldProblem]) -> Refusal:
    """422 for invalid members: one item for each."""
    return Refusal(
        422,
        {
            "errors": [
                {
                    "title": title,
                    "detail": "",
                    "code": code,
                    "source": {"pointer": f"/data/attributes/{field}"},
                }
                for field, title, code in problems
            ]
        },
    )


def bad_directions(given: dict[str, str]) -> Refusal:
    """422 for `orders[…]` with an invalid direction: one item for each parameter."""
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
