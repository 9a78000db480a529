"""How often each row that callers change was written."""

import sqlalchemy as sa
from alembic import op

from gateway.db import types

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

CHANGED = (
    "organizations",
    "people",
    "api_tokens",
    "connection_requests",
    "comments",
    "requested_items",
    "integrations",
    "connected_accounts",
)


def upgrade() -> None:
    for table in CHANGED:
        op.add_column(table, sa.Column("version", types.BigInt(), server_default="1", nullable=False))
