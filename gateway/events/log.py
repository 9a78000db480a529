"""Appending to the event log, the last act of a write: what happened, who did it, through which door, what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Insert, bindparam, select, true
from sqlalchemy.types import TypeEngine

from gateway.db.data_versions import moved, new_mark
from gateway.db.database import Step
from gateway.db.given_rows import given_rows
from gateway.db.idempotency import keeping
from gateway.db.ids import now
from gateway.db.pending import count_up, counted
from gateway.db.tables import data_versions, events
from gateway.db.types import BigInt, OrderedText, Text, Timestamp
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


class Past(NamedTuple):
    """When something happened that is told later, who did it, and by which door it came."""

    occurred_at: datetime
    person_id: str | None
    door: str


async def append(changes: Changes, happened: Sequence[Told], actor: Actor, past: Sequence[Past] = ()) -> None:
    """Move the organization's version and append events, all with the mark of this write, and what goes with them.

    That is what an idempotency key keeps, and the counters of rows. The version's row is locked until the transaction
    ends, so that ids become visible in order: a reader that has seen one has seen every smaller one of the
    organization. Without any event the version moves all the same.

    Args:
        changes: the write.
        happened: the events.
        actor: who makes the changes, and how they come.
        past: of each event, where they did not happen now.
    """
    await changes.send(soon=True)  # ahead of the lock: what rows refer to may be locked by who waits for it
    counts, kept = changes.uncounted.take(changes.organization_id), changes.kept
    common = {
        "organization_id": changes.organization_id,
        "token_id": actor.token_id,
        "person_id": actor.person_id,
        "door": actor.door,
        "occurred_at": now(),
        "mark": new_mark(),
        "events": max(1, len(happened)),
    }
    rows = [_row(told, len(happened) - number) for number, told in enumerate(happened, 1)]
    if past:
        rows = [{**row, **then._asdict()} for row, then in zip(rows, past, strict=True)]
    # Past `Changes.insert`: the log is no row that its caller has changed.
    if changes.dialect_name == "postgresql":
        own = (*_OWN, *Past._fields) if past else _OWN
        statement = changes.prepare(
            ("tell", kept is not None, own), partial(_all_in_one, kept is not None, own)
        )
        texts = {"told": orjson.dumps(rows).decode(), "counts": orjson.dumps(counts).decode()}
        steps: list[Step] = [(statement, [{**common, **texts, **(kept or {})}])]
    else:
        steps = _steps(changes, common, rows, counts)
    await changes.transaction.run_last(steps)
    await changes.uncounted.write_children(changes.database, changes.transaction, changes.organization_id)


def _steps(
    changes: Changes,
    common: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    counts: Sequence[Mapping[str, Any]],
) -> list[Step]:
    """The same on SQLite, whose statements are run in one go, too."""
    steps: list[Step] = [(changes.prepare(("move",), lambda: moved("sqlite")), [common])]
    if rows:
        steps.append((changes.prepare(("append events",), _insert), [{**common, **row} for row in rows]))
    if counts:
        steps.append((changes.prepare(("count up",), count_up), counts))
    return steps


def _row(told: Told, behind: int) -> dict[str, Any]:
    """What one event has of its own; so many as ``behind`` says come behind it."""
    return {
        "type": told.event.type,
        "subject_type": told.event.subject_type,
        "subject_id": told.event.subject_id,
        "data": orjson.dumps(told.event.data).decode(),
        "changes": told.changes,
        "customer_before": told.customer_before,
        "customer_after": told.customer_after,
        "behind": behind,
    }


_OWN: Final = ("type", "subject_type", "subject_id", "data", "changes", "customer_before", "customer_after")
"""The columns that an event has of its own."""


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


def _all_in_one(keeps: bool, own: Sequence[str]) -> Insert:
    """Move the version, tell the events that the parameter `told` has, count, and keep: one message to PostgreSQL.

    Args:
        keeps: whether an idempotency key keeps something.
        own: the columns that an event has of its own.
    """
    move = moved("postgresql").returning(data_versions.c.event_id).cte("moved")
    types: dict[str, type[TypeEngine[Any]]] = {"behind": BigInt, "occurred_at": Timestamp}
    told = given_rows("told", {name: types.get(name, Text) for name in (*own, "behind")})
    values = {name: value.label(name) for name, value in _values().items()} | {
        name: told.c[name] for name in own
    }
    row = select(move.c.event_id - told.c.behind, *values.values()).select_from(told.join(move, true()))
    parts = [move, counted(move), *([keeping().cte("kept")] if keeps else [])]
    return events.insert().from_select(["id", *values], row).add_cte(*parts)
