"""Account leases."""

import sqlalchemy as sa
from alembic import op

from gateway.db import types

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_leases",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("holder", types.OrderedText(), nullable=False),
        sa.Column("until", types.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "id"],
            ["connected_accounts.organization_id", "connected_accounts.id"],
            name="fk_account_leases_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_account_leases_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_account_leases")),
    )
