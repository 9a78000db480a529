"""ConnectedAccount, the result of an approved request, and Connector, the software to which the account belongs."""

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
    """Stored JSON text as it is: members keep their order, numbers their digits."""
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
    """The names in a JSON array; null if the value is not an array."""
    listed = None if platforms is None else json.loads(platforms)
    if not isinstance(listed, list):
        return None
    return [each for each in listed if isinstance(each, str) and is_text(each)]


@row_type(db.connectors, description="A service in which accounts can be connected, such as Shopify.")
class Connector(Node):
    name: str = column(
        "id", description="The unique name of the connector, such as `shopify`.", filters=True, orders=True
    )
    display_name: str | None = column(
        description="The name for display, such as `Shopify`.", filters=True, orders=True
    )
    logo_url: str | None = column(description="The URL of the connector's logo.")
    stage: str | None = column(
        description="The maturity of the connector: `alpha`, `beta`, `ga` or `hidden`.", filters=True
    )
    platforms: list[str] | None = computed(
        listed_platforms, description="The platforms on which it runs, such as `web`."
    )
    auth_type: str | None = column(
        description="The way in which it authenticates, such as `OAUTH2`.", filters=True
    )
    scopes: JSON | None = computed(
        verbatim_scopes,
        description="The OAuth scopes that the connector offers: a JSON array of objects with `scope`, `display_name` "
        "and `description`.",
    )
    schemas: JSON | None = computed(
        verbatim_schemas,
        description="JSON Schemas of the connector's configuration and data, by name, such as `connection_settings`.",
    )
    # Empty for one of the operator's catalogue: that is no organization's, and no organization's log tells of it.
    history: History = history_of(db.connectors)


ConnectorFilter = filter_of(Connector)
ConnectorOrder = order_of(Connector)


@row_type(
    db.connector_integrations,
    description="An integration of a connector: what the connector connects to, as the vendor describes it.",
)
class ConnectorIntegration(Node):
    uuid: str = column(
        "id",
        description="The record's own id, exactly as the vendor's API writes it, such as `int_shopify_eu-store`.",
    )
    connector_name: str = column(description="The name of the connector, such as `shopify`.")
    name: str | None = column(description="The name for display, such as `Shopify`.")
    standard: JSON | None = computed(
        verbatim_standard, description="The description in the vendor's common format."
    )
    external: JSON | None = computed(
        verbatim_external, description="The description in the format of the service itself."
    )
    logo_url: str | None = column(description="The URL of the integration's logo.")
    stage: str | None = column(description="The maturity of the integration: `alpha`, `beta` or `ga`.")
    platforms: list[str] | None = computed(
        listed_platforms, description="The platforms on which it runs, such as `web`."
    )
    category: str | None = column(description="The category of the integration, such as `commerce`.")
    auth_type: str | None = column(description="The way in which it authenticates, such as `OAUTH2`.")
    version: str | None = column(description="The version of the integration, such as `2025-04`.")
    created_at: datetime = column(description="When the record was created.")
    updated_at: datetime = column(description="When the record was last changed.")
    history: History = history_of(db.connector_integrations)


async def connectors_of(keys: list[str], context: Context, selection: Selection) -> list[object]:
    """The connectors of accounts. A viewer who sees an account sees its connector."""
    found = await context.rows(
        db.connectors, keys, columns=("id", *selection.columns), through_visible_row=True
    )
    return [found.get(key) for key in keys]


async def connector_integrations_of(keys: list[str], context: Context, selection: Selection) -> list[object]:
    """The integrations of accounts. A viewer who sees an account sees its integration."""
    found = await context.rows(
        db.connector_integrations, keys, columns=("id", *selection.columns), through_visible_row=True
    )
    return [found.get(key) for key in keys]


@row_type(
    db.connected_accounts, description="An account at another service that is connected to the organization."
)
class ConnectedAccount(Node):
    uuid: str = column(
        "id",
        description="The record's own id, exactly as the vendor's API writes it, such as "
        "`6c822de1-8f9a-48ca-87c1-c5c788a6caf3`.",
        filters=True,
        orders=True,
    )
    kind: ConnectedAccountKind = column(
        description="Whether the account is in a shop system or belongs to a connector.", filters=True
    )
    number: int | None = column(
        description="The number of the account, unique in the organization. Numbers are never used again.",
        filters=True,
        orders=True,
    )
    external_ref: str | None = column(
        description="The id of the account in the API of OpenInt, such as `conn_shopify_01JT3Q8Y5M2K7W4N9B6D1R0FXZ`. "
        "Null if it has none.",
        filters=True,
        orders=True,
    )
    service: str = column(
        description="The name of the service, such as `shopify`. For an account of a connector: the connector's name.",
        filters=True,
        orders=True,
    )
    external_id: str | None = column(
        description="The id of the account in the service, such as `foo.myshopify.com`.",
        filters=True,
        orders=True,
    )
    name: str | None = column(
        description="The name of the account, such as `Foo, Inc.`.", filters=True, orders=True
    )
    is_internal: bool = column(
        description="Whether the account belongs to an integration of the vendor itself. False if it belongs to a "
        "third party's.",
        filters=True,
    )
    status: ConnectedAccountStatus = column(
        description="The health of the account.", filters=True, orders=True
    )
    status_message: str | None = column(
        description="What is wrong with the account, as free text. Null if there is no message."
    )
    is_syncing: bool = column(description="Whether the account is being synchronized now.")
    last_synced_at: datetime | None = column(
        description="When the account was last synchronized. Null if never, or if unknown.", orders=True
    )
    logo_url: str | None = column(description="The URL of the account's logo.")
    link_url: str | None = column(description="The URL of the account in the service.")
    list_id: str | None = column(
        description="The id of the mailing list that receives the account's contacts."
    )
    customer_id: str | None = column(
        description="The id of the customer who owns the account, such as `retailer-4711`.", filters=True
    )
    connector_config_id: str | None = column(
        description="The id of the connector's configuration, such as `ccfg_shopify_01JT3Q2C8V5H1E7P3M9K6A4GWT`.",
        filters=True,
    )
    integration_ref: str | None = column(
        description="The vendor's id of the connector's integration, such as `int_shopify_eu-store`."
    )
    disabled: bool | None = column(
        description="Whether the account is disabled: nothing uses it until it is enabled again.",
        filters=True,
    )
    metadata: JSON | None = computed(
        verbatim_metadata, description="A JSON object of your own that is stored with the account."
    )
    settings: JSON | None = computed(
        verbatim_settings,
        description="The credentials and settings of the account, as a JSON object.",
        varies=always,  # not that they do, but they are sealed at rest, and no answer with them may lie in memory
    )
    created_at: datetime = column(description="When the record was created.", filters=True, orders=True)
    updated_at: datetime = column(description="When the record was last changed.", filters=True, orders=True)
    version: BigInt = row_version()
    connector: Connector | None = relation(
        connectors_of, key="service", description="The connector of the account. Null if it is unknown."
    )
    integration: ConnectorIntegration | None = relation(
        connector_integrations_of,
        key="integration_ref",
        description="The connector's integration. Null if it is unknown.",
    )
    connection_request: (
        Annotated["ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")] | None
    ) = to_one(
        db.connection_requests,
        "connection_request_id",
        description="The connection request that led to the account. Null if unknown.",
        filters=True,
    )
    history: History = history_of(db.connected_accounts)


ConnectedAccountFilter = filter_of(ConnectedAccount)
ConnectedAccountOrder = order_of(ConnectedAccount)
