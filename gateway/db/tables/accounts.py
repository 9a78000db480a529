"""Connected accounts, the connectors that keep their credentials, and the integrations of these."""

from sqlalchemy import CheckConstraint, Column, Table, UniqueConstraint

from gateway.db.tables.columns import (
    MASKED,
    ORDERED,
    SEALED,
    URL,
    closed,
    metadata,
    numbered,
    ordered,
    parent,
    tenant_table,
    version,
)
from gateway.db.tables.enums import ConnectedAccountKind, ConnectedAccountStatus
from gateway.db.types import BigInt, Boolean, OrderedText, Text, Timestamp

CATALOGUE = ""
"""Stands for the operator in `connectors.organization_id`: these rows are shown to every organization."""

connectors = Table(
    "connectors",
    metadata,
    Column("organization_id", OrderedText, primary_key=True),
    Column("id", OrderedText, primary_key=True),  # the connector's name
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
    Column("display_name", OrderedText),
    Column("logo_url", OrderedText),
    Column("stage", OrderedText),
    Column("platforms", Text),  # JSON
    Column("auth_type", OrderedText),
    Column("scopes", Text),  # JSON
    Column("schemas", Text),  # JSON
    Column("extra", Text),
    info={"type": "Connector"},
)

connector_integrations = tenant_table(
    "connector_integrations",
    Column("connector_name", OrderedText, nullable=False),
    Column("name", OrderedText),
    Column("standard", Text),  # JSON
    Column("external", Text),  # JSON
    Column("logo_url", OrderedText),
    Column("stage", OrderedText),
    Column("platforms", Text),  # JSON
    Column("category", OrderedText),
    Column("auth_type", OrderedText),
    Column("version", OrderedText),
    Column("extra", Text),
)
ordered(connector_integrations, "connector_name")

connected_accounts = tenant_table(
    "connected_accounts",
    Column("kind", OrderedText, nullable=False),
    Column("number", BigInt, info=numbered(ConnectedAccountKind.COMMERCE) | ORDERED),
    Column("external_ref", OrderedText, info=ORDERED),  # conn_<connector>_<ULID>
    Column("service", OrderedText, nullable=False, info=ORDERED),  # the connector's name where there is one
    Column("external_id", OrderedText, info=ORDERED),
    Column("name", OrderedText, info=ORDERED),
    Column("is_internal", Boolean, nullable=False),
    Column("status", OrderedText, nullable=False, info=ORDERED),
    Column("status_message", OrderedText, info=MASKED),
    Column("is_syncing", Boolean, nullable=False),
    Column("last_synced_at", Timestamp, info=ORDERED),
    Column("logo_url", OrderedText, info=MASKED | URL),
    Column("link_url", OrderedText, info=MASKED | URL),
    Column("list_id", OrderedText),
    Column("customer_id", OrderedText),
    Column("connector_config_id", OrderedText),
    Column("integration_ref", OrderedText),  # int_…: a row of connector_integrations, if the store has it
    Column("disabled", Boolean),
    Column("metadata", Text),  # JSON
    Column("settings", Text, info=SEALED | {"secret": True}),  # JSON
    Column("connection_request_id", OrderedText),
    Column("extra", Text, info=SEALED),
    version(),
    parent("connection_request_id", "connection_requests"),
    closed("kind", ConnectedAccountKind),
    closed("status", ConnectedAccountStatus),
    CheckConstraint("kind <> 'commerce' OR number IS NOT NULL", name="commerce_number"),
    UniqueConstraint("organization_id", "number"),
    UniqueConstraint("organization_id", "external_ref"),
    UniqueConstraint("organization_id", "service", "external_id"),
    type="ConnectedAccount",
)
ordered(connected_accounts, "created_at")
ordered(connected_accounts, "updated_at")
ordered(connected_accounts, "kind", "created_at")
ordered(connected_accounts, "status", "created_at")
ordered(connected_accounts, "kind", "number")
ordered(connected_accounts, "kind", "updated_at")
ordered(connected_accounts, "customer_id", "updated_at")
ordered(connected_accounts, "service", "number")
ordered(connected_accounts, "connection_request_id", "created_at")
