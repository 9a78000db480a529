"""WebhookEndpoint: where the organization's events are sent, how far that has come, and the log of the attempts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry

from gateway.db import tables as db
from gateway.db import webhooks
from gateway.db.tables import WebhookDisabledReason, WebhookOutcome
from gateway.execution import VARIES, Selection, always, relation
from gateway.resolvers.context import Context
from gateway.schema.connections import Connection, child_list
from gateway.schema.histories import History, history_of
from gateway.schema.node import Node
from gateway.schema.rows import column, computed, filter_of, order_of, row_type, row_version
from gateway.schema.scalars import BigInt


@strawberry.type(description="How far the delivery of events to an endpoint has come.")
class WebhookProgress:
    cursor: str = strawberry.field(
        description="The place in the event log behind which nothing was delivered yet."
    )
    waiting: int = strawberry.field(
        description="How many events wait for another attempt, or for an earlier one of their subject."
    )
    first_failed_at: datetime | None = strawberry.field(
        description="When the first attempt failed since one went well; null where the last one did. After three days "
        "of that the endpoint is disabled."
    )
    next_attempt_at: datetime | None = strawberry.field(
        description="When something is tried again next; null where nothing is."
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an endpoint has come, as the graph shows it."""

    cursor: str
    waiting: int
    first_failed_at: datetime | None
    next_attempt_at: datetime | None


async def progress_of(keys: list[str], context: Context, selection: Selection) -> list[Any]:
    """How far each endpoint has come that the viewer sees."""
    found = await webhooks.progress(context.reader, context.viewer.organization_id, keys)
    return [
        None
        if (row := found.get(key)) is None
        else Progress(
            webhooks.progress_place(row).cursor, row.waiting, row.failing_since, row.next_attempt_at
        )
        for key in keys
    ]


@row_type(db.webhook_attempts, description="One attempt to deliver an event to an endpoint.")
class WebhookAttempt(Node):
    uuid: str = column("id", description="The record's own id.")
    webhook_id: str = column(
        description="What was sent as `webhook-id`, the same in all attempts: the event's cursor.",
        filters=True,
    )
    event_type: str = column(description="The type of the event.", filters=True)
    event_number: BigInt = column("event_id", description="Which one of the organization's events it is.")
    number: BigInt = column(description="Which attempt at the event it was, from 1.")
    started_at: datetime = column("created_at", description="When it began.", filters=True)
    duration_ms: BigInt = column(description="How long it took, in milliseconds.")
    outcome: WebhookOutcome = column(description="What came of it.", filters=True)
    status: BigInt | None = column(description="The status of the answer; null without any.", filters=True)
    error: str | None = column(
        description="Why there was no answer, in a word: `timeout`, `unresolved`, `refused_address`, `unreachable`, "
        "`tls`, `protocol`."
    )
    next_attempt_at: datetime | None = column(
        description="When the event is tried again; null where it is not."
    )


WebhookAttemptFilter = filter_of(WebhookAttempt)


def types_of(types: str) -> list[str]:
    return types.split()


def is_enabled_of(disabled_at: datetime | None) -> bool:
    return disabled_at is None


@row_type(
    db.webhook_endpoints,
    description="Where the organization's events are sent; who lacks the scope `admin` sees none.",
)
class WebhookEndpoint(Node):
    uuid: str = column("id", description="The record's own id.")
    url: str = column(description="Where events are sent.")
    types: list[str] = computed(
        types_of,
        description="The types of the events that are sent, `connection_request.*` for all of a subject; empty for "
        "all.",
    )
    is_enabled: bool = computed(is_enabled_of, description="Whether events are sent.")
    disabled_at: datetime | None = column(description="Since when none are, if so.", filters=True)
    disabled_reason: WebhookDisabledReason | None = column(description="Why none are, if so.")
    undelivered_after: str | None = column(
        description="The cursor behind which it has missed events, being disabled; null where it has missed none, or "
        "they were delivered again."
    )
    created_at: datetime = column(description="When it was made.", filters=True, orders=True)
    updated_at: datetime = column(description="When it was last changed.")
    version: BigInt = row_version()
    progress: WebhookProgress | None = relation(
        progress_of, description="How far the delivery has come.", metadata={VARIES: always}
    )
    attempts: Connection[WebhookAttempt] = child_list(
        db.webhook_attempts,
        "endpoint_id",
        filter=WebhookAttemptFilter,
        default=(("created_at", True), ("id", True)),
        description="What was sent in the last 30 days, the latest first.",
        varies=always,
    )
    history: History = history_of(db.webhook_endpoints)


WebhookEndpointFilter = filter_of(WebhookEndpoint)
WebhookEndpointOrder = order_of(WebhookEndpoint)
