"""The case in which a request's document writes the status, and in which the organization's last document did."""

import sqlalchemy as sa
from alembic import op

from gateway.db import types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organizations", sa.Column("status_case", types.Text(), nullable=True))
    op.add_column("connection_requests", sa.Column("status_case", types.Text(), nullable=True))
