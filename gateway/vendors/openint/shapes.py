"""OpenInt's objects: a connection, its connector and its integration, with a mapping in each direction.

Sources: https://docs.openint.dev and packages/api-v1/models of https://github.com/openintegrations/openint.
"""

import re
from datetime import UTC, datetime
from typing import Any, NotRequired, TypedDict

import orjson

from gateway.db import tables as db
from gateway.db.statements import Row
from gateway.db.tables import ConnectedAccountKind, ConnectedAccountStatus
from gateway.shapes.given import Given
from gateway.shapes.shape import Parent, Shape

CONNECTION_PREFIX = "conn_"
CONFIG_PREFIX = "ccfg_"
DEFAULT_AUTH_TYPE = "CUSTOM"

_STATUSES = frozenset(status.value for status in ConnectedAccountStatus)
_WORDS = re.compile(r"[^-_ ]+")


class ConnectorScope(TypedDict):
    scope: str
    display_name: NotRequired[str]
    description: NotRequired[str]


class ConnectorSchemas(TypedDict, total=False):
    connector_config: Any
    connection_settings: Any
    integration_data: Any
    webhook_input: Any
    pre_connect_input: Any
    connect_input: Any
    connect_output: Any


class Connector(TypedDict):
    name: str
    display_name: NotRequired[str]
    logo_url: NotRequired[str]
    stage: NotRequired[str]
    platforms: NotRequired[list[str]]
    schemas: NotRequired[ConnectorSchemas]
    auth_type: NotRequired[str]
    required_scopes: NotRequired[list[str]]
    openint_default_scopes: NotRequired[list[str]]
    openint_allowed_scopes: NotRequired[list[str]]
    scopes: NotRequired[list[ConnectorScope]]
    has_openint_credentials: NotRequired[bool]


class Integration(TypedDict):
    id: str
    standard: Any
    external: Any
    created_at: str
    updated_at: str
    connector_name: str
    name: str | None
    logo_url: NotRequired[str | None]
    stage: NotRequired[str | None]
    platforms: NotRequired[list[str] | None]
    category: NotRequired[str | None]
    auth_type: NotRequired[str | None]
    version: NotRequired[str | None]


class Connection(TypedDict):
    id: str
    customer_id: str | None
    connector_config_id: str | None
    integration_id: str | None
    status_message: NotRequired[str | None]
    created_at: str
    updated_at: str
    display_name: str | None
    disabled: bool | None
    status: NotRequired[str | None]
    metadata: NotRequired[dict[str, Any] | None]
    connector_name: str
    settings: NotRequired[dict[str, Any]]
    connector: NotRequired[Connector]
    integration: NotRequired[Integration]


# To OpenInt's JSON


def timestamp(instant: datetime) -> str:
    """The time in PostgreSQL's text form of a `timestamptz` in UTC: ``2025-05-02 17:03:11.5+00``."""
    text = instant.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return f"{text.rstrip('0')}+00" if instant.microsecond else f"{text}+00"


def connection(row: Row, integration: Any, connector: Any = None) -> Any:
    """The connection with the requested parts: `settings` if the row has them, the connector if it is given."""
    made: dict[str, Any] = {
        "id": row.external_ref,
        "customer_id": row.customer_id,
        "connector_config_id": row.connector_config_id,
        "integration_id": row.integration_ref,
        "status_message": row.status_message,
        "created_at": timestamp(row.created_at),
        "updated_at": timestamp(row.updated_at),
        "display_name": row.name,
        "disabled": row.disabled,
        "status": row.status,
        "metadata": verbatim(row.metadata),
        "connector_name": row.service,
    }
    settings = getattr(row, "settings", None)  # by name, so that the shape itself never asks for them
    if settings is not None:
        made["settings"] = verbatim(settings)
    if connector is not None:
        made["connector"] = connector
    if integration is not None:
        made["integration"] = integration
    return made


def connector(row: Row) -> Any:
    """The connector. Members without a value are left out; two members have the vendor's defaults."""
    made = {
        "name": row.id,
        "display_name": titled(row.id) if row.display_name is None else row.display_name,
        "logo_url": row.logo_url,
        "stage": row.stage,
        "platforms": verbatim(row.platforms),
        "schemas": verbatim(row.schemas),
        "auth_type": row.auth_type or DEFAULT_AUTH_TYPE,
        "scopes": verbatim(row.scopes),
        "has_openint_credentials": False,  # whether the vendor lends its own is no column; `extra` says where it does
    }
    return {name: value for name, value in made.items() if value is not None}


def integration(row: Row) -> Any:
    return {
        "id": row.id,
        "standard": verbatim(row.standard),
        "external": verbatim(row.external),
        "created_at": timestamp(row.created_at),
        "updated_at": timestamp(row.updated_at),
        "connector_name": row.connector_name,
        "name": row.name,
        "logo_url": row.logo_url,
        "stage": row.stage,
        "platforms": verbatim(row.platforms),
        "category": row.category,
        "auth_type": row.auth_type,
        "version": row.version,
    }


def titled(name: str) -> str:
    """The name that the vendor shows for a connector without one: ``google-drive`` becomes Google Drive."""
    return " ".join(word[:1].upper() + word[1:].lower() for word in _WORDS.findall(name))


def verbatim(text: str | None) -> orjson.Fragment | None:
    """Stored JSON text as it is."""
    return None if text is None else orjson.Fragment(text)


# From OpenInt's JSON


_INSTANT = "a time, such as 2025-04-30 06:40:42.870726+00"


def incoming_connection(given: Given) -> dict[str, Any]:
    """The columns of a connection. Settings are read only if present, because responses leave them out by default."""
    reference = given.id("id")
    if reference and not reference.startswith(CONNECTION_PREFIX):
        given.wrong("id", f"It must start with {CONNECTION_PREFIX}.")
    status = given.text("status")
    columns: dict[str, Any] = {
        "external_ref": reference,
        "integration_ref": given.text("integration_id"),
        "created_at": given.instant("created_at", _INSTANT),
        "updated_at": given.instant("updated_at", _INSTANT),
        "name": given.text("display_name"),
        "status": status if status in _STATUSES else ConnectedAccountStatus.UNKNOWN.value,
        "metadata": given.json("metadata"),
        "service": _connector_name(given, reference),
        "is_internal": False,
        "is_syncing": False,
    }
    if "settings" in given.members:
        columns["settings"] = given.json("settings")
    for member, name, named in (("connector", "name", "service"), ("integration", "id", "integration_ref")):
        nested = given.members.get(member)
        if isinstance(nested, dict) and nested.get(name) != columns[named]:
            given.wrong(member, f"Its {name} must be the one that the connection has.", name)
    return columns


def _connector_name(given: Given, reference: str) -> str:
    """The connector's name. The vendor's documented example lacks it, but the id repeats it after `conn_`."""
    if "connector_name" in given.members:
        return given.id("connector_name")
    name = reference.removeprefix(CONNECTION_PREFIX).partition("_")[0]
    if not name:
        given.wrong("connector_name", "It is missing, and the id does not say it.")
    return name


def incoming_connector(given: Given) -> dict[str, Any]:
    return {
        "id": given.id("name"),
        "platforms": given.json("platforms"),
        "schemas": given.json("schemas"),
        "scopes": given.json("scopes"),
    }


def incoming_listed_connector(given: Given) -> dict[str, Any]:
    """The columns of a listed connector. Schemas are read only if present, because they must be requested."""
    columns: dict[str, Any] = {
        "id": given.id("name"),
        "platforms": given.json("platforms"),
        "scopes": given.json("scopes"),
    }
    if "schemas" in given.members:
        columns["schemas"] = given.json("schemas")
    return columns


def incoming_integration(given: Given) -> dict[str, Any]:
    return {
        "id": given.id("id"),
        "standard": given.json("standard"),
        "external": given.json("external"),
        "created_at": given.instant("created_at", _INSTANT),
        "updated_at": given.instant("updated_at", _INSTANT),
        "platforms": given.json("platforms"),
    }


CONNECTOR = Shape(
    name="openint.connector",
    table=db.connectors,
    body=Connector,
    outgoing=connector,
    incoming=incoming_connector,
    names={"id": "name"},
)
LISTED_CONNECTOR = Shape(
    name="openint.connector",
    table=db.connectors,
    body=Connector,
    outgoing=connector,
    incoming=incoming_listed_connector,
    names={"id": "name"},
    on_request=frozenset(("schemas",)),
)
INTEGRATION = Shape(
    name="openint.integration",
    table=db.connector_integrations,
    body=Integration,
    outgoing=integration,
    incoming=incoming_integration,
)

# What a connection names is part of it: a customer's token sees it there, and nowhere else.
_INTEGRATION = Parent(
    member="integration", shape=INTEGRATION, column="integration_ref", through_visible_row=True, is_named=True
)
_CONNECTOR = Parent(
    member="connector", shape=CONNECTOR, column="service", through_visible_row=True, is_named=True
)
_KIND = {"kind": ConnectedAccountKind.CONNECTOR.value}
_NAMES = {"external_ref": "id", "service": "connector_name"}

CONNECTION = Shape(
    name="openint.connection",
    table=db.connected_accounts,
    body=Connection,
    outgoing=connection,
    incoming=incoming_connection,
    nested=(_INTEGRATION,),
    key="external_ref",
    names=_NAMES,
    fixed=_KIND,
)
WHOLE_CONNECTION = Shape(
    name="openint.connection",
    table=db.connected_accounts,
    body=Connection,
    outgoing=connection,
    incoming=incoming_connection,
    nested=(_INTEGRATION, _CONNECTOR),
    key="external_ref",
    names=_NAMES,
    fixed=_KIND,
    on_request=frozenset(("settings", "connector", "integration")),
    more_columns=("settings",),
)
