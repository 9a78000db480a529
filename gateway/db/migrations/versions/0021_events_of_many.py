"""An index of the events that tell of many rows."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    are_many = sa.column("subject_id").is_(None)
    op.create_index(
        "ix_events_of_many",
        "events",
        ["organization_id", "id"],
        unique=False,
        sqlite_where=are_many,
        postgresql_where=are_many,
    )
