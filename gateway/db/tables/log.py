"""What follows from writes: the event log, the counters behind `totalCount`, and the words that rows are found by."""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Table

from gateway.db.tables.columns import PLAIN, metadata
from gateway.db.tables.requests import connection_requests
from gateway.db.types import BigInt, OrderedText, Text, Timestamp

events = Table(
    "events",
    metadata,
    Column("organization_id", OrderedText, ForeignKey("organizations.id"), primary_key=True),
    Column("id", BigInt, primary_key=True, autoincrement=False),  # counted per organization, from 1, no gaps
    Column("type", OrderedText, nullable=False, info=PLAIN),
    Column("subject_type", OrderedText, nullable=False, info=PLAIN),
    Column("subject_id", OrderedText, info=PLAIN),
    Column("token_id", OrderedText, info=PLAIN),  # the token that acted; null for a command of the operator
    Column("data", Text, nullable=False, info=PLAIN),  # JSON
    Column("occurred_at", Timestamp, nullable=False),
    # Those below are null in events that were told before the columns were there.
    Column("person_id", OrderedText, info=PLAIN),  # whom that token belonged to
    # by which the change came: `GRAPHQL`, a vendor's name in capitals, `CLI`
    Column("door", OrderedText, info=PLAIN),
    # JSON: for each row a list of its table, its id, and the columns before and after, without secrets
    Column("changes", Text, info=PLAIN),
    # of a connected account: whose it was before, and after
    Column("customer_before", OrderedText, info=PLAIN),
    Column("customer_after", OrderedText, info=PLAIN),
    Column("mark", BigInt),  # of the write that told it: see `data_versions`
    info={"type": "Event"},
)
Index("ix_events_subject", events.c.organization_id, events.c.subject_type, events.c.subject_id, events.c.id)

# those of many rows, few among all
Index(
    "ix_events_of_many",
    events.c.organization_id,
    events.c.id,
    sqlite_where=events.c.subject_id.is_(None),
    postgresql_where=events.c.subject_id.is_(None),
)

data_versions = Table(
    "data_versions",
    metadata,
    # of an organization, or CATALOGUE, which is none
    Column("organization_id", OrderedText, primary_key=True),
    # the last event's; of the catalogue, which has no log, how often it was written
    Column("event_id", BigInt, nullable=False),
    Column("mark", BigInt, nullable=False),  # random, another one with every write
    # the last event that was pruned away, and its mark; null before there is one
    Column("pruned_id", BigInt),
    Column("pruned_mark", BigInt),
)

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

search_words = Table(
    "search_words",
    metadata,
    Column("organization_id", OrderedText, ForeignKey("organizations.id"), primary_key=True),
    Column("table_name", OrderedText, primary_key=True),
    # of texts whose credentials were masked before
    Column("word", OrderedText, primary_key=True, info=PLAIN),
    Column("row_id", OrderedText, primary_key=True),
    sqlite_with_rowid=False,
)
