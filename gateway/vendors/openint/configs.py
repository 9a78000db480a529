"""Create, update and delete OpenInt's connector configurations; its customers.

Sources: packages/api-v1/trpc/routers/connectorConfig.ts, customer.ts and connect.ts of
https://github.com/openintegrations/openint.
"""

from typing import Any, Final, NotRequired, TypedDict

from gateway.db import tables as db
from gateway.db.filters import is_text
from gateway.db.statements import Row
from gateway.resolvers.connector_configs import (
    ConnectorConfigChanges,
    ConnectorConfigToDelete,
    CustomerToKeep,
    CustomerToken,
    NewConnectorConfig,
    create_connector_config,
    create_customer_token,
    delete_connector_config,
    keep_customer,
    update_connector_config,
)
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Forbidden, NotFound
from gateway.resolvers.inputs import ABSENT
from gateway.resolvers.rules import perform
from gateway.rest.calls import Call
from gateway.vendors.openint.bodies import Body
from gateway.vendors.openint.parameters import Input
from gateway.vendors.openint.refusals import Issue
from gateway.vendors.openint.shapes import CONFIG_PREFIX, Connector, timestamp, verbatim

ORGANIZATION_ONLY: Final = "Org admin only"
DEFAULT_VALIDITY: Final = 30 * 24 * 60 * 60  # seconds
MAX_VALIDITY: Final = 10**9  # seconds: thirty years

CONFIGS = db.connector_configs
COLUMNS = tuple(CONFIGS.c.keys())


class ConnectorConfig(TypedDict):
    id: str
    created_at: str
    updated_at: str
    org_id: str
    display_name: str | None
    disabled: bool | None
    metadata: dict[str, Any] | None
    connector_name: str
    config: dict[str, Any]
    connector: NotRequired[Connector]
    connection_count: NotRequired[int]


class NewConfigBody(TypedDict):
    connector_name: str
    display_name: NotRequired[str | None]
    disabled: NotRequired[bool | None]
    metadata: NotRequired[dict[str, Any] | None]
    config: NotRequired[dict[str, Any] | None]


class ConfigChangesBody(TypedDict, total=False):
    display_name: str
    disabled: bool
    config: dict[str, Any] | None


class Deleted(TypedDict):
    id: str


class CustomerBody(TypedDict, total=False):
    id: str
    metadata: dict[str, Any]


class Customer(TypedDict):
    org_id: str
    id: str
    api_key: str | None
    metadata: dict[str, Any] | None
    created_at: str
    updated_at: str


class TokenBody(TypedDict, total=False):
    validity_in_seconds: float
    connect_options: dict[str, Any]


class Token(TypedDict):
    token: str
    magic_link_url: str
    api_key: str | None


def connector_config(context: Context, row: Row) -> Any:
    """The configuration. Without the scope `secrets`, its `config` is empty."""
    return {
        "id": row.id,
        "created_at": timestamp(row.created_at),
        "updated_at": timestamp(row.updated_at),
        "org_id": context.viewer.organization_id,
        "display_name": row.display_name,
        "disabled": row.disabled,
        "metadata": verbatim(row.metadata),
        "connector_name": row.connector_name,
        "config": verbatim(row.config or "{}"),
    }


def config_not_found(id: str) -> str:
    """The message for a configuration that does not exist."""
    return f'Connector config with ID "{id}" not found'


def for_organizations_alone(context: Context) -> None:
    """Refuse a token that is limited to a customer.

    Raises:
        Forbidden: the token is limited to a customer.
    """
    if context.viewer.customer_id is not None:
        raise Forbidden(ORGANIZATION_ONLY)


# Configurations


def get_arguments(call: Call) -> str:
    """The configuration's id in the path.

    Raises:
        BadInput: no configuration can have this id.
    """
    given = Input(call)
    id = given.path_id(CONFIG_PREFIX)
    given.check()
    return id


async def get_config(context: Context, id: str) -> ConnectorConfig:
    """One configuration.

    Raises:
        NotFound: the viewer sees no such configuration.
    """
    shown: ConnectorConfig = connector_config(context, await config_row(context, id))
    return shown


async def config_row(context: Context, id: str) -> Row:
    """The row of a configuration.

    Raises:
        NotFound: the viewer sees no such configuration.
    """
    found = await context.rows(CONFIGS, [id] if is_text(id) else [], columns=COLUMNS)
    if id not in found:
        raise NotFound(config_not_found(id))
    return found[id]


def new_arguments(call: Call) -> NewConnectorConfig:
    """The configuration in a body.

    Raises:
        BadInput: all issues, in the order of the vendor's schema.
    """
    body = Body(call)
    connector_name = body.text("connector_name", required=True)
    display_name = body.text("display_name", nullable=True)
    disabled = body.flag("disabled", nullable=True)
    metadata = body.json("metadata", nullable=True)
    config = body.json("config", nullable=True)
    body.check()
    values: Any = {"metadata": metadata, "config": config}
    return NewConnectorConfig(
        connector_name=connector_name, display_name=display_name, disabled=bool(disabled), **values
    )


async def create_config(context: Context, given: NewConnectorConfig) -> ConnectorConfig:
    """Create a configuration, and return it.

    Raises:
        Forbidden: the token is limited to a customer.
    """
    for_organizations_alone(context)
    outcome = await perform(context, create_connector_config, given, is_legacy=True)
    return await get_config(context, str(outcome.object_id))


def update_arguments(call: Call) -> ConnectorConfigChanges:
    """The configuration's id and its changes.

    Raises:
        BadInput: all issues, in the order of the vendor's schema.
    """
    given, body = Input(call), Body(call)
    id = given.path_id(CONFIG_PREFIX)
    display_name = body.text("display_name")
    disabled = body.flag("disabled")
    config = body.json("config", nullable=True)
    body.issues[:0] = given.issues
    body.check()
    changes: Any = {"display_name": display_name, "disabled": disabled, "config": config}
    named = {name: value for name, value in changes.items() if body.has(name)}
    if named.get("config", ABSENT) is None:
        named["config"] = "{}"
    return ConnectorConfigChanges(id=id, **named)


async def update_config(context: Context, given: ConnectorConfigChanges) -> ConnectorConfig:
    """Update a configuration, and return it.

    Raises:
        Forbidden: the token is limited to a customer.
        NotFound: there is no such configuration.
    """
    for_organizations_alone(context)
    await get_config(context, given.id)
    await perform(context, update_connector_config, given, is_legacy=True)
    return await get_config(context, given.id)


async def delete_config(context: Context, id: str) -> Deleted:
    """Delete a configuration, and return its id.

    Raises:
        Forbidden: the token is limited to a customer.
        NotFound: there is no such configuration.
    """
    for_organizations_alone(context)
    await get_config(context, id)
    await perform(context, delete_connector_config, ConnectorConfigToDelete(id=id), is_legacy=True)
    return {"id": id}


# Customers


def customer_arguments(call: Call) -> CustomerToKeep:
    """The customer in a body.

    Raises:
        BadInput: all issues, in the order of the vendor's schema.
    """
    body = Body(call)
    id = body.text("id")
    metadata: Any = body.json("metadata")
    body.check()
    return CustomerToKeep(id=id, metadata=metadata)


async def put_customer(context: Context, given: CustomerToKeep) -> Customer:
    """Create or update a customer, and return it. No API key is stored in clear text, so none is shown.

    Raises:
        Forbidden: the token is limited to a customer.
    """
    for_organizations_alone(context)
    outcome = await perform(context, keep_customer, given, is_legacy=True)
    columns = tuple(db.customers.c.keys())
    [row] = (await context.rows(db.customers, [outcome.object_id], columns=columns)).values()
    metadata: Any = verbatim(row.metadata)
    return {
        "org_id": context.viewer.organization_id,
        "id": row.id,
        "api_key": None,
        "metadata": metadata,
        "created_at": timestamp(row.created_at),
        "updated_at": timestamp(row.updated_at),
    }


def token_arguments(call: Call) -> CustomerToken:
    """The customer, and the lifetime of the token. Members about the looks of OpenInt's own page are ignored.

    Raises:
        BadInput: all issues, in the order of the vendor's schema.
    """
    body = Body(call)
    validity = body.number("validity_in_seconds")
    body.object("connect_options")
    if validity is not None and validity > MAX_VALIDITY:
        body.issues.append(_out_of_bounds("too_big", "maximum", MAX_VALIDITY, "less than or equal to"))
    if validity is not None and validity <= 0:
        body.issues.append(_out_of_bounds("too_small", "minimum", 0, "greater than"))
    body.check()
    return CustomerToken(
        customer_id=call.path["customer_id"],
        validity_in_seconds=DEFAULT_VALIDITY if validity is None else validity,
    )


def _out_of_bounds(code: str, bound: str, value: int, comparison: str) -> Issue:
    return {
        "code": code,
        bound: value,
        "type": "number",
        "inclusive": code == "too_big",
        "exact": False,
        "message": f"Number must be {comparison} {value}",
        "path": ["validity_in_seconds"],
    }


async def create_token(context: Context, given: CustomerToken) -> Token:
    """A token of a customer, shown only this once. There is no link, because the gateway has no page for customers.

    Raises:
        Forbidden: the token is limited to a customer.
    """
    for_organizations_alone(context)
    outcome = await perform(context, create_customer_token, given, is_legacy=True)
    return {"token": outcome.values["token"], "magic_link_url": "", "api_key": None}
