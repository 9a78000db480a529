"""The event log: appended to in the write's transaction. Its last id is the organization's data version."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Insert, bindparam, func, select

from gateway.db.database import Reader
from gateway.db.ids import now
from gateway.db.tables import events
from gateway.db.types import OrderedText
from gateway.db.writes import Changes


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a row, or to many at once (`subject_id` null, their number in `data`).

    Attributes:
        type: what happened, ``connection_request.imported``.
        subject_type: the table's name.
        data: facts that no row keeps; JSON members. Where rows of several tables changed, ``rows`` has an entry for
            each.
    """

    type: str
    subject_type: str
    subject_id: str | None = None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def tables(self) -> frozenset[str]:
        """The tables of whose rows it tells as a whole; none where it has a subject of its own."""
        return frozenset() if self.subject_id else frozenset((self.subject_type, *self.data.get("rows", ())))


async def version(reader: Reader, organization_id: str) -> int:
    """The organization's data version: its last event's id, 0 before the first.

    Rows, events and counters commit together, and nothing that an answer shows changes without an event. So what was
    read after a version was read is at least as new as that.
    """
    statement = reader.prepare(
        ("last event",),
        lambda: select(func.coalesce(func.max(events.c.id), 0).label("id")).where(
            events.c.organization_id == bindparam("organization_id", type_=OrderedText())
        ),
    )
    [row] = await reader.fetch(statement, {"organization_id": organization_id})
    return int(row.id)


async def append(changes: Changes, happened: Sequence[Event], actor_id: str | None) -> None:
    """Append events; the caller holds the organization's lock, so their ids become visible in order.

    A reader that has seen an id has seen every smaller one of the organization.
    """
    if not happened:
        return
    at: datetime = now()
    rows = [
        {
            "organization_id": changes.organization_id,
            "type": event.type,
            "subject_type": event.subject_type,
            "subject_id": event.subject_id,
            "actor_id": actor_id,
            "data": orjson.dumps(event.data).decode(),
            "occurred_at": at,
        }
        for event in happened
    ]
    # Past `Changes.insert`: the log is no row that its caller has changed.
    insert = changes.prepare(("append events",), _insert)
    await changes.transaction.run_many(insert, rows)


def _insert() -> Insert:
    """One event behind the last: its number is drawn as it is written, which saves writers a turn under their lock."""
    values: dict[str, Any] = {column.name: bindparam(column.name, type_=column.type) for column in events.c}
    others = events.alias()
    last = select(func.coalesce(func.max(others.c.id), 0)).where(
        others.c.organization_id == bindparam("organization_id", type_=OrderedText())
    )
    return events.insert().values({**values, "id": last.scalar_subquery() + 1})
