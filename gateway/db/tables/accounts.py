"""Connected accounts, the connectors that keep their credentials, and the integrations of these."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Table, UniqueConstraint

from gateway.db.tables.columns import (
    EMAIL,
    JSON,
    KEPT,
    ORDERED,
    PLAIN,
    SEALED,
    SHORT,
    SORTED,
    URL,
    closed,
    holding,
    holds_credential,
    metadata,
    numbered,
    ordered,
    parent,
    sort_column,
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
    Column("display_name", OrderedText, info=SHORT | SORTED),
    sort_column("display_name"),
    Column("logo_url", OrderedText),
    Column("stage", OrderedText, info=SHORT),
    Column("platforms", Text, info=SHORT | JSON),
    Column("auth_type", OrderedText, info=SHORT),
    Column("scopes", Text, info=JSON),
    Column("schemas", Text, info=JSON),
    Column("extra", Text, info=KEPT),
    holds_credential(),
    info={"type": "Connector"},
)

connector_integrations = tenant_table(
    "connector_integrations",
    Column("connector_name", OrderedText, nullable=False, info=SHORT),
    Column("name", OrderedText, info=SHORT),
    Column("standard", Text, info=JSON),
    Column("external", Text, info=JSON),
    Column("logo_url", OrderedText),
    Column("stage", OrderedText, info=SHORT),
    Column("platforms", Text, info=SHORT | JSON),
    Column("category", OrderedText, info=SHORT),
    Column("auth_type", OrderedText, info=SHORT),
    Column("version", OrderedText, info=SHORT),
    Column("extra", Text, info=KEPT),
    type="ConnectorIntegration",
)
ordered(connector_integrations, "connector_name")

connected_accounts = tenant_table(
    "connected_accounts",
    Column("kind", OrderedText, nullable=False, info=PLAIN),
    Column("number", BigInt, info=numbered(ConnectedAccountKind.COMMERCE) | ORDERED),
    Column("external_ref", OrderedText, info=PLAIN | ORDERED),  # conn_<connector>_<ULID>
    # the connector's name where there is one
    Column("service", OrderedText, nullable=False, info=SHORT | ORDERED),
    Column("external_id", OrderedText, info=SHORT | ORDERED),
    Column("name", OrderedText, info=SHORT | SORTED),
    Column("is_internal", Boolean, nullable=False),
    Column("status", OrderedText, nullable=False, info=PLAIN | ORDERED),
    Column("status_message", OrderedText),
    Column("is_syncing", Boolean, nullable=False),
    Column("last_synced_at", Timestamp, info=ORDERED),
    Column("logo_url", OrderedText, info=URL),
    Column("link_url", OrderedText, info=URL),
    Column("list_id", OrderedText, info=SHORT),
    Column("customer_id", OrderedText, info=SHORT),
    Column("connector_config_id", OrderedText, info=SHORT),
    # int_…: a row of connector_integrations, if the store has it
    Column("integration_ref", OrderedText, info=SHORT),
    Column("disabled", Boolean),
    Column("metadata", Text, info=JSON),
    Column("settings", Text, info=JSON | SEALED | {"secret": True}),
    Column("connection_request_id", OrderedText),
    Column("extra", Text, info=KEPT | SEALED),
    holds_credential(),
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
holding(connected_accounts)

account_leases = tenant_table(
    "account_leases",  # of accounts, by their ids, whose credentials a process is refreshing
    Column("holder", OrderedText, nullable=False, info=PLAIN),
    Column("until", Timestamp, nullable=False),
    ForeignKeyConstraint(("organization_id", "id"), list(connected_accounts.primary_key), ondelete="CASCADE"),
)

connector_configs = tenant_table(
    "connector_configs",  # ccfg_<connector>_<ULID>
    Column("connector_name", OrderedText, nullable=False, info=PLAIN),
    Column("display_name", OrderedText, info=SHORT),
    Column("disabled", Boolean),
    Column("config", Text, info=JSON | SEALED | {"secret": True}),
    Column("metadata", Text, info=JSON),
    version(),
)
ordered(connector_configs, "updated_at")

customers = tenant_table(
    "customers",  # the organization's own ids of those whose accounts are connected
    Column("metadata", Text, info=JSON),
    version(),
)

commerce_customers = tenant_table(
    "commerce_customers",  # who buys at a shop whose account is connected
    Column("number", BigInt, nullable=False, info=numbered()),
    Column("connected_account_id", OrderedText, nullable=False),
    Column("external_id", OrderedText, nullable=False, info=PLAIN),
    Column("email", OrderedText, nullable=False, info=PLAIN | EMAIL),
    Column("accepts_marketing", Boolean),
    version(),
    parent("connected_account_id", "connected_accounts"),
    UniqueConstraint("organization_id", "number"),
    # WP Fusion calls all guests of a shop `guest`
    UniqueConstraint(
        *("organization_id", "connected_account_id", "external_id", "email"),
        name="uq_commerce_customers_external_id",
    ),
)
ordered(commerce_customers, "email")
