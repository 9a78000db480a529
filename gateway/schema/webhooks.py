"""WebhookEndpoint: the URL to which events are sent, the progress of the delivery, and the log of the attempts."""

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


@strawberry.type(description="The progress of delivering events to a webhook endpoint.")
class WebhookProgress:
    cursor: str = strawberry.field(
        description="A position in the event log. No event after it has been delivered yet."
    )
    waiting: int = strawberry.field(
        description="How many events wait: for their next attempt, or for an earlier event of the same object."
    )
    first_failed_at: datetime | None = strawberry.field(
        description="When the current series of failures began. Null if the last attempt succeeded. After three days "
        "of failures the endpoint is disabled."
    )
    next_attempt_at: datetime | None = strawberry.field(
        description="When the next attempt is due. Null if none is due."
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of an endpoint in the form of the graph."""

    cursor: str
    waiting: int
    first_failed_at: datetime | None
    next_attempt_at: datetime | None


async def progress_of(keys: list[str], context: Context, selection: Selection) -> list[Any]:
    """The progress of each endpoint that the viewer sees."""
    found = await webhooks.progress(context.reader, context.viewer.organization_id, keys)
    return [
        None
        if (row := found.get(key)) is None
        else Progress(
            webhooks.progress_place(row).cursor, row.waiting, row.failing_since, row.next_attempt_at
        )
        for key in keys
    ]


@row_type(db.webhook_attempts, description="One attempt to deliver an event to a webhook endpoint.")
class WebhookAttempt(Node):
    uuid: str = column("id", description="The record's own id.")
    webhook_id: str = column(
        description="The value of the header `webhook-id`: the cursor of the event. It is the same in all attempts at "
        "one event.",
        filters=True,
    )
    event_type: str = column(
        description="The type of the event, such as `connection_request.approved`.", filters=True
    )
    event_number: BigInt = column("event_id", description="The number of the event: `number` of `Event`.")
    number: BigInt = column(description="The number of the attempt at this event, from 1.")
    started_at: datetime = column("created_at", description="When the attempt began.", filters=True)
    duration_ms: BigInt = column(description="How long the attempt took, in milliseconds.")
    outcome: WebhookOutcome = column(description="The outcome of the attempt.", filters=True)
    status: BigInt | None = column(
        description="The HTTP status code of the response, such as `204`. Null if there was no response.",
        filters=True,
    )
    error: str | None = column(
        description="Why there was no response: `timeout`, `unresolved`, `refused_address`, `unreachable`, `tls` or "
        "`protocol`. Null if there was a response."
    )
    next_attempt_at: datetime | None = column(
        description="When the event is sent again. Null if it is not sent again."
    )


WebhookAttemptFilter = filter_of(WebhookAttempt)


def types_of(types: str) -> list[str]:
    return types.split()


def is_enabled_of(disabled_at: datetime | None) -> bool:
    return disabled_at is None


@row_type(
    db.webhook_endpoints,
    description="A URL to which the gateway sends events of the organization. Only tokens with the scope `admin` can "
    "see it.",
)
class WebhookEndpoint(Node):
    uuid: str = column("id", description="The record's own id.")
    url: str = column(description="The URL to which events are sent.")
    types: list[str] = computed(
        types_of,
        description="The types of events that are sent, such as `connection_request.approved`. `connection_request.*` "
        "means all events of connection requests. Empty: all events.",
    )
    is_enabled: bool = computed(is_enabled_of, description="Whether events are sent to the endpoint.")
    disabled_at: datetime | None = column(
        description="When the endpoint was disabled. Null if it is enabled.", filters=True
    )
    disabled_reason: WebhookDisabledReason | None = column(
        description="Why the endpoint is disabled. Null if it is enabled."
    )
    undelivered_after: str | None = column(
        description="A cursor in the event log. While the endpoint was disabled, it missed events after this cursor. "
        "Null if it missed none, or if they were delivered later."
    )
    created_at: datetime = column(description="When the endpoint was created.", filters=True, orders=True)
    updated_at: datetime = column(description="When the endpoint was last changed.")
    version: BigInt = row_version()
    progress: WebhookProgress | None = relation(
        progress_of, description="The progress of the delivery.", metadata={VARIES: always}
    )
    attempts: Connection[WebhookAttempt] = child_list(
        db.webhook_attempts,
        "endpoint_id",
        filter=WebhookAttemptFilter,
        default=(("created_at", True), ("id", True)),
        description="The attempts of the last 30 days to deliver events, latest first.",
        varies=always,
    )
    history: History = history_of(db.webhook_endpoints)


WebhookEndpointFilter = filter_of(WebhookEndpoint)
WebhookEndpointOrder = order_of(WebhookEndpoint)
