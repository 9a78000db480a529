"""The results of a round: finished deliveries, retries and their times, and whether the endpoint is disabled."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.db.data_versions import Version
from gateway.db.statements import Row
from gateway.db.tables import WebhookDisabledReason, WebhookOutcome
from gateway.db.webhooks import Settled
from gateway.observe.deliveries import DeliveryRecord
from gateway.webhooks.chains import Chain, Tried
from gateway.webhooks.schedule import PATIENCE, next_attempt

GONE: Final = 410

MOST_WAITING: Final = 1000
"""The limit of unfinished deliveries of one endpoint. Further events stay in the log until some are finished."""

MOST_WAITING_FAILING: Final = 20
"""The same limit while no delivery succeeds."""


@dataclass(frozen=True, slots=True)
class RoundOutcome:
    """The result of a round.

    Attributes:
        settled: what is written to the store.
        reason: why the endpoint is disabled; None if it is not.
        has_more: whether something else is due at once.
    """

    settled: Settled
    reason: WebhookDisabledReason | None
    has_more: bool

    def records(self, organization_id: str, endpoint_id: str) -> Iterator[DeliveryRecord]:
        """The attempts in the form that observers get."""
        for row in self.settled.attempts:
            yield DeliveryRecord(
                organization_id=organization_id,
                endpoint_id=endpoint_id,
                webhook_id=row["webhook_id"],
                type=row["event_type"],
                number=row["number"],
                outcome=row["outcome"],
                status=row["status"],
                error=row["error"],
                seconds=row["duration_ms"] / 1000,
            )


def most_waiting(is_failing: bool) -> int:
    """How many deliveries of an endpoint may be unfinished before no further events are looked at."""
    return MOST_WAITING_FAILING if is_failing else MOST_WAITING


def outcome_of(
    endpoint: Row, position: Version, found: Sequence[Chain], at: datetime, *, is_changed: bool
) -> RoundOutcome:
    """The result of a round.

    Args:
        endpoint: the endpoint with its position, as before the round.
        position: the position after the round.
        found: the chains of the round, including those that were not due.
        at: when the round ended.
        is_changed: whether somebody has changed the endpoint or asked for redelivery meanwhile. Then the sent events
            are sent again at once, and refusals do not count.
    """
    tried = [each for chain in found for each in chain.tried]
    failing_since = _failing_since(endpoint.failing_since, tried)
    reason = None if is_changed else _reason(failing_since, tried, at)
    made = _Made(at, is_over=reason is not None, is_changed=is_changed)
    for chain in found:
        made.add(chain)
    next_attempt_at = min(made.next_attempts, default=None)
    settled = Settled(
        is_changed=is_changed,
        position=position,
        failing_since=failing_since,
        next_attempt_at=next_attempt_at,
        is_full=made.left >= most_waiting(failing_since is not None),
        gone=made.gone,
        waiting=made.waiting,
        attempts=made.attempts,
    )
    is_due = next_attempt_at is not None and next_attempt_at <= at
    return RoundOutcome(settled, reason, is_changed or is_due)


def _failing_since(before: datetime | None, tried: Sequence[Tried]) -> datetime | None:
    if not tried:
        return before
    if any(each.sent.is_delivered for each in tried):
        return None
    return before or min(each.at for each in tried)


def _reason(
    failing_since: datetime | None, tried: Sequence[Tried], at: datetime
) -> WebhookDisabledReason | None:
    if any(each.sent.status == GONE for each in tried):
        return WebhookDisabledReason.GONE
    if tried and failing_since is not None and at - failing_since >= PATIENCE:
        return WebhookDisabledReason.FAILING
    return None


class _Made:
    """The rows to write for the chains.

    Args:
        at: the current time.
        is_over: whether the endpoint is disabled. Events that were not accepted are then undelivered, not given up.
        is_changed: see `outcome_of`.

    Attributes:
        next_attempts: the times at which something is to be sent.
        left: how many deliveries are unfinished.
    """

    def __init__(self, at: datetime, *, is_over: bool, is_changed: bool) -> None:
        self._at = at
        self._is_over = is_over
        self._is_changed = is_changed
        self.gone: list[int] = []
        self.waiting: list[Mapping[str, Any]] = []
        self.attempts: list[Mapping[str, Any]] = []
        self.next_attempts: list[datetime] = []
        self.left = 0

    def add(self, chain: Chain) -> None:
        self.gone += chain.lost
        is_blocked = False
        for each in chain.tried:
            is_blocked = self._add_tried(each)
        for place, delivery in enumerate(chain.rest):
            is_head = place == 0 and not is_blocked
            at = delivery.next_attempt_at if is_head else None
            if is_head and at is None:
                at = self._at  # the one before it is through
            if delivery.is_new or at != delivery.next_attempt_at:
                self.waiting.append(delivery.row(at))
            self._leave(at)

    def _add_tried(self, tried: Tried) -> bool:
        """Note an attempt; true if the delivery is unfinished, so that the next ones must wait."""
        delivery, sent = tried.delivery, tried.sent
        number, first_at = delivery.attempts + 1, delivery.first_attempt_at or tried.at
        again, outcome = None, WebhookOutcome.DELIVERED
        if not sent.is_delivered:
            if self._is_changed:
                again = self._at
            elif not self._is_over:
                again = next_attempt(number, first_at, self._at, sent.retry_after)
            outcome = WebhookOutcome.GIVEN_UP if again is None else WebhookOutcome.FAILED
        self.attempts.append(_attempt(tried, number, outcome, again))
        if sent.is_delivered or (again is None and not self._is_over):
            self.gone.append(delivery.event_id)
            return False
        self.waiting.append(delivery.row(again, attempts=number, first_attempt_at=first_at))
        self._leave(again)
        return True

    def _leave(self, next_attempt_at: datetime | None) -> None:
        self.left += 1
        if next_attempt_at is not None:
            self.next_attempts.append(next_attempt_at)


def _attempt(
    tried: Tried, number: int, outcome: WebhookOutcome, next_attempt_at: datetime | None
) -> Mapping[str, Any]:
    """The row of an attempt."""
    event = tried.delivery.event
    assert event is not None
    return {
        "created_at": tried.at,
        "webhook_id": Version(event.id, event.mark).cursor,
        "event_id": event.id,
        "event_type": event.type,
        "number": number,
        "outcome": outcome.value,
        "status": tried.sent.status,
        "error": tried.sent.error,
        "duration_ms": tried.milliseconds,
        "next_attempt_at": next_attempt_at,
    }
