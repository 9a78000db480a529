"""Chains: the events of one subject that an endpoint is to be sent, one behind the other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from gateway.db.statements import Row
from gateway.webhooks.sending import Sent


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """An event that an endpoint is to be sent.

    Attributes:
        event_id: its id in the organization's log.
        mark_before: the mark of the event before it.
        subject: what it is about; events of one subject are sent in their order.
        attempts: how many have failed.
        first_attempt_at: when the first of these began.
        next_attempt_at: when it is to be sent, as it is stored; None where another one has to come first, or where it
            is new.
        is_new: whether no row tells of it.
        event: as the log has it; None where that is not read, or gone.
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
        """Its row from now on."""
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
    """The deliveries of one subject that are not through, in the order of their events.

    Attributes:
        is_due: whether the first of them is to be sent now.
        tried: the attempts of this round, of the first of them; only the last one may have failed.
        lost: the events that are gone from the log before they could be sent.
    """

    deliveries: list[WebhookDelivery] = field(default_factory=list)
    is_due: bool = False
    tried: list[Tried] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)

    @property
    def rest(self) -> list[WebhookDelivery]:
        """Those that were not tried in this round."""
        done = {each.delivery.event_id for each in self.tried}.union(self.lost)
        return [each for each in self.deliveries if each.event_id not in done]


def subject_of(event: Row) -> str:
    """What an event is about, as one text; events of many rows are in one order by their table."""
    return f"{event.subject_type}:{event.subject_id or ''}"


def stored(row: Row) -> WebhookDelivery:
    """A delivery by its row, without its event."""
    return WebhookDelivery(
        row.event_id, row.mark_before, row.subject, row.attempts, row.first_attempt_at, row.next_attempt_at
    )


def new(events: Sequence[Row], mark_before: int) -> Iterable[WebhookDelivery]:
    """Deliveries of events that stand behind each other in the log.

    Args:
        mark_before: of the event before the first one.
    """
    for event in events:
        yield WebhookDelivery(event.id, mark_before, subject_of(event), is_new=True, event=event)
        mark_before = event.mark or 0
