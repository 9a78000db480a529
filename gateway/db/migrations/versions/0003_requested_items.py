"""What is asked for by an access request, and such requests by status, the latest first."""

import sqlalchemy as sa
from alembic import op

from gateway.db import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "requested_items",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("connection_request_id", types.OrderedText(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("resource_id", types.OrderedText(), nullable=True),
        sa.Column("group_id", types.OrderedText(), nullable=True),
        sa.Column("access_level_name", types.OrderedText(), nullable=True),
        sa.Column("access_level_remote_id", types.OrderedText(), nullable=True),
        sa.Column("name", types.OrderedText(), nullable=True),
        sa.Column("remote_id", types.OrderedText(), nullable=True),
        sa.Column("remote_name", types.OrderedText(), nullable=True),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_request_id"],
            ["connection_requests.organization_id", "connection_requests.id"],
            name="fk_requested_items_connection_request_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_requested_items_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_requested_items")),
    )
    op.create_index(
        "ix_requested_items_connection_request_id_position",
        "requested_items",
        ["organization_id", "connection_request_id", "position", "id"],
        unique=False,
    )
    op.create_index(
        "ix_requested_items_group_id",
        "requested_items",
        ["organization_id", types.nulls_first("group_id"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_requested_items_resource_id",
        "requested_items",
        ["organization_id", types.nulls_first("resource_id"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_connection_requests_kind_status_created_at",
        "connection_requests",
        ["organization_id", "kind", "status", "created_at", "id"],
        unique=False,
    )
