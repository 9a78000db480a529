"""Deliveries: the process looks for due events of endpoints, and sends them.

Each endpoint reads the event log from its own position, so writes cost nothing more. While no organization has an
endpoint, the only query is whether one has.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Final, NamedTuple

from gateway.db import leases, webhooks
from gateway.db import tables as db
from gateway.db.bells import apart
from gateway.db.database import Database
from gateway.db.failures import DatabaseFailure
from gateway.db.ids import new_id, now
from gateway.db.leases import Lease
from gateway.db.outages import Outage
from gateway.db.webhooks import Due
from gateway.events.reading import events_between
from gateway.observe.failures import report
from gateway.observe.observers import Observer
from gateway.observe.records import NOBODY
from gateway.observe.tracing import Tracing
from gateway.resolvers.webhook_endpoints import tell_changes
from gateway.resolvers.webhook_types import wanting
from gateway.resolvers.webhook_urls import allowed_networks
from gateway.settings import Settings
from gateway.streams.streams import Streams
from gateway.webhooks.rounds import EVENTS, Courier, Round
from gateway.webhooks.sending import Sender

logger = logging.getLogger(__name__)

IDLE_SECONDS: Final = 10.0
"""The time between two looks for organizations with endpoints. New endpoints of other processes are found within it."""

PASSED_SECONDS: Final = 10.0
"""How long an endpoint's stored position may lag behind unwanted events. Storing it costs a transaction."""

AT_ONCE: Final = 64
"""Concurrent attempts of one process."""

OF_ORGANIZATION: Final = 16
"""Concurrent attempts of one organization in a process."""

STOP_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 1.0

KEPT: Final = timedelta(days=30)
"""How long attempts are kept in the log of an endpoint."""

Key = tuple[str, str]
"""An organization and an endpoint."""


class Passed(NamedTuple):
    """Unwanted events that an endpoint's stored position does not cover yet.

    Attributes:
        position: the endpoint's stored position, before these events.
        seen: the last of these events.
        since: when the first of them was looked at.
    """

    position: int
    seen: int
    since: float


class Deliveries:
    """Sends due events until it is stopped.

    Args:
        database: the started store, with its keys.
        settings: the operator's settings.
        streams: reports what is written.
        observer: told of every attempt.
        clock: returns the current time.
        traces: traces every attempt; None if traces are off.

    Raises:
        SettingError: the setting of the networks cannot be parsed.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        streams: Streams,
        observer: Observer = NOBODY,
        clock: Callable[[], datetime] = now,
        traces: Tracing | None = None,
    ) -> None:
        self._database = database
        self._streams = streams
        self._networks = allowed_networks(settings.webhook_allowed_networks)
        self._settings = settings
        self._observer = observer
        self._clock = clock
        self._traces = traces
        self._courier: Courier | None = None
        self._organizations: frozenset[str] = frozenset()
        self._heard: set[str] = set()
        self._hears_any = False
        self._wakes = asyncio.Event()
        self._is_stopping = False
        self._running: dict[Key, asyncio.Task[None]] = {}
        self._again: set[Key] = set()  # those among them that are due again
        self._passed: dict[Key, Passed] = {}

    async def keep_delivering(self) -> None:
        """Send due events until cancelled. Attempts in progress are not cancelled."""
        settings = self._settings
        sender = Sender(self._networks, settings.webhook_seconds)
        lease = timedelta(seconds=3 * settings.webhook_seconds)
        places = asyncio.Semaphore(AT_ONCE)
        of_organizations: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(OF_ORGANIZATION)
        )
        common = (self._database, settings, sender, self._observer, self._clock)
        self._courier = Courier(*common, lease, places, of_organizations, self._traces)
        self._streams.watch(self._hear)
        tell_changes(self._database, self._hear_change)
        looked_at = -IDLE_SECONDS
        outage = Outage(logger, "webhooks cannot be looked at")
        while True:
            seconds = IDLE_SECONDS
            try:
                if monotonic() - looked_at >= IDLE_SECONDS:
                    self._organizations = await webhooks.organizations_with_endpoints(self._database)
                    looked_at = monotonic()
                if self._organizations:
                    seconds = self._streams.listen().seconds
                    await self._look()
                outage.ended()
            except DatabaseFailure as failure:
                outage.failed(failure)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception as error:
                report("webhooks", error)
                await asyncio.sleep(RETRY_SECONDS)
            await self._wait(seconds)

    async def sweep(self) -> None:
        """Delete attempts and secrets that have expired."""
        await webhooks.sweep(self._database, self._clock() - KEPT, self._clock())

    async def finish(self) -> None:
        """Begin no further attempt, and wait for a while for attempts in progress."""
        self._is_stopping = True
        if running := list(self._running.values()):
            await asyncio.wait(running, timeout=STOP_SECONDS)
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._courier is not None:
            await self._courier.sender.close()

    # Hearing

    def _hear(self, organization_id: str | None) -> None:
        """Note that a log has grown; without an organization, that any log may have."""
        if organization_id is None:
            self._hears_any = True
        elif organization_id in self._organizations:
            self._heard.add(organization_id)
        else:
            return
        self._wakes.set()

    def _hear_change(self, organization_id: str) -> None:
        """Note that this process has changed an endpoint."""
        self._organizations |= {organization_id}
        self._hear(organization_id)

    # Looking

    async def _wait(self, seconds: float) -> None:
        """Wait until a change is reported, or until this time has passed."""
        try:
            async with asyncio.timeout(seconds):
                await self._wakes.wait()
        except TimeoutError:
            self._hears_any = True
        self._wakes.clear()

    async def _look(self) -> None:
        """Begin what is due: for the organizations with reported changes, or for all."""
        heard, self._heard = self._heard, set()
        wanted = self._organizations if self._hears_any or not heard else heard & self._organizations
        self._hears_any = False
        for each in await webhooks.due(self._database, self._clock(), wanted):
            key = (each.organization_id, each.id)
            if key in self._running:
                self._again.add(key)
            else:
                task = self._running[key] = apart(self._deliver(each))
                task.add_done_callback(partial(self._ended, key))

    def _ended(self, key: Key, task: "asyncio.Task[None]") -> None:
        del self._running[key]
        is_due_again = key in self._again
        self._again.discard(key)
        if task.cancelled() or self._is_stopping:
            return
        error = task.exception()
        if error is None:
            if is_due_again:
                self._hear(key[0])
        elif isinstance(error, DatabaseFailure):
            logger.warning("webhooks were not delivered: %s", error)
        else:
            report("webhooks", error)

    # Delivering

    async def _deliver(self, due: Due) -> None:
        """Send what is due for one endpoint, unless another process is doing it."""
        key = (due.organization_id, due.id)
        if not due.has_retries and await self._passes(key, due):
            return
        courier, at = self._courier, self._clock()
        assert courier is not None
        lease = Lease(db.webhook_leases, *key, holder=new_id())
        if not await leases.take(self._database, lease, at, at + courier.lease):
            return
        try:
            while await Round(courier, *key, lease.holder).run(lambda: self._is_stopping):
                pass
        finally:
            self._passed.pop(key, None)
            with suppress(DatabaseFailure):
                await leases.give_back(self._database, lease)

    async def _passes(self, key: Key, due: Due) -> bool:
        """Whether an endpoint wants none of the next events, and its position need not be stored yet."""
        position = due.position.event_id
        known = self._passed.get(key)
        if known is None or known.position != position:
            known = Passed(position, position, monotonic())
        rows = await events_between(self._database, key[0], known.seen, due.end.event_id, limit=EVENTS)
        if len(rows) == EVENTS or any(map(wanting(due.types, due.id), rows)):
            return False
        self._passed[key] = known._replace(seen=max(known.seen, due.end.event_id))
        return monotonic() - known.since < PASSED_SECONDS
