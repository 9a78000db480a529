"""What a viewer sees of the event log: its end, and what happened after a cursor.

A follower (a subscription, a webhook) begins with `event_cursor`, or with the cursor that its caller gives, and asks
`read_events` again and again, each time from the cursor of the last answer on. Nothing is told twice then, nothing is
left out, and whatever it reads of a subject's row after an event was read is at least as new as the event.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Table

from gateway.db import tables as db
from gateway.db.cursors import BadCursor
from gateway.db.data_versions import TooOld, Version, version, version_after
from gateway.db.histories import LATEST_FIRST, Histories, histories
from gateway.db.pages import Page
from gateway.db.statements import Row
from gateway.events.reading import LIMIT, events_between
from gateway.resolvers.context import Context
from gateway.resolvers.errors import CursorTooOld, Invalid
from gateway.resolvers.lists import PageParts, Slice, window
from gateway.resolvers.viewer import Scope, Viewer

Counts = Mapping[str, Mapping[str, int]]


class Changed(NamedTuple):
    """One row before and after an event, without secrets.

    Attributes:
        table: its name.
        id: the record's own.
        before: columns as they were, by name: those that changed, or of a row that is gone all that held something.
            None where the row is new, or the viewer did not see it.
        after: the same columns as they are; None where the row is gone, or the viewer sees it no more.
    """

    table: str
    id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as a viewer sees it.

    Attributes:
        id: its number in the organization's log, from 1.
        cursor: behind it; None for events from before there were cursors.
        subject_type: the name of the subject's table.
        subject_id: the record's own id; None where it tells of many rows.
        changes: of the subject and of those parts of it that no other event tells of, the subject first. None for
            events of many rows, and for those from before changes were kept.
        counts: of an event of many rows, how many were ``inserted``, ``updated`` and ``removed``, by table; None where
            nobody knows, or the viewer may not.
        resync: whether it tells of many rows: whoever keeps a copy of any of its `tables` reads that anew.
        tables: the names of the tables that it tells of; None for any table.
        token_id: of the token that acted, for viewers with the scope `admin`; None for a command of the operator.
        person_id: whom the token belonged to.
        door: ``GRAPHQL``, a vendor's name in capitals, ``CLI``; None where it was not noted yet.
    """

    id: int
    cursor: str | None
    type: str
    subject_type: str
    subject_id: str | None
    occurred_at: datetime
    changes: tuple[Changed, ...] | None
    counts: Counts | None
    resync: bool
    tables: frozenset[str] | None
    token_id: str | None
    person_id: str | None
    door: str | None


class EventPage(NamedTuple):
    """What happened after a cursor.

    Attributes:
        events: in order.
        cursor: from which to read on, also where there was nothing: it moves over what the viewer does not see.
        has_more: whether there is more at once.
    """

    events: list[Happened]
    cursor: str
    has_more: bool


async def event_cursor(context: Context) -> str:
    """The place where the organization's log ends: one statement. Read before any data, it misses nothing of them.

    Raises:
        Forbidden: the viewer's token may not read.
    """
    context.viewer.require(Scope.READ)
    return (await version(context.reader, context.viewer.organization_id)).cursor


async def read_events(
    context: Context, after: str, *, limit: int = LIMIT, tables: Collection[Table] | None = None
) -> EventPage:
    """The events after a cursor, as the viewer sees them: one statement if there are none, otherwise two.

    Args:
        context: of the viewer.
        after: the cursor.
        limit: how many events at most, up to 1000.
        tables: whose rows; None for all. Events of many rows come where they may tell of one of these.

    Raises:
        Forbidden: the viewer's token may not read.
        Invalid: the text is not a cursor.
        CursorTooOld: events behind it are gone, or it belongs to another history of the store.
    """
    viewer = context.viewer
    viewer.require(Scope.READ)
    try:
        place = Version.of_cursor(after)
        now = await version_after(context.reader, viewer.organization_id, place)
    except BadCursor as bad:
        raise Invalid(str(bad)) from None
    except TooOld as gone:
        raise CursorTooOld(str(gone)) from None
    if now.event_id == place.event_id:
        return EventPage([], now.cursor, has_more=False)
    names = None if tables is None else frozenset(str(each.name) for each in tables)
    rows = await events_between(
        context.reader,
        viewer.organization_id,
        place.event_id,
        now.event_id,
        limit=limit,
        tables=names,
        customer_id=viewer.customer_id,
    )
    see = sight(context)
    seen = [each for row in rows if (each := see(row)) is not None]
    if names is not None:
        seen = [each for each in seen if each.tables is None or each.tables & names]
    if len(rows) < limit:
        return EventPage(seen, now.cursor, has_more=False)
    return EventPage(seen, Version(rows[-1].id, rows[-1].mark).cursor, has_more=True)


def sight(context: Context) -> Callable[[Row], Happened | None]:
    """A function from a row of the log to what the viewer sees of it; None if they see nothing."""
    viewer, is_admin = context.viewer, context.viewer.may(Scope.ADMIN)
    seen = {str(table.name): context.visible(table) is not None for table in db.metadata.sorted_tables}

    def see(row: Row) -> Happened | None:
        is_whole, told = row.subject_id is None, tables_told(row)
        if told is not None and not any(seen.get(name, True) for name in told):
            return None
        customers = (row.customer_before, row.customer_after)
        if viewer.customer_id is not None and not is_whole and viewer.customer_id not in customers:
            return None
        return Happened(
            id=row.id,
            cursor=None if row.mark is None else Version(row.id, row.mark).cursor,
            type=row.type,
            subject_type=row.subject_type,
            subject_id=row.subject_id,
            occurred_at=row.occurred_at,
            changes=changes_seen(viewer, row.changes, *customers),
            counts=counts_seen(viewer, row.subject_id, row.data),
            resync=is_whole,
            tables=told,
            token_id=row.token_id if is_admin else None,
            person_id=row.person_id,
            door=row.door,
        )

    return see


def tables_told(row: Row) -> frozenset[str] | None:
    """The tables that a row of the log tells of; None for any table."""
    data = orjson.loads(row.data) if row.subject_id is None else {}
    return None if data.get("every") else frozenset((row.subject_type, *data.get("rows", ())))


def changes_seen(
    viewer: Viewer, changes: str | None, customer_before: str | None, customer_after: str | None
) -> tuple[Changed, ...] | None:
    """What a viewer sees of an event's changes: a customer sees no account before it was theirs, nor afterwards.

    Args:
        viewer: who sees the event.
        changes: as they are kept, JSON text; None for events of many rows, and for those before changes were kept.
        customer_before: whose connected account the subject was.
        customer_after: whose it is.
    """
    if changes is None:
        return None
    everything = viewer.customer_id is None
    before, after = (everything or each == viewer.customer_id for each in (customer_before, customer_after))
    return tuple(
        Changed(name, row_id, was if before else None, now if after else None)
        for name, row_id, was, now in orjson.loads(changes)
    )


def counts_seen(viewer: Viewer, subject_id: str | None, data: str) -> Counts | None:
    """How many rows an event of many tells of, by table; None for other events, and for a customer."""
    if subject_id is not None or viewer.customer_id is not None:
        return None
    rows: Counts | None = orjson.loads(data).get("rows")
    return None if rows is None or not all(isinstance(each, dict) for each in rows.values()) else rows


async def list_histories(
    context: Context, table: Table, row_ids: Sequence[str], slice_: Slice, parts: PageParts
) -> list[Page | None]:
    """A page of each row's events for an administrator, by one statement; None for any other viewer."""
    if context.visible(db.events) is None:
        return [None] * len(row_ids)
    settings, viewer = context.settings, context.viewer
    limits = window(slice_, LATEST_FIRST, default=settings.page_size, maximum=settings.page_size_max)
    asked = Histories(table, viewer.organization_id, parts.columns, viewer.customer_id)
    return list(await histories(context.reader, asked, row_ids, limits))


@cache
def public_type(table: str) -> str:
    """What a row of a table is called in public: the name of its type, or one made alike."""
    known = db.metadata.tables.get(table)
    if known is not None and "type" in known.info:
        return str(known.info["type"])
    return "".join(word.capitalize() for word in table.removesuffix("s").split("_"))


def public_members(columns: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Columns by the names that fields have in public."""
    return None if columns is None else {_camel(name): value for name, value in columns.items()}


@cache
def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)
