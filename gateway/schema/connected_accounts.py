"""ConnectedAccount, what a granted request ends in, and Connector, the software that it is an account of."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import orjson
import strawberry
from strawberry.scalars import JSON

from gateway.db import tables as db
from gateway.db.filters import is_text
from gateway.db.tables import ConnectedAccountKind, ConnectedAccountStatus
from gateway.execution import Selection, column, computed, relation
from gateway.resolvers.context import Context
from gateway.schema.connections import ordering
from gateway.schema.filters import (
    BooleanFilter,
    DateTimeFilter,
    EnumFilter,
    IntFilter,
    StringFilter,
    on_id,
    on_parent,
    option,
)
from gateway.schema.node import Node, to_one

if TYPE_CHECKING:
    from gateway.schema.connection_requests import ConnectionRequest, ConnectionRequestFilter


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


@strawberry.input(description="Conditions on a connected account.")
class ConnectedAccountFilter:
    and_: list["ConnectedAccountFilter"] | None = option("All of them hold.", name="and")
    or_: list["ConnectedAccountFilter"] | None = option("At least one of them holds.", name="or")
    not_: "ConnectedAccountFilter | None" = option("It does not hold.", name="not")
    uuid: StringFilter | None = option("The record's own id.", condition=on_id())
    kind: EnumFilter[ConnectedAccountKind] | None = option("What sort of account it is.")
    status: EnumFilter[ConnectedAccountStatus] | None = option("How the account fares.")
    number: IntFilter | None = option("The account's number in its organization.")
    external_ref: StringFilter | None = option("The reference under which connectors know it.")
    service: StringFilter | None = option("The service, or the connector's name.")
    external_id: StringFilter | None = option("The account's id in the service.")
    name: StringFilter | None = option("The account's name.")
    is_internal: BooleanFilter | None = option("Whether the vendor made it itself.")
    disabled: BooleanFilter | None = option("Whether it is switched off.")
    customer_id: StringFilter | None = option("The customer whose account it is.")
    connector_config_id: StringFilter | None = option("The connector's configuration.")
    created_at: DateTimeFilter | None = option("When the record was made.")
    updated_at: DateTimeFilter | None = option("When the record was last changed.")
    connection_request: (
        Annotated["ConnectionRequestFilter", strawberry.lazy("gateway.schema.connection_requests")] | None
    ) = option(
        "The request that it came of.", condition=on_parent(db.connection_requests, "connection_request_id")
    )


@strawberry.input(description="Conditions on a list of connected accounts.")
class ConnectedAccountListFilter:
    some: ConnectedAccountFilter | None = option("At least one account satisfies it.")
    every: ConnectedAccountFilter | None = option("Every account satisfies it.")
    none: ConnectedAccountFilter | None = option("No account satisfies it.")


ConnectedAccountOrder = ordering(
    "ConnectedAccount",
    created_at="When the record was made.",
    updated_at="When the record was last changed.",
    number="The account's number in its organization.",
    service="The service, or the connector's name.",
    external_ref="The reference under which connectors know it.",
    external_id="The account's id in the service.",
    name="The account's name.",
    status="How the account fares.",
    last_synced_at="When it was last synchronized.",
    uuid="The record's own id.",
)


@strawberry.input(description="Conditions on a connector.")
class ConnectorFilter:
    and_: list["ConnectorFilter"] | None = option("All of them hold.", name="and")
    or_: list["ConnectorFilter"] | None = option("At least one of them holds.", name="or")
    not_: "ConnectorFilter | None" = option("It does not hold.", name="not")
    name: StringFilter | None = option("The connector's name.", condition=on_id())
    display_name: StringFilter | None = option("The name to show.")
    stage: StringFilter | None = option("How mature it is.")
    auth_type: StringFilter | None = option("How it authenticates.")


ConnectorOrder = ordering(
    "Connector", own_id="name", name="The connector's name.", display_name="The name to show."
)


@strawberry.type(description="A piece of software that accounts can be connected to.")
class Connector(Node):
    name: str = column("id", description="The connector's name.")
    display_name: str | None = column(description="The name to show.")
    logo_url: str | None = column(description="Where its logo is.")
    stage: str | None = column(description="How mature it is: alpha, beta, ga or hidden.")
    platforms: list[str] | None = computed(listed_platforms, description="Where it runs.")
    auth_type: str | None = column(description="How it authenticates.")
    scopes: JSON | None = computed(verbatim_scopes, description="What it can be allowed to do.")
    schemas: JSON | None = computed(
        verbatim_schemas, description="JSON Schemas of its configuration and data."
    )


@strawberry.type(description="What a connector connects to, as its vendor describes it.")
class ConnectorIntegration:
    uuid: str = column("id", description="The record's own id.")
    connector_name: str = column(description="The connector's name.")
    name: str | None = column(description="The name to show.")
    standard: JSON | None = computed(verbatim_standard, description="Its description in the vendor's terms.")
    external: JSON | None = computed(verbatim_external, description="Its description in its own terms.")
    logo_url: str | None = column(description="Where its logo is.")
    stage: str | None = column(description="How mature it is: alpha, beta or ga.")
    platforms: list[str] | None = computed(listed_platforms, description="Where it runs.")
    category: str | None = column(description="What it is for.")
    auth_type: str | None = column(description="How it authenticates.")
    version: str | None = column(description="Its version.")
    created_at: datetime = column(description="When the record was made.")
    updated_at: datetime = column(description="When the record was last changed.")


async def connectors_of(keys: list[str], context: Context, selection: Selection) -> list[object]:
    found = await context.rows(
        db.connectors, keys, columns=("id", *selection.columns), through_visible_row=True
    )
    return [found.get(key) for key in keys]


async def connector_integrations_of(keys: list[str], context: Context, selection: Selection) -> list[object]:
    found = await context.rows(
        db.connector_integrations, keys, columns=("id", *selection.columns), through_visible_row=True
    )
    return [found.get(key) for key in keys]


@strawberry.type(description="An account at another service that is connected to the organization.")
class ConnectedAccount(Node):
    uuid: str = column("id", description="The record's own id.")
    kind: ConnectedAccountKind = column(description="What sort of account it is.")
    number: int | None = column(description="The account's number in its organization, never used again.")
    external_ref: str | None = column(description="The reference under which connectors know it.")
    service: str = column(description="The service; of a connector account, the connector's name.")
    external_id: str | None = column(description="The account's id in the service.")
    name: str | None = column(description="The account's name.")
    is_internal: bool = column(description="Whether the vendor made it itself.")
    status: ConnectedAccountStatus = column(description="How the account fares.")
    status_message: str | None = column(description="What is wrong with it, if anything.")
    is_syncing: bool = column(description="Whether it is being synchronized.")
    last_synced_at: datetime | None = column(description="When it was last synchronized.")
    logo_url: str | None = column(
        description="Where its logo is; credentials masked without the scope `secrets`."
    )
    link_url: str | None = column(description="Where it is; credentials masked without the scope `secrets`.")
    list_id: str | None = column(description="The mailing list that its contacts go to.")
    customer_id: str | None = column(description="The customer whose account it is.")
    connector_config_id: str | None = column(description="The connector's configuration.")
    integration_ref: str | None = column(
        description="The connector's integration, as the vendor refers to it."
    )
    disabled: bool | None = column(description="Whether it is switched off.")
    metadata: JSON | None = computed(verbatim_metadata, description="Whatever its owner noted.")
    settings: JSON | None = computed(
        verbatim_settings, description="Credentials and settings; null without the scope `secrets`."
    )
    created_at: datetime = column(description="When the record was made.")
    updated_at: datetime = column(description="When the record was last changed.")
    connector: Connector | None = relation(
        connectors_of, key="service", description="The connector, where the store knows it."
    )
    integration: ConnectorIntegration | None = relation(
        connector_integrations_of,
        key="integration_ref",
        description="The connector's integration, where the store knows it.",
    )
    connection_request: (
        Annotated["ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")] | None
    ) = to_one(
        db.connection_requests,
        "connection_request_id",
        description="The request that it came of, if that is known.",
    )
