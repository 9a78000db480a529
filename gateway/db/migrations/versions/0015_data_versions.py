"""Each organization's data version in a row of its own, and events that say who did what, and by which door."""

import secrets

import sqlalchemy as sa
from alembic import op

from gateway.db import types

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

CATALOGUE = ""


def upgrade() -> None:
    op.create_table(
        "data_versions",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("event_id", types.BigInt(), nullable=False),
        sa.Column("mark", types.BigInt(), nullable=False),
        sa.Column("pruned_id", types.BigInt(), nullable=True),
        sa.Column("pruned_mark", types.BigInt(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_data_versions")),
    )
    # A gateway that does not know versions would write without moving them. So the database refuses its events.
    op.execute("ALTER TABLE events RENAME COLUMN actor_id TO token_id")
    op.add_column("events", sa.Column("person_id", types.OrderedText(), nullable=True))
    op.add_column("events", sa.Column("door", types.OrderedText(), nullable=True))
    op.add_column("events", sa.Column("changes", types.Text(), nullable=True))
    op.add_column("events", sa.Column("customer_before", types.OrderedText(), nullable=True))
    op.add_column("events", sa.Column("customer_after", types.OrderedText(), nullable=True))
    op.add_column("events", sa.Column("mark", types.BigInt(), nullable=True))
    _begin()


def _begin() -> None:
    """Give every organization the version of its last event, and the catalogue its first."""
    connection = op.get_bind()
    last = "SELECT max(id) FROM events WHERE events.organization_id = organizations.id"
    found = connection.execute(sa.text(f"SELECT id, coalesce(({last}), 0) AS event_id FROM organizations"))
    rows = [(row.id, row.event_id) for row in found] + [(CATALOGUE, 0)]
    connection.execute(
        sa.text("INSERT INTO data_versions (organization_id, event_id, mark) VALUES (:id, :event_id, :mark)"),
        [
            {"id": organization_id, "event_id": event_id, "mark": secrets.randbits(63)}
            for organization_id, event_id in rows
        ],
    )
