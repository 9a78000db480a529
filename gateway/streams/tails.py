"""Tails: the latest events of an organization's log, read once for all subscriptions in a process."""

import asyncio
from bisect import bisect_right
from typing import Final

from gateway.db.bells import apart
from gateway.db.data_versions import TooOld, Version, version_after
from gateway.db.database import Database
from gateway.db.failures import DatabaseFailure
from gateway.db.outages import Outage
from gateway.db.statements import Row
from gateway.events.erasing import ERASED
from gateway.events.reading import LIMIT, events_between
from gateway.observe.failures import report
from gateway.resolvers.errors import CursorTooOld, GatewayError, Unavailable
from gateway.streams.pulses import Pulse

MOST_EVENTS: Final = 2_000
MOST_BYTES: Final = 4 << 20
READ_AT_ONCE: Final = 100
"""The number of events that a slow subscriber reads at once."""

RETRY_SECONDS: Final = 1.0
TOGETHER: Final = 2
"""Concurrent executions for subscriptions of one organization. The rest of its share is for requests."""


class Tail:
    """The latest events of an organization, read once for everybody.

    Args:
        database: the store.
        organization_id: the organization of the log.
        position: the end of the log a moment ago.
        outage: the state of the store, shared by all tails.

    Attributes:
        position: the position up to which the log was read.
        failure: why the log is no longer read; None while it is.
        turn: held while a subscription's operation is executed for an event.
        grown: beats when there is something new.
        followers: the number of subscriptions.
    """

    def __init__(self, database: Database, organization_id: str, position: Version, outage: Outage) -> None:
        self.organization_id = organization_id
        self.position = position
        self.failure: GatewayError | None = None
        self.turn = asyncio.Semaphore(TOGETHER)
        self.grown = Pulse()
        self.followers = 0
        self._database = database
        self._outage = outage
        self._floor = position.event_id  # every event behind it, up to the position, is among the rows
        self._rows: list[Row] = []
        self._bytes = 0
        self._wakes = asyncio.Event()
        self._task = apart(self._read())

    def wake(self) -> None:
        """Note that there may be more events."""
        self._wakes.set()

    def stop(self) -> None:
        """Stop, because the last subscriber has left."""
        self._task.cancel()

    def behind(self, place: int) -> list[Row] | None:
        """The known events after an id, in order; None if some of them are no longer kept."""
        if place < self._floor:
            return None
        rows = self._rows
        if not rows or rows[-1].id <= place:
            return []
        return rows[bisect_right(rows, place, key=_id) :]

    async def read_behind(self, place: Version) -> tuple[list[Row], Version]:
        """Events after a position, read from the store, and the position at which to continue.

        Raises:
            CursorTooOld: the events were deleted.
        """
        until = self.position
        try:
            await version_after(self._database, self.organization_id, place)
        except TooOld as gone:
            raise CursorTooOld(str(gone)) from None
        rows = await events_between(
            self._database, self.organization_id, place.event_id, until.event_id, limit=READ_AT_ONCE
        )
        return rows, until if len(rows) < READ_AT_ONCE else Version(rows[-1].id, rows[-1].mark)

    async def _read(self) -> None:
        while True:
            await self._wakes.wait()
            self._wakes.clear()
            try:
                while await self._read_more():
                    pass
                self._outage.ended()
            except TooOld as gone:  # the store was put back to what it was before
                self._fail(CursorTooOld(str(gone)))
                return
            except DatabaseFailure as failure:
                self._outage.failed(failure)
                await asyncio.sleep(RETRY_SECONDS)
                self._wakes.set()
            except Exception as error:
                error_id = report("reading the event log", error)
                self._fail(Unavailable(f"The event log is read no more by a fault of ours ({error_id})."))
                return

    def _fail(self, failure: GatewayError) -> None:
        self.failure = failure
        self.grown.beat()

    async def _read_more(self) -> bool:
        """Read new events, at most a thousand; true if there are more."""
        now = await version_after(self._database, self.organization_id, self.position)
        if now == self.position:
            return False
        place = self.position.event_id
        rows = await events_between(self._database, self.organization_id, place, now.event_id, limit=LIMIT)
        is_all = len(rows) < LIMIT
        self._rows += rows
        self._bytes += sum(map(_size, rows))
        self.position = now if is_all else Version(rows[-1].id, rows[-1].mark)
        if any(row.type == ERASED for row in rows):
            # What was read before may say who somebody was; the log says it no more.
            self._forget(len(self._rows))
        elif len(self._rows) > MOST_EVENTS or self._bytes > MOST_BYTES:
            self._forget(len(self._rows) // 2)
        self.grown.beat()
        return not is_all

    def _forget(self, count: int) -> None:
        """Drop the oldest events. Callers drop half of them at once, so that it is seldom done."""
        gone = self._rows[:count]
        del self._rows[:count]
        self._bytes -= sum(map(_size, gone))
        self._floor = gone[-1].id


def _id(row: Row) -> int:
    number: int = row.id
    return number


def _size(row: Row) -> int:
    return 500 + len(row.data) + len(row.changes or "")
