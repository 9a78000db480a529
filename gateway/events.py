"""The event log: append in the write's transaction; follow from a cursor."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, func, select

from gateway.db.database import Database
from gateway.db.ids import now
from gateway.db.statements import Row
from gateway.db.tables import events
from gateway.db.types import OrderedText
from gateway.db.writes import Changes


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a row, or to many at once (`subject_id` null, their number in `data`).

    Attributes:
        type: what happened, ``connection_request.imported``.
        subject_type: the table's name.
        data: facts that no row keeps; JSON members.
    """

    type: str
    subject_type: str
    subject_id: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


async def append(changes: Changes, happened: Sequence[Event], actor_id: str | None) -> None:
    """Append events; the caller holds the organization's lock, so their ids become visible in order.

    A reader that has seen an id has seen every smaller one of the organization.
    """
    if not happened:
        return
    last = changes.database.prepare(
        ("last event",),
        lambda: select(func.coalesce(func.max(events.c.id), 0).label("id")).where(
            events.c.organization_id == bindparam("organization_id", type_=OrderedText())
        ),
    )
    [row] = await changes.transaction.fetch(last, {"organization_id": changes.organization_id})
    at: datetime = now()
    await changes.insert(
        events,
        [
            {
                "id": row.id + index,
                "type": event.type,
                "subject_type": event.subject_type,
                "subject_id": event.subject_id,
                "actor_id": actor_id,
                "data": orjson.dumps(event.data).decode(),
                "occurred_at": at,
            }
            for index, event in enumerate(happened, 1)
        ],
    )


async def follow(database: Database, organization_id: str, after: int, limit: int = 1000) -> list[Row]:
    """The organization's events with ids greater than ``after``, in order, at most ``limit`` of them."""
    statement = database.prepare(
        ("follow events",),
        lambda: (
            select(events)
            .where(
                events.c.organization_id == bindparam("organization_id", type_=OrderedText()),
                events.c.id > bindparam("after"),
            )
            .order_by(events.c.id)
            .limit(bindparam("limit"))
        ),
    )
    return await database.fetch(
        statement, {"organization_id": organization_id, "after": after, "limit": limit}
    )
