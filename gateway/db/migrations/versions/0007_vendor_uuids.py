"""The vendor's id of a nested object beside the row's own, for rows whose vendor's id another row has."""

import sqlalchemy as sa
from alembic import op

from gateway.db import types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NESTED = ("approvals", "comments", "requested_items", "integrations", "files")
FILTERED = ("requested_items", "integrations", "files")


def upgrade() -> None:
    for table in NESTED:
        op.add_column(table, sa.Column("vendor_uuid", types.OrderedText(), nullable=True))
    for table in FILTERED:
        op.create_index(
            f"ix_{table}_uuid",
            table,
            [
                "organization_id",
                sa.func.coalesce(sa.column("vendor_uuid"), sa.column("id")),
                "created_at",
                "id",
            ],
            unique=False,
        )
