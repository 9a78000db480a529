"""How many children a request has, for those that have many; counted once for the rows that are there."""

import sqlalchemy as sa
from alembic import op

from gateway.db import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CHILDREN = ("integrations", "files", "comments", "requested_items", "connected_accounts")


def upgrade() -> None:
    op.create_table(
        "child_counters",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("parent_id", types.OrderedText(), nullable=False),
        sa.Column("table_name", types.OrderedText(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "parent_id"],
            ["connection_requests.organization_id", "connection_requests.id"],
            name=op.f("fk_child_counters_organization_id_parent_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "parent_id", "table_name", name=op.f("pk_child_counters")),
    )
    for table in CHILDREN:
        op.execute(
            "INSERT INTO child_counters (organization_id, parent_id, table_name, n) "
            f"SELECT organization_id, connection_request_id, '{table}', count(*) FROM {table} "
            "WHERE connection_request_id IS NOT NULL "
            "GROUP BY organization_id, connection_request_id HAVING count(*) > 100"
        )
