"""What follows from writes: the event log, and the counters behind `totalCount`."""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Table

from gateway.db.tables.columns import metadata
from gateway.db.tables.requests import connection_requests
from gateway.db.types import BigInt, OrderedText, Text, Timestamp

events = Table(
    "events",
    metadata,
    Column("organization_id", OrderedText, ForeignKey("organizations.id"), primary_key=True),
    Column("id", BigInt, primary_key=True, autoincrement=False),  # counted per organization, from 1, no gaps
    Column("type", OrderedText, nullable=False),
    Column("subject_type", OrderedText, nullable=False),
    Column("subject_id", OrderedText),
    Column("actor_id", OrderedText),  # the token that acted; null for a command of the operator
    Column("data", Text, nullable=False),  # JSON
    Column("occurred_at", Timestamp, nullable=False),
)
Index("ix_events_subject", events.c.organization_id, events.c.subject_type, events.c.subject_id, events.c.id)

counters = Table(
    "counters",
    metadata,
    Column("organization_id", OrderedText, ForeignKey("organizations.id"), primary_key=True),
    Column("table_name", OrderedText, primary_key=True),
    Column("kind", OrderedText, primary_key=True),  # "" where the table has none
    Column("status", OrderedText, primary_key=True),
    Column("n", BigInt, nullable=False),
)

child_counters = Table(
    "child_counters",  # of the parents that have many children; the children of others are counted
    metadata,
    Column("organization_id", OrderedText, primary_key=True),
    Column("parent_id", OrderedText, primary_key=True),
    Column("table_name", OrderedText, primary_key=True),  # of the children
    Column("n", BigInt, nullable=False),
    ForeignKeyConstraint(
        ("organization_id", "parent_id"), list(connection_requests.primary_key), ondelete="CASCADE"
    ),
)
