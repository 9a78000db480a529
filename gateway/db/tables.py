"""Every table. A column is stated here and nowhere else in storage.

Every tenant-owned table has the primary key (organization_id, id) and composite foreign keys, so that the database
itself refuses a child under another organization's parent. ``info["type"]`` is the public name of a row, as its
global id spells it.
"""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.schema import SchemaItem

from gateway.db.types import OrderedText, Timestamp, nulls_first

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


MASKED = {"masked": True}
"""Marks free text that may hold URLs with credentials: shown whole, filtered and ordered by with `secrets` only."""


SEALED = {"sealed": True}
"""Marks text that is stored encrypted; with `secret` it is shown with the scope `secrets` only."""


NUMBERED = {"numbered": True}
"""Marks numbers that are counted per organization and never used again, deleted rows' included."""


class OrganizationKind(StrEnum):
    RETAILER = "retailer"
    SUPPLIER = "supplier"
    NONE = "none"


class ConnectionRequestKind(StrEnum):
    TRADING_PARTNER = "trading_partner"
    ACCESS = "access"


class ConnectionRequestStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    CANCELED = "canceled"


class ConnectedAccountKind(StrEnum):
    COMMERCE = "commerce"
    CONNECTOR = "connector"


class ConnectedAccountStatus(StrEnum):
    HEALTHY = "healthy"
    DISCONNECTED = "disconnected"
    ERROR = "error"
    MANUAL = "manual"
    UNKNOWN = "unknown"


def closed(column: str, values: type[StrEnum]) -> CheckConstraint:
    """The database refuses a value outside the enum."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def parent(column: str, table: str) -> ForeignKeyConstraint:
    """``column`` names a row of ``table`` of the same organization."""
    return ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], name=f"fk_{table}_{column}"
    )


def tenant_table(name: str, *items: SchemaItem, type: str | None = None) -> Table:
    """A table whose rows belong to one organization."""
    foreign_keys = [item for item in items if isinstance(item, ForeignKeyConstraint)]
    for key in foreign_keys:
        key.name = f"fk_{name}_{list(key.column_keys)[-1]}"
    return Table(
        name,
        metadata,
        Column("organization_id", OrderedText, ForeignKey("organizations.id"), primary_key=True),
        Column("id", OrderedText, primary_key=True),
        Column("created_at", Timestamp, nullable=False),
        Column("updated_at", Timestamp, nullable=False),
        *items,
        info={"type": type} if type else {},
    )


def ordered(table: Table, *columns: str) -> Index:
    """An index that serves ``columns`` in order, the id breaking ties, within one organization.

    Nulls are smallest on both databases; PostgreSQL has to be told so.
    """
    expressions = [
        nulls_first(column) if table.c[column].nullable else table.c[column]
        for column in ("organization_id", *columns, "id")
    ]
    return Index(f"ix_{table.name}_{'_'.join(columns)}", *expressions, _table=table)


organizations = Table(
    "organizations",
    metadata,
    Column("id", OrderedText, primary_key=True),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
    Column("name", OrderedText, nullable=False),
    Column("kind", OrderedText, nullable=False),
    Column("timezone", Text, nullable=False),  # IANA name
    closed("kind", OrganizationKind),
    info={"type": "Organization"},
)

people = tenant_table(
    "people",
    Column("first_name", OrderedText),
    Column("last_name", OrderedText),
    Column("email", OrderedText),
    Column("phone", OrderedText),
    Column("job_title", OrderedText),
    Column("extra", Text),
    type="Person",
)
ordered(people, "created_at")
ordered(people, "last_name")
ordered(people, "email")

connection_requests = tenant_table(
    "connection_requests",
    Column("kind", OrderedText, nullable=False),
    Column("org_name", OrderedText),
    Column("org_contact_full_name", OrderedText),
    Column("primary_contact_phone", OrderedText),
    Column("primary_contact_email", OrderedText),
    Column("retailer_account_number", OrderedText),
    Column("supplier_account_number", OrderedText),
    Column("additional_information", OrderedText, info=MASKED),
    Column("reason", OrderedText, info=MASKED),
    Column("duration_minutes", BigInteger),
    Column("requester_id", OrderedText),
    Column("target_user_id", OrderedText),
    Column("target_group_id", OrderedText),
    Column("status", OrderedText, nullable=False),
    Column("requested_at", Timestamp, nullable=False),
    Column("extra", Text),
    parent("requester_id", "people"),
    parent("target_user_id", "people"),
    closed("kind", ConnectionRequestKind),
    closed("status", ConnectionRequestStatus),
    type="ConnectionRequest",
)
ordered(connection_requests, "requested_at")
ordered(connection_requests, "kind", "requested_at")
ordered(connection_requests, "status", "requested_at")
ordered(connection_requests, "kind", "status", "requested_at")
ordered(connection_requests, "kind", "created_at")
ordered(connection_requests, "kind", "status", "created_at")
ordered(connection_requests, "created_at")
ordered(connection_requests, "updated_at")
ordered(connection_requests, "org_name")
ordered(connection_requests, "requester_id", "requested_at")
ordered(connection_requests, "target_user_id", "requested_at")

approvals = tenant_table(
    "approvals",
    Column("connection_request_id", OrderedText, nullable=False),
    Column("person_id", OrderedText, nullable=False),
    Column("approved_at", Timestamp),  # null where a document does not say
    Column("extra", Text),
    parent("connection_request_id", "connection_requests"),
    parent("person_id", "people"),
    UniqueConstraint("organization_id", "connection_request_id"),
    type="Approval",
)
ordered(approvals, "person_id", "approved_at")

comments = tenant_table(
    "comments",
    Column("connection_request_id", OrderedText, nullable=False),
    Column("author_id", OrderedText),
    Column("body", OrderedText, nullable=False, info=MASKED),
    Column("extra", Text),
    parent("connection_request_id", "connection_requests"),
    parent("author_id", "people"),
    type="Comment",
)
ordered(comments, "connection_request_id", "created_at")
ordered(comments, "author_id")

requested_items = tenant_table(
    "requested_items",
    Column("connection_request_id", OrderedText, nullable=False),
    Column("position", BigInteger, nullable=False),  # as the vendor listed them, from 0
    Column("resource_id", OrderedText),
    Column("group_id", OrderedText),
    Column("access_level_name", OrderedText),
    Column("access_level_remote_id", OrderedText),
    Column("name", OrderedText),
    Column("remote_id", OrderedText),
    Column("remote_name", OrderedText),
    Column("extra", Text),
    parent("connection_request_id", "connection_requests"),
    type="RequestedItem",
)
ordered(requested_items, "connection_request_id", "position")
ordered(requested_items, "resource_id")
ordered(requested_items, "group_id")

integrations = tenant_table(
    "integrations",
    Column("connection_request_id", OrderedText, nullable=False),
    Column("position", BigInteger, nullable=False),  # as the vendor listed them, from 0
    Column("integration_type", OrderedText, nullable=False),  # verbatim
    Column("update_frequency", OrderedText, info=MASKED),  # verbatim
    Column("feed_source_file_locations", OrderedText, info=MASKED),
    Column("file_specs", OrderedText, info=MASKED),
    Column("rules", OrderedText, info=MASKED),
    Column("extra", Text),
    parent("connection_request_id", "connection_requests"),
    type="Integration",
)
ordered(integrations, "connection_request_id", "position")
ordered(integrations, "created_at")
ordered(integrations, "integration_type", "created_at")
ordered(integrations, "update_frequency", "created_at")

files = tenant_table(
    "files",
    Column("connection_request_id", OrderedText),  # null until attached
    Column("position", BigInteger, nullable=False),
    Column("name", OrderedText, nullable=False),
    Column("content_type", OrderedText),
    Column("size", BigInteger),  # bytes
    Column("sha256", OrderedText),  # hexadecimal
    Column("storage_key", OrderedText),
    Column("extra", Text),
    parent("connection_request_id", "connection_requests"),
    type="File",
)
ordered(files, "connection_request_id", "position")
ordered(files, "created_at")
ordered(files, "name")

api_tokens = tenant_table(
    "api_tokens",
    Column("person_id", OrderedText),
    Column("customer_id", OrderedText),  # null: the whole organization
    Column("name", OrderedText, nullable=False),
    Column("token_hash", OrderedText, nullable=False, unique=True),  # SHA-256, hexadecimal
    Column("scopes", Text, nullable=False),  # separated by one space (RFC 6749, section 3.3)
    Column("expires_at", Timestamp),
    Column("last_used_at", Timestamp),
    Column("revoked_at", Timestamp),
    parent("person_id", "people"),
)
ordered(api_tokens, "person_id")

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
    Column("number", BigInteger, info=NUMBERED),
    Column("external_ref", OrderedText),  # conn_<connector>_<ULID>
    Column("service", OrderedText, nullable=False),  # the connector's name where there is one
    Column("external_id", OrderedText),
    Column("name", OrderedText),
    Column("is_internal", Boolean, nullable=False),
    Column("status", OrderedText, nullable=False),
    Column("status_message", OrderedText, info=MASKED),
    Column("is_syncing", Boolean, nullable=False),
    Column("last_synced_at", Timestamp),
    Column("logo_url", OrderedText, info=MASKED),
    Column("link_url", OrderedText, info=MASKED),
    Column("list_id", OrderedText),
    Column("customer_id", OrderedText),
    Column("connector_config_id", OrderedText),
    Column("integration_ref", OrderedText),  # int_…: a row of connector_integrations, if the store has it
    Column("disabled", Boolean),
    Column("metadata", Text),  # JSON
    Column("settings", Text, info=SEALED | {"secret": True}),  # JSON
    Column("connection_request_id", OrderedText),
    Column("extra", Text, info=SEALED),
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
ordered(connected_accounts, "kind", "number")
ordered(connected_accounts, "kind", "updated_at")
ordered(connected_accounts, "customer_id", "updated_at")
ordered(connected_accounts, "service", "number")
ordered(connected_accounts, "connection_request_id", "created_at")

events = Table(
    "events",
    metadata,
    Column("organization_id", OrderedText, ForeignKey("organizations.id"), primary_key=True),
    Column(
        "id", BigInteger, primary_key=True, autoincrement=False
    ),  # counted per organization, from 1, no gaps
    Column("type", OrderedText, nullable=False),
    Column("subject_type", OrderedText, nullable=False),
    Column("subject_id", OrderedText),
    Column("actor_id", OrderedText),  # the token that acted; null for a command of the operator
    Column("data", Text, nullable=False),  # JSON
    Column("occurred_at", Timestamp, nullable=False),
)
Index("ix_events_subject", events.c.organization_id, events.c.subject_type, events.c.subject_id, events.c.id)

counters = Table(
    "counters",
    metadata,
    Column("organization_id", OrderedText, ForeignKey("organizations.id"), primary_key=True),
    Column("table_name", OrderedText, primary_key=True),
    Column("kind", OrderedText, primary_key=True),  # "" where the table has none
    Column("status", OrderedText, primary_key=True),
    Column("n", BigInteger, nullable=False),
)

child_counters = Table(
    "child_counters",  # of the parents that have many children; the children of others are counted
    metadata,
    Column("organization_id", OrderedText, primary_key=True),
    Column("parent_id", OrderedText, primary_key=True),
    Column("table_name", OrderedText, primary_key=True),  # of the children
    Column("n", BigInteger, nullable=False),
    ForeignKeyConstraint(
        ("organization_id", "parent_id"), list(connection_requests.primary_key), ondelete="CASCADE"
    ),
)

NODES = {table.info["type"]: table for table in metadata.sorted_tables if "type" in table.info}
COUNTED = (connection_requests, integrations, files, people, connected_accounts)

CHILD_OF = "connection_request_id"
COUNTED_CHILDREN = (integrations, files, comments, requested_items, connected_accounts)
