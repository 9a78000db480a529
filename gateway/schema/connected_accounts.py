"""ConnectedAccount, the result of a granted request, and Connector, the software to which the account belongs."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import orjson
import strawberry
from strawberry.scalars import JSON

from gateway.db import tables as db
from gateway.db.filters import is_text
from gateway.db.tables import ConnectedAccountKind, ConnectedAccountStatus
from gateway.execution import Selection, always, relation
from gateway.resolvers.context import Context
from gateway.schema.histories import History, history_of
from gateway.schema.node import Node, to_one
from gateway.schema.rows import column, computed, filter_of, order_of, row_type, row_version
from gateway.schema.scalars import BigInt

if TYPE_CHECKING:
    from gateway.schema.connection_requests import ConnectionRequest


def verbatim(text: str | None) -> JSON | None:
    """Stored JSON text as it is: its names keep their order, its numbers their digits."""
    return None if text is None else cast(JSON, orjson.Fragment(text))


def verbatim_metadata(metadata: str | None) -> JSON | None:
    return verbatim(metadata)


def verbatim_settings(settings: str | None) -> JSON | None:
    return verbatim(settings)


def verbatim_scopes(scopes: str | None) -> JSON | None:
    return verbatim(scopes)


def verbatim_schemas(schemas: str | None) -> JSON | None:
    return verbatim(schemas)


def verbatim_standard(standard: str | None) -> JSON | None:
    return verbatim(standard)


def verbatim_external(external: str | None) -> JSON | None:
    return verbatim(external)


def listed_platforms(platforms: str | None) -> list[str] | None:
    """The names among a JSON array's values; null where it is none."""
    listed = None if platforms is None else json.loads(platforms)
    if not isinstance(listed, list):
        return None
    return [each for each in listed if isinstance(each, str) and is_text(each)]


@row_type(db.connectors, description="A piece of software that accounts can be connected to.")
class Connector(Node):
    name: str = column("id", description="The connector's name.", filters=True, orders=True)
    display_name: str | None = column(description="The name to show.", filters=True, orders=True)
    logo_url: str | None = column(description="The URL of its logo.")
    stage: str | None = column(description="How mature it is: alpha, beta, ga or hidden.", filters=True)
    platforms: list[str] | None = computed(listed_platforms, description="Where it runs.")
    auth_type: str | None = column(description="How it authenticates.", filters=True)
    scopes: JSON | None = computed(verbatim_scopes, description="What it can be allowed to do.")
    schemas: JSON | None = computed(
        verbatim_schemas, description="JSON Schemas of its configuration and data."
    )
    # Empty for one of the operator's catalogue: that is no organization's, and no organization's log tells of it.
    history: History = history_of(db.connectors)


ConnectorFilter = filter_of(Connector)
ConnectorOrder = order_of(Connector)


@row_type(db.connector_integrations, description="What a connector connects to, as its vendor describes it.")
class ConnectorIntegration(Node):
    uuid: str = column("id", description="The record's own id, as its vendor writes it.")
    connector_name: str = column(description="The connector's name.")
    name: str | None = column(description="The name to show.")
    standard: JSON | None = computed(verbatim_standard, description="Its description in the vendor's terms.")
    external: JSON | None = computed(verbatim_external, description="Its description in its own terms.")
    logo_url: str | None = column(description="The URL of its logo.")
    stage: str | None = column(description="How mature it is: alpha, beta or ga.")
    platforms: list[str] | None = computed(listed_platforms, description="Where it runs.")
    category: str | None = column(description="What it is for.")
    auth_type: str | None = column(description="How it authenticates.")
    version: str | None = column(description="Its version.")
    created_at: datetime = column(description="When the record was created.")
    updated_at: datetime = column(description="When the record was last changed.")
    history: History = history_of(db.connector_integrations)


async def connectors_of(keys: list[str], context: Context, selection: Selection) -> list[object]:
    """The connectors that accounts use; who sees an account sees its connector."""
    found = await context.rows(
        db.connectors, keys, columns=("id", *selection.columns), through_visible_row=True
    )
    return [found.get(key) for key in keys]


async def connector_integrations_of(keys: list[str], context: Context, selection: Selection) -> list[object]:
    """The integrations that accounts reach through their connectors; who sees an account sees its own."""
    found = await context.rows(
        db.connector_integrations, keys, columns=("id", *selection.columns), through_visible_row=True
    )
    return [found.get(key) for key in keys]


@row_type(
    db.connected_accounts, description="An account at another service that is connected to the organization."
)
class ConnectedAccount(Node):
    uuid: str = column(
        "id", description="The record's own id, as its vendor writes it.", filters=True, orders=True
    )
    kind: ConnectedAccountKind = column(
        description="Whether it is an account at a shop system or one of a connector.", filters=True
    )
    number: int | None = column(
        description="The account's number in its organization, never used again.", filters=True, orders=True
    )
    external_ref: str | None = column(
        description="The reference that OpenInt knows it by, `conn_<connector>_<rest>`.",
        filters=True,
        orders=True,
    )
    service: str = column(
        description="The service; of a connector account, the connector's name.", filters=True, orders=True
    )
    external_id: str | None = column(
        description="The account's id in the service.", filters=True, orders=True
    )
    name: str | None = column(description="The account's name.", filters=True, orders=True)
    is_internal: bool = column(description="Whether the vendor made it itself.", filters=True)
    status: ConnectedAccountStatus = column(description="The account's health.", filters=True, orders=True)
    status_message: str | None = column(description="What is wrong with it, if anything.")
    is_syncing: bool = column(description="Whether it is being synchronized.")
    last_synced_at: datetime | None = column(description="When it was last synchronized.", orders=True)
    logo_url: str | None = column(description="The URL of its logo.")
    link_url: str | None = column(description="The account's own URL.")
    list_id: str | None = column(description="The mailing list that its contacts go to.")
    customer_id: str | None = column(description="The customer whose account it is.", filters=True)
    connector_config_id: str | None = column(description="The connector's configuration.", filters=True)
    integration_ref: str | None = column(
        description="The connector's integration, as the vendor refers to it."
    )
    disabled: bool | None = column(description="Whether it is disabled.", filters=True)
    metadata: JSON | None = computed(verbatim_metadata, description="Free JSON that its owner keeps with it.")
    settings: JSON | None = computed(
        verbatim_settings,
        description="Credentials and settings.",
        varies=always,  # not that they do, but they are sealed at rest, and no answer with them may lie in memory
    )
    created_at: datetime = column(description="When the record was created.", filters=True, orders=True)
    updated_at: datetime = column(description="When the record was last changed.", filters=True, orders=True)
    version: BigInt = row_version()
    connector: Connector | None = relation(
        connectors_of, key="service", description="The connector, if the catalogue has it."
    )
    integration: ConnectorIntegration | None = relation(
        connector_integrations_of,
        key="integration_ref",
        description="The connector's integration, if it is known.",
    )
    connection_request: (
        Annotated["ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")] | None
    ) = to_one(
        db.connection_requests,
        "connection_request_id",
        description="The request that led to it, if that is known.",
        filters=True,
    )
    history: History = history_of(db.connected_accounts)


ConnectedAccountFilter = filter_of(ConnectedAccount)
ConnectedAccountOrder = order_of(ConnectedAccount)
