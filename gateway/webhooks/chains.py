"""Chains: for one endpoint, the undelivered events of one subject in order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from gateway.db.statements import Row
from gateway.webhooks.sending import Sent


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """An event that is to be sent to an endpoint.

    Attributes:
        event_id: the number of the event in the organization's log.
        mark_before: the mark of the event before it.
        subject: what the event is about. Events of one subject are sent in order.
        attempts: how many attempts have failed.
        first_attempt_at: when the first of these attempts began.
        next_attempt_at: when the event is to be sent, as stored; None if it is new or waits for an earlier event.
        is_new: whether the store has no row for the delivery yet.
        event: the row of the log; None if it was not read, or no longer exists.
    """

    event_id: int
    mark_before: int
    subject: str
    attempts: int = 0
    first_attempt_at: datetime | None = None
    next_attempt_at: datetime | None = None
    is_new: bool = False
    event: Row | None = None

    def row(self, next_attempt_at: datetime | None, **changed: Any) -> Mapping[str, Any]:
        """The row to store for the delivery."""
        return {
            "event_id": self.event_id,
            "mark_before": self.mark_before,
            "subject": self.subject,
            "attempts": self.attempts,
            "first_attempt_at": self.first_attempt_at,
            "next_attempt_at": next_attempt_at,
            **changed,
        }


class Tried(NamedTuple):
    """An attempt that was made.

    Attributes:
        at: when it began.
        milliseconds: how long it took.
    """

    delivery: WebhookDelivery
    at: datetime
    milliseconds: int
    sent: Sent


@dataclass(slots=True)
class Chain:
    """The unfinished deliveries of one subject, in the order of their events.

    Attributes:
        is_due: whether the first delivery is to be sent now.
        tried: the attempts of this round, from the first delivery on. Only the last attempt can have failed.
        lost: the events that were removed from the log before they could be sent.
    """

    deliveries: list[WebhookDelivery] = field(default_factory=list)
    is_due: bool = False
    tried: list[Tried] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)

    @property
    def rest(self) -> list[WebhookDelivery]:
        """The deliveries that were not tried in this round."""
        done = {each.delivery.event_id for each in self.tried}.union(self.lost)
        return [each for each in self.deliveries if each.event_id not in done]


def subject_of(event: Row) -> str:
    """The subject of an event, as text. Events of many rows have their table as the subject."""
    return f"{event.subject_type}:{event.subject_id or ''}"


def stored(row: Row) -> WebhookDelivery:
    """A delivery from its row, without its event."""
    return WebhookDelivery(
        row.event_id, row.mark_before, row.subject, row.attempts, row.first_attempt_at, row.next_attempt_at
    )


def new(events: Sequence[Row], mark_before: int) -> Iterable[WebhookDelivery]:
    """Deliveries for consecutive events of the log.

    Args:
        mark_before: the mark of the event before the first one.
    """
    for event in events:
        yield WebhookDelivery(event.id, mark_before, subject_of(event), is_new=True, event=event)
        mark_before = event.mark or 0
