"""The paths with which ActiveCampaign's clients check an API token before their first request.

Source: https://developers.activecampaign.com/reference/retrieve-a-user-by-username and its published OpenAPI document.
Singer's tap requests the API's root; its later versions and many other clients request `/users/me`. n8n requests
`/fields`; others request `/accounts`, `/lists` and `/users`. The gateway stores none of these four, so they are empty.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypedDict

from gateway.db import tables as db
from gateway.resolvers.context import Context
from gateway.resolvers.shown import shown_text
from gateway.rest.calls import Call
from gateway.rest.vendor import Endpoint, never

PERSON_COLUMNS = ("first_name", "last_name", "email", "phone")
NUMBER = "1"  # of whoever asks: there is no other user
LINKED = ("lists", "userGroup", "dealGroupTotals", "dealGroupUsers", "configs")


class Meta(TypedDict):
    total: str


class Nothing(TypedDict):
    """An object without members."""


class UserLinks(TypedDict):
    lists: str
    userGroup: str
    dealGroupTotals: str
    dealGroupUsers: str
    configs: str


class User(TypedDict):
    username: str
    firstName: str
    lastName: str
    email: str
    phone: str
    signature: None
    links: UserLinks
    id: str


class Me(TypedDict):
    user: User


class Fields(TypedDict):
    fieldOptions: list[Any]
    fieldRels: list[Any]
    fields: list[Any]
    meta: Meta


class Accounts(TypedDict):
    accounts: list[Any]
    meta: Meta


class Lists(TypedDict):
    lists: list[Any]
    meta: Meta


class Users(TypedDict):
    users: list[Any]
    meta: Meta


def no_arguments(call: Call) -> None:
    """Nothing: pages and filters of a call are ignored, because the list is empty."""
    return


async def probe(context: Context, arguments: None) -> Nothing:
    """An empty object: the token is valid."""
    return {}


async def me(context: Context, arguments: None) -> Me:
    """The person to whom the token belongs, as far as they are known; otherwise the token by its name."""
    viewer = context.viewer
    ids = [] if viewer.person_id is None else [viewer.person_id]
    person = (await context.rows(db.people, ids, columns=PERSON_COLUMNS)).get(viewer.person_id)
    first_name, last_name, email, phone = (getattr(person, name, None) or "" for name in PERSON_COLUMNS)
    links: Any = {name: f"/api/3/users/{NUMBER}/{name}" for name in LINKED}
    return {
        "user": {
            "username": email or shown_text(viewer.name, viewer),
            "firstName": first_name,
            "lastName": last_name,
            "email": email,
            "phone": phone,
            "signature": None,
            "links": links,
            "id": NUMBER,
        }
    }


def _nothing_of(response: Any) -> Callable[[Context, None], Awaitable[Any]]:
    """A response in which every list is empty."""

    async def answer(context: Context, arguments: None) -> Any:
        return {name: {"total": "0"} if name == "meta" else [] for name in response.__annotations__}

    return answer


def _empty(name: str, response: Any) -> Endpoint[None]:
    return Endpoint(
        path=f"/{name}",
        operation_id=f"list-all-{name}",
        summary=f"List all {name} (always empty)",
        arguments=no_arguments,
        answer=_nothing_of(response),
        repeats=never,
        response=response,
    )


PROBES: tuple[Endpoint[Any], ...] = (
    Endpoint(
        path="/",
        operation_id="probe",
        summary="Check whether an API token is valid",
        arguments=no_arguments,
        answer=probe,
        repeats=never,
        response=Nothing,
        document="probe",
    ),
    Endpoint(
        path="/users/me",
        operation_id="get-user-logged-in",
        summary="Retrieve the user to whom the API token belongs",
        arguments=no_arguments,
        answer=me,
        repeats=never,
        response=Me,
        document="me",
    ),
    _empty("fields", Fields),
    _empty("accounts", Accounts),
    _empty("lists", Lists),
    _empty("users", Users),
)
