"""Event: what happened, who did it, through which API, and what changed."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON

from gateway.db import tables as db
from gateway.db.data_versions import Version
from gateway.db.filters import EVERYTHING, NOTHING, Where, all_of, any_of, eq, is_null, negate
from gateway.execution import Selection, relation
from gateway.resolvers import event_log
from gateway.resolvers.context import Context
from gateway.schema.api_tokens import ApiToken
from gateway.schema.comparisons import IDFilter, checked
from gateway.schema.filters import Member
from gateway.schema.node import Node, find_nodes, found_by, from_global_id, global_id, to_one
from gateway.schema.people import Person
from gateway.schema.rows import by_global_id, column, computed, filter_of, order_of, row_type
from gateway.schema.scalars import BigInt

NUMBER = re.compile("[1-9][0-9]{0,17}")  # as it is written, below 2^63


@strawberry.type(description="A row before and after an event, without secrets.")
class RowChange:
    type: str = strawberry.field(
        description="The type of the row, such as `ConnectionRequest`: the name of its GraphQL type if it has one."
    )
    uuid: str = strawberry.field(description="The row's own id.")
    before: JSON | None = strawberry.field(
        description="The changed members with their values before the event. For a deleted row: all members that had a "
        "value. Null for a new row. Secrets are left out, and credentials in texts are masked."
    )
    after: JSON | None = strawberry.field(
        description="The same members with their values after the event. Null for a deleted row."
    )


@strawberry.type(description="How many rows of one type an event changed.")
class EventCount:
    type: str = strawberry.field(description="The type of the rows, such as `ConnectionRequest`.")
    inserted: int = strawberry.field(description="The number of rows that were inserted.")
    updated: int = strawberry.field(description="The number of rows that were updated.")
    removed: int = strawberry.field(description="The number of rows that were deleted.")


def event_id(organization_id: str, id: int, *, type_name: str) -> str:
    """The global id. Events are numbered in each organization, so the id includes the organization."""
    return global_id(f"{organization_id}:{id}", type_name=type_name)


def cursor_of(id: int, mark: int | None) -> str | None:
    return None if mark is None else Version(id, mark).cursor


def subject_type_of(subject_type: str) -> str:
    return event_log.public_type(subject_type)


def is_of_many(subject_id: str | None) -> bool:
    return subject_id is None


def changes_of(
    changes: str | None, customer_before: str | None, customer_after: str | None, *, context: Context
) -> list[RowChange] | None:
    """The part of an event's changes that the viewer may see."""
    seen = event_log.changes_seen(context.viewer, changes, customer_before, customer_after)
    return None if seen is None else row_changes(seen)


def row_changes(seen: Iterable[event_log.Changed]) -> list[RowChange]:
    """Changes of rows in the form of the graph."""
    made: Any = RowChange  # Strawberry's class of JSON is no base of what it holds
    members = event_log.public_members
    return [
        made(
            type=event_log.public_type(each.table),
            uuid=each.id,
            before=members(each.before),
            after=members(each.after),
        )
        for each in seen
    ]


def counts_of(subject_id: str | None, data: str, *, context: Context) -> list[EventCount] | None:
    """How many rows of each type an event of many rows changed."""
    counts = event_log.counts_seen(context.viewer, subject_id, data)
    return None if counts is None else count_objects(counts)


def count_objects(counts: event_log.Counts) -> list[EventCount]:
    """Counts of rows by table, in the form of the graph."""
    return [
        EventCount(
            type=event_log.public_type(table),
            **{each: counts[table].get(each, 0) for each in ("inserted", "updated", "removed")},
        )
        for table in counts
    ]


async def subjects_of(keys: list[int], context: Context, selection: Selection) -> list[Any]:
    """The subjects of events in their current state."""
    told = await context.rows(db.events, keys, columns=("subject_type", "subject_id"))
    ids = [
        ""
        if (row := told.get(key)) is None or row.subject_id is None
        else global_id(row.subject_id, type_name=event_log.public_type(row.subject_type))
        for key in keys
    ]
    return await find_nodes(context, ids)


@row_type(
    db.events,
    description="A change of one object, or of many objects at once. Every change has an event. `changes`, `door`, "
    "`actor` and `cursor` are null in events that are older than the recording of changes.",
)
class Event(Node):
    id: strawberry.ID = computed(
        event_id, description="The object's global id: opaque, and unique in the whole graph."
    )
    number: BigInt = column(
        "id",
        description="The number of the event in the organization: 1, 2, 3, without gaps.",
        filters=True,
        orders=True,
    )
    cursor: str | None = computed(
        cursor_of,
        description="The position after this event in the log. Give it as `after` to a subscription to get later "
        "events.",
    )
    type: str = column(description="What happened, such as `connection_request.approved`.", filters=True)
    occurred_at: datetime = column(description="When it happened.", filters=True)
    door: str | None = column(
        description="The API that made the change: `GRAPHQL`, the vendor's name for its REST paths (such as `CRUX`), "
        "`CLI` for commands of the operator, or `WEBHOOKS` for the delivery of events.",
        filters=True,
    )
    actor: Person | None = to_one(
        db.people,
        "person_id",
        description="The person whose token made the change. Null if the token belongs to no person.",
        filters=True,
    )
    token: ApiToken | None = to_one(
        db.api_tokens,
        "token_id",
        description="The token that made the change. Null for commands of the operator.",
    )
    subject_type: str = computed(
        subject_type_of, description="The type of the changed object, such as `ConnectionRequest`."
    )
    subject_uuid: str | None = column(
        "subject_id", description="The own id of the changed object. Null if the event changed many objects."
    )
    subject: Node | None = relation(
        subjects_of,
        description="The changed object as it is now. Null if it was deleted, if the event changed many objects, or if "
        "the graph has no such type.",
    )
    resync: bool = computed(
        is_of_many,
        description="Whether the event changed many objects at once. If so, a client that keeps copies must read them "
        "again.",
    )
    changes: list[RowChange] | None = computed(
        changes_of,
        description="The changed rows: first the object, then parts of a connection request that have no event of "
        "their own. Null if the event changed many objects, and in events that are older than the recording of "
        "changes.",
    )
    counts: list[EventCount] | None = computed(
        counts_of,
        description="How many objects of each type the event changed. Null if it changed one object.",
    )


async def found_events(ids: list[str], context: Context) -> list[Any]:
    """The events with these ids, in order; None for each that the viewer does not see."""
    numbers = [number_of(each, context) for each in ids]
    wanted = {each for each in numbers if each is not None}
    found = await context.rows(db.events, wanted, columns=context.columns_by_type.get("Event", ()))
    return [None if each is None else found.get(each) for each in numbers]


def number_of(id: str, context: Context) -> int | None:
    """The number in an event's id; None if it does not belong to the viewer's organization."""
    owner, _, number = id.rpartition(":")
    return int(number) if owner == context.viewer.organization_id and NUMBER.fullmatch(number) else None


found_by("Event", found_events)


async def by_subject(context: Context, given: IDFilter) -> Where:
    """The condition that a comparison of global ids expresses on an event's subject."""
    conditions = []
    for name, value in vars(given).items():
        if value is UNSET or (value is None and name not in ("eq", "ne")):
            continue
        if value is None:
            where = is_null("subject_id")
        else:
            ids = checked(value if isinstance(value, list) else [value])
            named = [found for each in ids if (found := from_global_id(each)) is not None]
            where = any_of(*[_is_subject(*each) for each in named]) if named else NOTHING
        conditions.append(negate(where) if name in ("ne", "not_in") else where)
    return all_of(*conditions) if conditions else EVERYTHING


def _is_subject(type_name: str, record_id: str) -> Where:
    return all_of(eq("subject_type", str(db.NODES[type_name].name)), eq("subject_id", record_id))


EventFilter = filter_of(
    Event,
    id=(Member(IDFilter, by_global_id("Event", number_of)), "The object's global id."),
    subject=(Member(IDFilter, by_subject), "The changed object, by its global id."),
)
EventOrder = order_of(Event)
