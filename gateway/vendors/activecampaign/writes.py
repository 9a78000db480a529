"""Create, update and delete ActiveCampaign's connections.

Sources: https://developers.activecampaign.com/reference/create-connection, …/update-connection, …/delete-connection and
…/errors. A new connection gets 201, as clients expect, although the documentation says 200. Like the vendor's PHP,
these paths parse a body whatever its `Content-Type` is.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

from gateway.db import tables as db
from gateway.db.statements import Row
from gateway.db.tables import ConnectedAccountKind
from gateway.resolvers.connected_accounts import (
    AccountToDelete,
    ConnectedAccountChanges,
    NewConnectedAccount,
    create_connected_account,
    delete_connected_account,
    update_connected_account,
)
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Invalid, NotFound
from gateway.resolvers.kinds import one_of_kind
from gateway.resolvers.rules import perform
from gateway.resolvers.viewer import Scope
from gateway.rest.bodies import json_object
from gateway.rest.calls import Call
from gateway.rest.vendor import Endpoint
from gateway.shapes.given import Given
from gateway.shapes.json_text import Number
from gateway.vendors.activecampaign.probes import Nothing
from gateway.vendors.activecampaign.reads import (
    NUMBER_PARAMETER,
    OneConnection,
    not_found,
    single_arguments,
)
from gateway.vendors.activecampaign.refusals import (
    DUPLICATE,
    WRONG,
    FieldProblem,
    missing,
    refused_fields,
    wrong,
)
from gateway.vendors.activecampaign.shapes import (
    CONNECTION,
    FAILING,
    NO_LIST,
    SINGLE_CONNECTION,
    STATUSES,
    ChangedConnection,
    switch,
)

_CONNECTION = "connection"
REQUIRED = ("service", "externalid")  # not even blank; the others that are required may be
MEMBER_OF_COLUMN = {
    "service": "service",
    "external_id": "externalid",
    "name": "name",
    "logo_url": "logoUrl",
    "link_url": "linkUrl",
    "list_id": "listId",
}
Switch = Literal[0, 1, "0", "1", True, False, None]
SWITCHES = {"status": "status", "syncStatus": "is_syncing"}


class NewConnection(TypedDict):
    service: str | float
    externalid: str | float
    name: str | float
    logoUrl: str | float
    linkUrl: str | float
    listId: NotRequired[str | float | None]


class NewConnectionBody(TypedDict):
    connection: NewConnection


class ConnectionChanges(TypedDict, total=False):
    service: str | float
    externalid: str | float
    name: str | float | None
    logoUrl: str | float | None
    linkUrl: str | float | None
    listId: str | float | None
    status: Switch
    syncStatus: Switch


class ConnectionChangesBody(TypedDict):
    connection: ConnectionChanges


class OneChangedConnection(TypedDict):
    connection: ChangedConnection


class UpdateArguments(NamedTuple):
    """A connection, and its changes.

    Attributes:
        columns: the new values.
        works: whether the body says that the connection works; None if it says nothing.
    """

    number: int
    columns: Mapping[str, Any]
    works: bool | None


def new_arguments(call: Call) -> NewConnectedAccount:
    """The connection that a body describes.

    Raises:
        Invalid: it is not a JSON object.
        Refusal: 422, members are missing or invalid; all of them are listed.
    """
    given = member_object(call, "connection") or Given({}, (), [])
    problems: list[FieldProblem] = []
    columns = _texts(given, problems)
    for column, member in MEMBER_OF_COLUMN.items():
        if member != "listId" and column not in columns and all(field != member for field, _, _ in problems):
            problems.append(missing(_CONNECTION, member))
    if problems:
        order = list(MEMBER_OF_COLUMN.values())
        raise refused_fields(sorted(problems, key=lambda each: order.index(each[0])))
    return NewConnectedAccount(kind=ConnectedAccountKind.COMMERCE, **columns)


async def create_connection(context: Context, given: NewConnectedAccount) -> OneConnection:
    outcome = await perform(context, create_connected_account, given, is_legacy=True)
    found = await context.rows(db.connected_accounts, [outcome.object_id], columns=SINGLE_CONNECTION.columns)
    [connection] = await SINGLE_CONNECTION.render(context, list(found.values()))
    return {"connection": connection}


def update_arguments(call: Call) -> UpdateArguments:
    """The connection's number and its changes.

    Raises:
        NotFound: no connection can have this id.
        Invalid: the body is not a JSON object that has a connection.
        Refusal: 422, members are invalid; all of them are listed.
    """
    number = single_arguments(call)
    given = member_object(call, "connection")
    if given is None:
        raise Invalid("The body has no connection.")
    problems: list[FieldProblem] = []
    columns = _texts(given, problems)
    said: dict[str, bool] = {}
    for member in SWITCHES:
        if given.members.get(member) is None:
            continue
        if (value := switch(given, member)) is None:
            problems.append(wrong(_CONNECTION, member))
        else:
            said[SWITCHES[member]] = value
    if problems:
        raise refused_fields(problems)
    works = said.pop("status", None)
    return UpdateArguments(number, {**columns, **said}, works)


async def update_connection(context: Context, arguments: UpdateArguments) -> OneChangedConnection:
    """Update a connection. If it works and should work, or fails and should fail, its exact status stays unchanged.

    Raises:
        NotFound: the viewer sees no such connection.
    """
    row = await _row(context, arguments.number)
    columns = dict(arguments.columns)
    if arguments.works is not None and arguments.works == (row.status in FAILING):
        columns["status"] = STATUSES[arguments.works]
    changes = ConnectedAccountChanges(id=row.id, **columns)
    await perform(context, update_connected_account, changes, is_legacy=True)
    changed = await _row(context, arguments.number)
    [connection] = await CONNECTION.render(context, [changed])
    shown: Any = {name: value for name, value in connection.items() if name != "lastSync"}
    return {"connection": shown}


async def delete_connection(context: Context, number: int) -> Nothing:
    """Delete a connection.

    Raises:
        NotFound: the viewer sees no such connection.
    """
    row = await _row(context, number)
    await perform(context, delete_connected_account, AccountToDelete(id=row.id), is_legacy=True)
    return {}


async def _row(context: Context, number: int) -> Row:
    return await one_of_kind(
        context,
        number,
        ConnectedAccountKind.COMMERCE,
        columns=CONNECTION.columns,
        by="number",
        missing=not_found(str(number)),
    )


def member_object(call: Call, name: str) -> Given | None:
    """The object that a body wraps; None if there is none.

    Raises:
        Invalid: the body is not a JSON object.
    """
    wrapped = json_object(call).members.get(name)
    return Given(wrapped, (name,), []) if isinstance(wrapped, dict) else None


def _texts(given: Given, problems: list[FieldProblem]) -> dict[str, Any]:
    """The columns of the given members. A number becomes its digits."""
    columns: dict[str, Any] = {}
    for column, member in MEMBER_OF_COLUMN.items():
        value = given.members.get(member)
        if member in REQUIRED and member in given.members and value in (None, ""):
            problems.append(missing(_CONNECTION, member))
        elif isinstance(value, str | Number):
            columns[column] = value if isinstance(value, str) else value.text
        elif value is not None:
            problems.append(wrong(_CONNECTION, member))
    if columns.get("list_id") in ("", NO_LIST):
        columns["list_id"] = None
    return columns


_MISSING = refused_fields(missing(_CONNECTION, member) for member in REQUIRED)
_DUPLICATE = refused_fields([("externalid", DUPLICATE, WRONG)])

WRITES: tuple[Endpoint[Any], ...] = (
    Endpoint(
        method="POST",
        path="/connections",
        operation_id="create-connection",
        summary="Create a connection",
        arguments=new_arguments,
        answer=create_connection,
        mutation="create-connection",
        request=NewConnectionBody,
        response=OneConnection,
        status=201,
        scope=Scope.WRITE,
        refusals=(_MISSING, _DUPLICATE),
    ),
    Endpoint(
        method="PUT",
        path="/connections/{id}",
        operation_id="update-connection",
        summary="Update a connection",
        arguments=update_arguments,
        answer=update_connection,
        mutation="update-connection",
        request=ConnectionChangesBody,
        response=OneChangedConnection,
        scope=Scope.WRITE,
        refusals=(refused_fields([wrong(_CONNECTION, "status")]), _DUPLICATE, NotFound(not_found("9"))),
        parameters=(NUMBER_PARAMETER,),
    ),
    Endpoint(
        method="DELETE",
        path="/connections/{id}",
        operation_id="delete-connection",
        summary="Delete a connection",
        arguments=single_arguments,
        answer=delete_connection,
        mutation="delete-connection",
        response=Nothing,
        scope=Scope.WRITE,
        refusals=(NotFound(not_found("9")),),
        parameters=(NUMBER_PARAMETER,),
    ),
)
