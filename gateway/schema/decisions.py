"""Decision on a connection request, and what the viewer may decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import strawberry

from gateway.db import tables as db
from gateway.db.tables import DecisionOutcome
from gateway.execution import Selection
from gateway.resolvers import decisions
from gateway.resolvers.context import Context
from gateway.resolvers.errors import ErrorCode
from gateway.resolvers.event_log import list_histories
from gateway.resolvers.lists import PageParts, Slice
from gateway.schema.histories import History, history_by
from gateway.schema.node import Node, found_by, global_id, to_one
from gateway.schema.people import Person
from gateway.schema.rows import column, computed, row_type

KEY: Final = "connection_request_id"


def decision_id(connection_request_id: str, *, type_name: str) -> str:
    """The global id. A request has at most one decision, so the request's own id identifies it."""
    return global_id(connection_request_id, type_name=type_name)


async def histories_of_decisions(
    context: Context, keys: list[str], slice_: Slice, parts: PageParts
) -> Sequence[Any]:
    """The history of each decision's row: the decision itself, or the approval in a vendor's document."""
    if context.visible(db.events) is None:
        return [None] * len(keys)
    found: dict[str, Any] = {}
    for table in (db.decisions, db.approvals):
        missing = [key for key in keys if key not in found]
        if missing and (rows := await context.rows(table, missing, columns=("id",), key=KEY)):
            pages = await list_histories(context, table, [row.id for row in rows.values()], slice_, parts)
            found |= zip(rows, pages, strict=True)
    return [found.get(key) for key in keys]


@row_type(db.decisions, description="The decision on a connection request: approved, denied or canceled.")
class Decision(Node):
    id: strawberry.ID = computed(
        decision_id, description="The object's global id: opaque, and unique in the whole graph."
    )
    outcome: DecisionOutcome = column(description="The outcome of the decision.")
    decided_at: datetime | None = column(description="When the decision was made. Null if unknown.")
    comment: str | None = column(description="The reason for the decision. Null if none was given.")
    decided_by: Person | None = to_one(
        db.people, "person_id", description="The person who made the decision."
    )
    history: History = history_by(histories_of_decisions, KEY)


@dataclass(frozen=True, slots=True)
class DocumentedApproval:
    """The approval in a vendor's document, in the form of a row of decisions."""

    connection_request_id: str
    decided_at: datetime | None
    person_id: str
    outcome: str = DecisionOutcome.APPROVED.value
    comment: str | None = None


async def decisions_of(keys: list[str], context: Context, selection: Selection) -> list[Any]:
    """The decision on each request: the one made in the gateway, or else the approval in a vendor's document."""
    return await _decisions(keys, context, selection.columns)


async def found_decisions(ids: list[str], context: Context) -> list[Any]:
    """The decisions with these ids, which are the ids of their requests."""
    return await _decisions(ids, context, context.columns_by_type.get("Decision", ()))


async def _decisions(keys: list[str], context: Context, columns: tuple[str, ...]) -> list[Any]:
    found: dict[str, Any] = {}
    found |= await context.rows(db.decisions, keys, columns=columns, key=KEY)
    if missing := [key for key in keys if key not in found]:
        told = await context.rows(db.approvals, missing, columns=("approved_at", "person_id"), key=KEY)
        found |= {key: DocumentedApproval(key, row.approved_at, row.person_id) for key, row in told.items()}
    return [found.get(key) for key in keys]


found_by("Decision", found_decisions)


@strawberry.type(description="Whether you may do something and, if not, the reason.")
class Permission:
    is_allowed: bool = strawberry.field(description="Whether you may do it.")
    code: ErrorCode | None = strawberry.field(
        description="The reason as a stable code. Null if you may do it."
    )
    reason: str | None = strawberry.field(
        description="The reason as a sentence for people. Null if you may do it."
    )


@strawberry.type(description="What you may do with a connection request in its current status.")
class ViewerCan:
    update: Permission = strawberry.field(
        description="Whether you may change the request with `updateConnectionRequest`."
    )
    approve: Permission = strawberry.field(description="Whether you may approve the request.")
    deny: Permission = strawberry.field(description="Whether you may deny the request.")
    cancel: Permission = strawberry.field(description="Whether you may cancel the request.")


def viewer_can(status: str, requester_id: str | None, *, context: Context) -> decisions.RequestPermissions:
    """What the viewer may do with a request that has this status and this requester."""
    return decisions.permissions(context.viewer, status, requester_id)
