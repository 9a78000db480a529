"""Connected accounts and their connectors."""

import sqlalchemy as sa
from alembic import op

from gateway.db import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connectors",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("display_name", types.OrderedText(), nullable=True),
        sa.Column("logo_url", types.OrderedText(), nullable=True),
        sa.Column("stage", types.OrderedText(), nullable=True),
        sa.Column("platforms", sa.Text(), nullable=True),
        sa.Column("auth_type", types.OrderedText(), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=True),
        sa.Column("schemas", sa.Text(), nullable=True),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_connectors")),
    )
    op.create_table(
        "connector_integrations",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("connector_name", types.OrderedText(), nullable=False),
        sa.Column("name", types.OrderedText(), nullable=True),
        sa.Column("standard", sa.Text(), nullable=True),
        sa.Column("external", sa.Text(), nullable=True),
        sa.Column("logo_url", types.OrderedText(), nullable=True),
        sa.Column("stage", types.OrderedText(), nullable=True),
        sa.Column("platforms", sa.Text(), nullable=True),
        sa.Column("category", types.OrderedText(), nullable=True),
        sa.Column("auth_type", types.OrderedText(), nullable=True),
        sa.Column("version", types.OrderedText(), nullable=True),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_connector_integrations_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_connector_integrations")),
    )
    op.create_index(
        "ix_connector_integrations_connector_name",
        "connector_integrations",
        ["organization_id", "connector_name", "id"],
        unique=False,
    )
    op.create_table(
        "connected_accounts",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("kind", types.OrderedText(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("external_ref", types.OrderedText(), nullable=True),
        sa.Column("service", types.OrderedText(), nullable=False),
        sa.Column("external_id", types.OrderedText(), nullable=True),
        sa.Column("name", types.OrderedText(), nullable=True),
        sa.Column("is_internal", sa.Boolean(), nullable=False),
        sa.Column("status", types.OrderedText(), nullable=False),
        sa.Column("status_message", types.OrderedText(), nullable=True),
        sa.Column("is_syncing", sa.Boolean(), nullable=False),
        sa.Column("last_synced_at", types.Timestamp(), nullable=True),
        sa.Column("logo_url", types.OrderedText(), nullable=True),
        sa.Column("link_url", types.OrderedText(), nullable=True),
        sa.Column("list_id", types.OrderedText(), nullable=True),
        sa.Column("customer_id", types.OrderedText(), nullable=True),
        sa.Column("connector_config_id", types.OrderedText(), nullable=True),
        sa.Column("integration_ref", types.OrderedText(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=True),
        sa.Column("settings", sa.Text(), nullable=True),
        sa.Column("connection_request_id", types.OrderedText(), nullable=True),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('commerce', 'connector')", name=op.f("ck_connected_accounts_kind")),
        sa.CheckConstraint(
            "kind <> 'commerce' OR number IS NOT NULL", name=op.f("ck_connected_accounts_commerce_number")
        ),
        sa.CheckConstraint(
            "status IN ('healthy', 'disconnected', 'error', 'manual', 'unknown')",
            name=op.f("ck_connected_accounts_status"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_request_id"],
            ["connection_requests.organization_id", "connection_requests.id"],
            name="fk_connected_accounts_connection_request_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_connected_accounts_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_connected_accounts")),
        sa.UniqueConstraint(
            "organization_id", "external_ref", name=op.f("uq_connected_accounts_organization_id_external_ref")
        ),
        sa.UniqueConstraint(
            "organization_id", "number", name=op.f("uq_connected_accounts_organization_id_number")
        ),
        sa.UniqueConstraint(
            "organization_id",
            "service",
            "external_id",
            name=op.f("uq_connected_accounts_organization_id_service_external_id"),
        ),
    )
    op.create_index(
        "ix_connected_accounts_connection_request_id_created_at",
        "connected_accounts",
        ["organization_id", types.nulls_first("connection_request_id"), "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_created_at",
        "connected_accounts",
        ["organization_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_customer_id_updated_at",
        "connected_accounts",
        ["organization_id", types.nulls_first("customer_id"), "updated_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_kind_number",
        "connected_accounts",
        ["organization_id", "kind", types.nulls_first("number"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_kind_updated_at",
        "connected_accounts",
        ["organization_id", "kind", "updated_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_service_number",
        "connected_accounts",
        ["organization_id", "service", types.nulls_first("number"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_updated_at",
        "connected_accounts",
        ["organization_id", "updated_at", "id"],
        unique=False,
    )
