"""Create, delete and check OpenInt's connections.

Sources: packages/api-v1/trpc/routers/connection.ts and connect.ts of https://github.com/openintegrations/openint.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, NamedTuple, NotRequired, TypedDict

from gateway.db import tables as db
from gateway.db.filters import is_text
from gateway.db.statements import Row
from gateway.db.tables import ConnectedAccountKind, ConnectedAccountStatus
from gateway.resolvers.connected_accounts import (
    AccountToDelete,
    NewConnectedAccount,
    create_connected_account,
    delete_connected_account,
)
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Invalid, NotFound
from gateway.resolvers.inputs import JsonObject
from gateway.resolvers.kinds import one_of_kind
from gateway.resolvers.rules import perform
from gateway.rest.calls import Call
from gateway.shapes.json_text import Number
from gateway.vendors.openint.bodies import Body
from gateway.vendors.openint.configs import Deleted, for_organizations_alone
from gateway.vendors.openint.connections import GetArguments, get_connection
from gateway.vendors.openint.credentials import COLUMNS as CHECKED
from gateway.vendors.openint.credentials import check_credentials
from gateway.vendors.openint.parameters import Input
from gateway.vendors.openint.refusals import CONNECTION_NOT_FOUND
from gateway.vendors.openint.shapes import CONFIG_PREFIX, CONNECTION_PREFIX, Connection

NOT_CHECKED: Final = "Connection was imported without checking its status"


class Data(TypedDict):
    connector_name: str
    settings: NotRequired[dict[str, Any]]


class NewConnectionBody(TypedDict):
    connector_config_id: str
    metadata: NotRequired[dict[str, Any]]
    customer_id: str
    data: Data
    check_connection: NotRequired[bool]


class Checked(TypedDict):
    id: str
    status: Literal["healthy", "disconnected", "error", "manual", "unknown"] | None
    status_message: str | None


class NewArguments(NamedTuple):
    """A connection to store.

    Attributes:
        connector_name: must be the connector of the configuration.
        settings: JSON text.
        metadata: JSON text.
    """

    connector_config_id: str
    customer_id: str
    connector_name: str
    settings: str | None
    metadata: str | None
    check_connection: bool


def new_arguments(call: Call) -> NewArguments:
    """The connection in a body.

    Raises:
        BadInput: all issues, in the order of the vendor's schema.
        Invalid: the body cannot be read, or the store cannot hold it.
    """
    body = Body(call)
    connector_config_id = body.text("connector_config_id", prefix=CONFIG_PREFIX, required=True)
    metadata = body.json("metadata")
    customer_id = body.text("customer_id", required=True)
    if (data := body.object("data", required=True)) is not None:
        connector_name = body.text("data", "connector_name", required=True)
        body.object("data", "settings")
    check_connection = body.flag("check_connection")
    body.check()
    assert data is not None
    _expire(data.get("settings"))
    settings = body.json("data", "settings")
    return NewArguments(
        connector_config_id, customer_id, connector_name, settings, metadata, bool(check_connection)
    )


def _expire(settings: Any) -> None:
    """Set when the credentials expire, if they have only `expires_in`: OAuth 2 itself has no absolute time."""
    oauth = settings.get("oauth") if isinstance(settings, dict) else None
    credentials = oauth.get("credentials") if isinstance(oauth, dict) else None
    if not isinstance(credentials, dict) or credentials.get("expires_at"):
        return
    seconds = credentials.get("expires_in")
    if isinstance(seconds, Number) and 0 < float(seconds.text) < 10**9:
        expires_at = datetime.now(UTC) + timedelta(seconds=float(seconds.text))
        text = expires_at.isoformat(timespec="milliseconds")
        credentials["expires_at"] = text.replace("+00:00", "Z")


async def create_connection(context: Context, given: NewArguments) -> Connection:
    """The new connection. Only a token with the scope `secrets` gets its settings.

    Raises:
        Forbidden: the token is limited to a customer.
        NotFound: there is no such configuration.
        Invalid: the configuration belongs to another connector.
    """
    for_organizations_alone(context)
    id, name = given.connector_config_id, given.connector_name
    found = await context.rows(db.connector_configs, [id] if is_text(id) else [], columns=("connector_name",))
    if id not in found:
        raise NotFound(f"Connector config {id} not found")
    if (configured := found[id].connector_name) != name:
        raise Invalid(f"Connector name mismatch: config is {configured} but input is {name}")
    account = NewConnectedAccount(
        kind=ConnectedAccountKind.CONNECTOR,
        service=name,
        customer_id=given.customer_id,
        connector_config_id=id,
        settings=None if given.settings is None else JsonObject(given.settings),
        metadata=None if given.metadata is None else JsonObject(given.metadata),
        status=ConnectedAccountStatus.UNKNOWN,
        status_message=None if given.check_connection else NOT_CHECKED,
    )
    outcome = await perform(context, create_connected_account, account, is_legacy=True)
    made = await context.rows(db.connected_accounts, [outcome.object_id], columns=("external_ref",))
    reference = made[outcome.object_id].external_ref
    return await get_connection(
        context, GetArguments(reference, include_secrets=True, expand_connector=False)
    )


def named_arguments(call: Call) -> str:
    """The connection's id in the path.

    Raises:
        BadInput: no connection can have this id.
    """
    given = Input(call)
    id = given.path_id(CONNECTION_PREFIX)
    given.check()
    return id


async def delete_connection(context: Context, id: str) -> Deleted:
    """Delete a connection, and return its id.

    Raises:
        NotFound: the viewer sees no such connection.
    """
    row = await _row(context, id)
    await perform(context, delete_connected_account, AccountToDelete(id=row.id), is_legacy=True)
    return {"id": id}


async def check_connection(context: Context, id: str) -> Checked:
    """The health of a connection. As in OpenInt, a disconnected one stays so; one that cannot be checked is healthy.

    Credentials are refreshed only for a token that may see the settings.

    Raises:
        NotFound: the viewer sees no such connection, or it has no configuration.
    """
    row = await _row(context, id)
    if row.connector_config_id is None:
        raise NotFound(CONNECTION_NOT_FOUND)
    if row.status == ConnectedAccountStatus.DISCONNECTED:
        return {"id": id, "status": "disconnected", "status_message": row.status_message}
    if await check_credentials(context, [row], "force"):
        row = await _row(context, id)
        return {"id": id, "status": row.status, "status_message": row.status_message}
    return {"id": id, "status": "healthy", "status_message": None}


async def _row(context: Context, id: str) -> Row:
    return await one_of_kind(
        context,
        id,
        ConnectedAccountKind.CONNECTOR,
        columns=(*CHECKED, "connector_config_id", "status_message"),
        by="external_ref",
        missing=CONNECTION_NOT_FOUND,
    )
