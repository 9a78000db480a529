"""Event: what happened, who did it, by which door, and what it changed."""

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
    type: str = strawberry.field(description="What the row is; the name of its type where the graph has one.")
    uuid: str = strawberry.field(description="The record's own id.")
    before: JSON | None = strawberry.field(
        description="The columns that changed as they were, or of a row that is gone all that held something; null "
        "where it is new. Secrets are left out, credentials in texts are masked."
    )
    after: JSON | None = strawberry.field(description="The same columns as they are; null where it is gone.")


@strawberry.type(description="How many rows of one sort an event tells of.")
class EventCount:
    type: str = strawberry.field(description="What the rows are.")
    inserted: int = strawberry.field(description="How many came.")
    updated: int = strawberry.field(description="How many changed.")
    removed: int = strawberry.field(description="How many went.")


def event_id(organization_id: str, id: int, *, type_name: str) -> str:
    """The global id: events are numbered in each organization, so that theirs is in it."""
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
    """What the viewer sees of an event's changes."""
    seen = event_log.changes_seen(context.viewer, changes, customer_before, customer_after)
    return None if seen is None else row_changes(seen)


def row_changes(seen: Iterable[event_log.Changed]) -> list[RowChange]:
    """Changes of rows as the graph shows them."""
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
    """How many rows an event of many tells of, by what they are."""
    counts = event_log.counts_seen(context.viewer, subject_id, data)
    return None if counts is None else count_objects(counts)


def count_objects(counts: event_log.Counts) -> list[EventCount]:
    """Counts of rows by table as the graph shows them."""
    return [
        EventCount(
            type=event_log.public_type(table),
            **{each: counts[table].get(each, 0) for each in ("inserted", "updated", "removed")},
        )
        for table in counts
    ]


async def subjects_of(keys: list[int], context: Context, selection: Selection) -> list[Any]:
    """The subjects of events, as they are now."""
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
    description="What happened to an object, or to many at once. Nothing happens without one, from the first write on; "
    "those from before the gateway kept changes have neither `changes` nor `door`, `actor` and `cursor`.",
)
class Event(Node):
    id: strawberry.ID = computed(
        event_id, description="The object's global id: opaque, and unique in the whole graph."
    )
    number: BigInt = column(
        "id",
        description="Which one of the organization's events it is, from 1 without a gap.",
        filters=True,
        orders=True,
    )
    cursor: str | None = computed(
        cursor_of, description="The place behind it in the log, from which a follower can go on."
    )
    type: str = column(description="What happened, such as `connection_request.approved`.", filters=True)
    occurred_at: datetime = column(description="When.", filters=True)
    door: str | None = column(
        description="Which API it came through: `GRAPHQL`, a vendor's legacy paths by its name in capitals, `CLI`, "
        "a command of the operator, or `WEBHOOKS`, the delivery of events.",
        filters=True,
    )
    actor: Person | None = to_one(
        db.people,
        "person_id",
        description="The person whose token did it, if it belonged to one.",
        filters=True,
    )
    token: ApiToken | None = to_one(
        db.api_tokens, "token_id", description="The token that did it; null for a command of the operator."
    )
    subject_type: str = computed(subject_type_of, description="What sort of object it happened to.")
    subject_uuid: str | None = column(
        "subject_id", description="The record's own id of that object; null where it happened to many."
    )
    subject: Node | None = relation(
        subjects_of,
        description="That object as it is now; null where it is gone, where it happened to many, or where the graph "
        "has no such type.",
    )
    resync: bool = computed(
        is_of_many,
        description="Whether it happened to many objects at once, so that whoever keeps copies reads them anew.",
    )
    changes: list[RowChange] | None = computed(
        changes_of,
        description="What it changed: the object first, then the parts of a connection request that no other event "
        "tells of. Null where it happened to many, and in events from before changes were kept.",
    )
    counts: list[EventCount] | None = computed(
        counts_of, description="How many objects of each sort it happened to; null where it happened to one."
    )


async def found_events(ids: list[str], context: Context) -> list[Any]:
    """The events of these ids, in their order; None for each that the viewer does not see."""
    numbers = [number_of(each, context) for each in ids]
    wanted = {each for each in numbers if each is not None}
    found = await context.rows(db.events, wanted, columns=context.columns_by_type.get("Event", ()))
    return [None if each is None else found.get(each) for each in numbers]


def number_of(id: str, context: Context) -> int | None:
    """The number in an event's id; None where it is none of the viewer's organization."""
    owner, _, number = id.rpartition(":")
    return int(number) if owner == context.viewer.organization_id and NUMBER.fullmatch(number) else None


found_by("Event", found_events)


async def by_subject(context: Context, given: IDFilter) -> Where:
    """A condition on an event's subject, as a comparison of global ids says it."""
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
    subject=(Member(IDFilter, by_subject), "The object that it happened to, by its global id."),
)
EventOrder = order_of(Event)
