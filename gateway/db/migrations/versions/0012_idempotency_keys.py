"""Idempotency keys."""

import sqlalchemy as sa
from alembic import op

from gateway.db import folding, types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("fingerprint", types.OrderedText(), nullable=False),
        sa.Column("outcome", types.Text(), nullable=True),
        sa.Column("sealed_outcome", types.Text(), nullable=True),
        sa.Column("expires_at", types.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_idempotency_keys_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_expires_at", "idempotency_keys", ["expires_at"], unique=False)
    op.create_index(
        "ix_idempotency_keys_sealed_outcome_sealed_with",
        "idempotency_keys",
        [folding.leading(sa.column("sealed_outcome"), 9)],
        unique=False,
    )
