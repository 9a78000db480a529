"""Which key each stored secret needs is read from an index."""

import sqlalchemy as sa
from alembic import op

from gateway.db import folding

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("settings", "extra"):
        op.create_index(
            f"ix_connected_accounts_{name}_sealed_with",
            "connected_accounts",
            [folding.leading(sa.column(name), 9)],
            unique=False,
        )
