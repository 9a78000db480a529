"""Rounds: send what is due for an endpoint, then write all results at once.

No transaction is open during sending. If a process dies in between, nothing was written, and another process sends the
same events again, under the same ids.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from gateway.db import webhooks
from gateway.db.data_versions import Version
from gateway.db.database import Database
from gateway.db.statements import Row
from gateway.events.log import Actor
from gateway.events.reading import events_between
from gateway.observe.deliveries import DeliveryTarget
from gateway.observe.observers import Observer
from gateway.observe.tracing import TracedAttempt, Tracing
from gateway.resolvers.context import Context
from gateway.resolvers.event_log import Happened, sight
from gateway.resolvers.viewer import Scope, Viewer
from gateway.resolvers.webhook_endpoints import disable
from gateway.resolvers.webhook_inputs import ENDPOINT
from gateway.resolvers.webhook_types import wanting
from gateway.resolvers.writes import writing
from gateway.settings import Settings
from gateway.webhooks import chains
from gateway.webhooks.chains import Chain, Tried, WebhookDelivery
from gateway.webhooks.cloud_events import rendered
from gateway.webhooks.sending import Sender
from gateway.webhooks.settling import RoundOutcome, most_waiting, outcome_of

EVENTS: Final = 50
"""The number of events that one round looks at."""

AT_ONCE: Final = 8
"""Concurrent attempts at one endpoint."""

DUE: Final = 50
"""The number of subjects whose deliveries are retried in one round."""

DOOR: Final = "WEBHOOKS"


@dataclass(frozen=True, slots=True)
class Courier:
    """Everything that sending needs.

    Attributes:
        clock: returns the current time.
        lease: how long a process keeps an endpoint, unless it renews the lease.
        places: the process's limit; each attempt holds a place.
        organizations_places: the limit of each organization, so that one's slow receivers do not delay the others.
        traces: traces every attempt; None if traces are off.
    """

    database: Database
    settings: Settings
    sender: Sender
    observer: Observer
    clock: Callable[[], datetime]
    lease: timedelta
    places: asyncio.Semaphore
    organizations_places: defaultdict[str, asyncio.Semaphore]
    traces: Tracing | None = None


class Round:
    """One round for an endpoint whose lease this process holds.

    Args:
        courier: sends.
        holder: the holder of the lease.
    """

    def __init__(self, courier: Courier, organization_id: str, endpoint_id: str, holder: str) -> None:
        self._courier = courier
        self._organization_id = organization_id
        self._endpoint_id = endpoint_id
        self._holder = holder
        self._own_places = asyncio.Semaphore(AT_ONCE)
        self._organization_places = courier.organizations_places[organization_id]
        viewer = Viewer(organization_id, frozenset((Scope.READ, Scope.ADMIN)), DOOR)
        self._see = sight(Context(courier.database, viewer, courier.settings))

    async def run(self, is_stopping: Callable[[], bool]) -> bool:
        """Send what is due; true if more may be due at once.

        Args:
            is_stopping: whether no further attempt is to begin.

        Raises:
            DatabaseFailure: the store fails. The sent events are then sent again.
        """
        courier, own = self._courier, (self._organization_id, self._endpoint_id)
        begun, at = monotonic(), courier.clock()
        endpoint = await webhooks.endpoint_at(courier.database, *own)
        if endpoint is None:
            return False
        waiting = [chains.stored(row) for row in await webhooks.deliveries_of(courier.database, *own)]
        position = Version(endpoint.event_id, endpoint.mark)
        events, position, has_more = await self._events(endpoint, position, len(waiting))
        wants = wanting(endpoint.types, self._endpoint_id)
        fresh = [
            each for each in chains.new(events, endpoint.mark) if each.event is not None and wants(each.event)
        ]
        found = await self._chains(waiting, fresh, at)
        secrets = await webhooks.secrets_of(courier.database, *own, at)

        def may_go_on() -> bool:
            return monotonic() - begun < courier.settings.webhook_seconds and not is_stopping()

        due = [each for each in found if each.is_due]
        await asyncio.gather(*(self._send(each, endpoint.url, secrets, may_go_on) for each in due))
        outcome = await self._settle(endpoint, position, found)
        if outcome is None or outcome.reason is not None or is_stopping():
            return False
        return has_more or outcome.has_more

    async def _events(
        self, endpoint: Row, position: Version, waiting: int
    ) -> tuple[list[Row], Version, bool]:
        """The next events of the log, the position after them, and whether there are more."""
        if waiting >= most_waiting(endpoint.failing_since is not None):
            return [], position, False
        rows = await events_between(
            self._courier.database, self._organization_id, position.event_id, endpoint.end_id, limit=EVENTS
        )
        if len(rows) < EVENTS:
            return rows, Version(endpoint.end_id, endpoint.end_mark), False
        return rows, Version(rows[-1].id, rows[-1].mark or 0), True

    async def _chains(
        self, waiting: list[WebhookDelivery], fresh: list[WebhookDelivery], at: datetime
    ) -> list[Chain]:
        """The deliveries by subject. Due deliveries have their events."""
        found: dict[str, Chain] = {}
        for each in waiting:
            found.setdefault(each.subject, Chain()).deliveries.append(each)
        heads = [each.deliveries[0] for each in found.values()]
        ready = [each for each in heads if each.next_attempt_at is not None and each.next_attempt_at <= at]
        ready.sort(key=lambda each: each.next_attempt_at or at)
        for each in ready[:DUE]:
            found[each.subject].is_due = True
        for each in fresh:
            if each.subject not in found:
                found[each.subject] = Chain(is_due=True)
            found[each.subject].deliveries.append(each)
        due = [each for each in found.values() if each.is_due]
        await self._read_events([delivery for each in due for delivery in each.deliveries[:EVENTS]], due)
        return list(found.values())

    async def _read_events(self, wanted: list[WebhookDelivery], due: list[Chain]) -> None:
        ids = [each.event_id for each in wanted if each.event is None]
        known = await webhooks.events_of(self._courier.database, self._organization_id, ids)
        gone = set(ids) - known.keys()
        for chain in due:
            chain.lost = [each.event_id for each in chain.deliveries if each.event_id in gone]
            chain.deliveries = [
                replace(each, event=known[each.event_id]) if each.event_id in known else each
                for each in chain.deliveries
            ]

    async def _send(self, chain: Chain, url: str, secrets: list[str], may_go_on: Callable[[], bool]) -> None:
        """Send the events of a chain until one is not accepted."""
        for delivery in chain.deliveries:
            if delivery.event_id in chain.lost:
                continue
            if delivery.event is None:  # so many are not read at once
                break
            happened = self._see(delivery.event)
            if happened is None or happened.cursor is None:
                chain.lost.append(delivery.event_id)
                continue
            async with self._own_places, self._organization_places, self._courier.places:
                if not may_go_on():
                    break
                tried = await self._try(delivery, happened, url, secrets)
            chain.tried.append(tried)
            if not tried.sent.is_delivered:
                break

    async def _try(
        self, delivery: WebhookDelivery, happened: Happened, url: str, secrets: list[str]
    ) -> Tried:
        courier = self._courier
        body = rendered(happened, self._organization_id, courier.settings.public_url)
        at, began = courier.clock(), monotonic()
        assert happened.cursor is not None
        traced = self._traced(delivery, happened, url)
        fields = {} if traced is None else traced.fields
        sent = await courier.sender.send(url, secrets, happened.cursor, body, at, fields)
        if traced is not None:
            traced.ended(sent.status, sent.error)
        return Tried(delivery, at, round((monotonic() - began) * 1000), sent)

    def _traced(self, delivery: WebhookDelivery, happened: Happened, url: str) -> TracedAttempt | None:
        if (traces := self._courier.traces) is None:
            return None
        of, number = self._organization_id, delivery.attempts + 1
        assert happened.cursor is not None
        target = DeliveryTarget(url, of, self._endpoint_id, happened.cursor, happened.type, number)
        return traces.attempt(target)

    async def _settle(self, endpoint: Row, position: Version, found: list[Chain]) -> RoundOutcome | None:
        """Write the results; None if another process has the endpoint by now, or if it is disabled.

        If somebody has changed the endpoint meanwhile, only the attempts are stored, and the next round begins at the
        same position.
        """
        courier, own = self._courier, (self._organization_id, self._endpoint_id)
        async with writing(courier.database, self._organization_id, Actor(door=DOOR)) as write:
            locked = await write.lock(ENDPOINT, [self._endpoint_id])
            current = await webhooks.endpoint_at(write, *own)
            if current is None:
                return None
            at, is_changed = courier.clock(), current.placed_at != endpoint.placed_at
            outcome = outcome_of(endpoint, position, found, at, is_changed=is_changed)
            until = at + courier.lease
            if not await webhooks.settle(write, self._endpoint_id, self._holder, until, outcome.settled):
                return None
            if outcome.reason is not None:
                await disable(write, locked[0], outcome.reason)
        for record in outcome.records(*own):
            courier.observer.delivery(record)
        return outcome
