"""An index for every order of a whole list; connected accounts by kind or status, the newest first."""

from alembic import op

from gateway.db import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_people_first_name",
        "people",
        ["organization_id", types.nulls_first("first_name"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_connection_requests_kind", "connection_requests", ["organization_id", "kind", "id"], unique=False
    )
    op.create_index(
        "ix_connection_requests_status",
        "connection_requests",
        ["organization_id", "status", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_external_id",
        "connected_accounts",
        ["organization_id", types.nulls_first("external_id"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_external_ref",
        "connected_accounts",
        ["organization_id", types.nulls_first("external_ref"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_kind_created_at",
        "connected_accounts",
        ["organization_id", "kind", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_last_synced_at",
        "connected_accounts",
        ["organization_id", types.nulls_first("last_synced_at"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_name",
        "connected_accounts",
        ["organization_id", types.nulls_first("name"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_number",
        "connected_accounts",
        ["organization_id", types.nulls_first("number"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_service",
        "connected_accounts",
        ["organization_id", "service", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_status",
        "connected_accounts",
        ["organization_id", "status", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_status_created_at",
        "connected_accounts",
        ["organization_id", "status", "created_at", "id"],
        unique=False,
    )
    op.create_index("ix_files_position", "files", ["organization_id", "position", "id"], unique=False)
    op.create_index(
        "ix_files_size", "files", ["organization_id", types.nulls_first("size"), "id"], unique=False
    )
    op.create_index(
        "ix_integrations_integration_type",
        "integrations",
        ["organization_id", "integration_type", "id"],
        unique=False,
    )
    op.create_index(
        "ix_integrations_position", "integrations", ["organization_id", "position", "id"], unique=False
    )
