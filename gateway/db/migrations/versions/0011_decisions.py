"""Decisions on connection requests, and whether an organization lets people approve their own."""

import sqlalchemy as sa
from alembic import op

from gateway.db import types

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decisions",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("connection_request_id", types.OrderedText(), nullable=False),
        sa.Column("outcome", types.OrderedText(), nullable=False),
        sa.Column("decided_at", types.Timestamp(), nullable=False),
        sa.Column("person_id", types.OrderedText(), nullable=False),
        sa.Column("comment", types.OrderedText(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('approved', 'denied', 'canceled')", name=op.f("ck_decisions_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_request_id"],
            ["connection_requests.organization_id", "connection_requests.id"],
            name="fk_decisions_connection_request_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "person_id"],
            ["people.organization_id", "people.id"],
            name="fk_decisions_person_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_decisions_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_decisions")),
        sa.UniqueConstraint(
            "organization_id",
            "connection_request_id",
            name=op.f("uq_decisions_organization_id_connection_request_id"),
        ),
    )
    op.add_column("organizations", sa.Column("forbids_own_approval", types.Boolean(), nullable=True))
    op.create_index(
        "ix_decisions_person_id", "decisions", ["organization_id", "person_id", "id"], unique=False
    )
