"""Appending to the event log, the last act of a write: what happened, who did it, by which door, what changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Insert, bindparam, select

from gateway.db.data_versions import moved, new_mark
from gateway.db.database import Step
from gateway.db.ids import now
from gateway.db.tables import data_versions, events
from gateway.db.types import BigInt, OrderedText
from gateway.db.writes import Changes


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a row, or to many at once (`subject_id` null, their numbers in `data`).

    Attributes:
        type: what happened, ``connection_request.imported``.
        subject_type: the table's name.
        data: facts that no row keeps; JSON members. Where rows of several tables changed, ``rows`` has an entry for
            each: how many were ``inserted``, ``updated``, ``removed``. With ``every`` it may be rows of any table.
    """

    type: str
    subject_type: str
    subject_id: str | None = None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def tables(self) -> frozenset[str]:
        """The tables of whose rows it tells as a whole; none where it has a subject of its own."""
        return frozenset() if self.subject_id else frozenset((self.subject_type, *self.data.get("rows", ())))


class Actor(NamedTuple):
    """Who makes a change, and how it comes.

    Attributes:
        token_id: of the token; None for a command of the operator, and for the demo's token.
        person_id: whom the token belongs to, if to anyone.
        door: ``GRAPHQL``, the name of a vendor in capitals, ``CLI``.
    """

    token_id: str | None = None
    person_id: str | None = None
    door: str = "CLI"


OPERATOR: Final = Actor()
GRAPH: Final = "GRAPHQL"


class Told(NamedTuple):
    """An event, and what it keeps of the rows that it tells of.

    Attributes:
        changes: JSON text, ``[[table, id, before, after], …]``; None for an event of many rows.
        customer_before: whose connected account the subject was before; None for nobody's, and for any other subject.
        customer_after: whose it is.
    """

    event: Event
    changes: str | None = None
    customer_before: str | None = None
    customer_after: str | None = None


async def append(changes: Changes, happened: Sequence[Told], actor: Actor, last: Sequence[Step]) -> None:
    """Move the organization's version and append events, all with the mark of this write.

    The version's row is locked until the transaction ends, so that ids become visible in order: a reader that has seen
    one has seen every smaller one of the organization. Without any event the version moves all the same.

    Args:
        changes: of the write.
        happened: the events, in order.
        actor: who made the changes.
        last: what the write runs behind that, sent together with it.
    """
    organization_id, mark, at = changes.organization_id, new_mark(), now()
    rows: list[dict[str, Any]] = [
        {
            "organization_id": organization_id,
            "type": told.event.type,
            "subject_type": told.event.subject_type,
            "subject_id": told.event.subject_id,
            "token_id": actor.token_id,
            "data": orjson.dumps(told.event.data).decode(),
            "occurred_at": at,
            "person_id": actor.person_id,
            "door": actor.door,
            "changes": told.changes,
            "customer_before": told.customer_before,
            "customer_after": told.customer_after,
            "mark": mark,
            "behind": len(happened) - number,
            "events": 1,
        }
        for number, told in enumerate(happened, 1)
    ]
    # Past `Changes.insert`: the log is no row that its caller has changed.
    dialect_name = changes.dialect_name
    if rows and dialect_name == "postgresql":
        await changes.transaction.run_steps([(changes.prepare(("tell",), _move_and_insert), rows), *last])
        return
    move: dict[str, Any] = {"organization_id": organization_id, "mark": mark, "events": max(1, len(rows))}
    steps: list[Step] = [(changes.prepare(("move",), lambda: moved(dialect_name)), [move])]
    if rows:
        steps.append((changes.prepare(("append events",), _insert), rows))
    await changes.transaction.run_steps([*steps, *last])


COLUMNS: Final = tuple(column for column in events.c if column.name != "id")


def _values() -> dict[str, Any]:
    return {column.name: bindparam(column.name, type_=column.type) for column in COLUMNS}


def _insert() -> Insert:
    """One event; the version has moved by all that are told, of which so many as `behind` says come behind it."""
    last = select(data_versions.c.event_id).where(
        data_versions.c.organization_id == bindparam("organization_id", type_=OrderedText())
    )
    number = last.scalar_subquery() - bindparam("behind", type_=BigInt())
    return events.insert().values({**_values(), "id": number}).inline()


def _move_and_insert() -> Insert:
    """Move the version by one, and tell the event of that number: one statement, and so one message to the server."""
    move = moved("postgresql").returning(data_versions.c.event_id).cte("moved")

    values = [value.label(name) for name, value in _values().items()]
    row = select(move.c.event_id, *values)
    return events.insert().from_select(["id", *(column.name for column in COLUMNS)], row).add_cte(move)
