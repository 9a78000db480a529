"""Streams: all subscriptions of a process. The event log is the truth; wake-ups only shorten the wait."""

import asyncio
import logging
from collections.abc import AsyncIterator, Hashable
from typing import Any, Final

from gateway.db.bells import Bell, Heard, apart
from gateway.db.cursors import BadCursor
from gateway.db.data_versions import TooOld, Version, version, version_after, versions_of
from gateway.db.database import Database
from gateway.db.failures import DatabaseFailure
from gateway.db.outages import Outage
from gateway.limits import Limits
from gateway.observe.failures import report
from gateway.observe.limits import told
from gateway.observe.records import current
from gateway.resolvers.context import Context
from gateway.resolvers.errors import CursorTooOld, Invalid, Overloaded
from gateway.resolvers.event_log import sight
from gateway.resolvers.viewer import Scope
from gateway.streams.groups import Group, Make
from gateway.streams.messages import StreamMessage, Wanted
from gateway.streams.tails import Tail

logger = logging.getLogger(__name__)

RETRY_SECONDS: Final = 1.0


class Streams:
    """All subscriptions to the event logs of a store in this process.

    Args:
        database: the started store.
        limits: how many subscriptions there may be.
    """

    def __init__(self, database: Database, limits: Limits | None = None) -> None:
        self._database = database
        self._limit = (limits or Limits()).organization_subscriptions
        self._tails: dict[str, Tail] = {}
        self._groups: dict[Hashable, Group] = {}
        self._bell: Bell | None = None
        self._looks = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._watcher: Heard | None = None
        self._outage = Outage(logger, "the event logs cannot be read")
        database.after_events = self.changed

    @property
    def followers(self) -> int:
        """The number of subscriptions."""
        return sum(tail.followers for tail in self._tails.values())

    def changed(self, organization_id: str) -> None:
        """Note that a transaction of this process has written events."""
        if (tail := self._tails.get(organization_id)) is not None:
            tail.wake()
        if self._watcher is not None:
            self._watcher(organization_id)
        if self._bell is None:
            self._bell = self._database.bell()
        self._bell.ring(organization_id)

    async def open(
        self, context: Context, wanted: Wanted, key: Hashable, make: Make, member: Any
    ) -> "Follower":
        """Subscribe to the log of a viewer's organization.

        Args:
            context: the viewer's context.
            wanted: the events.
            key: everything beside the organization on which the results depend. Equal keys share results.
            make: executes the operation for an event.
            member: the argument for `make` when it works on behalf of this viewer.

        Raises:
            Forbidden: the viewer's token may not read.
            Invalid: the cursor is malformed.
            CursorTooOld: events after the cursor were deleted, or it belongs to another history of the store.
            Overloaded: there are too many subscriptions.
        """
        context.viewer.require(Scope.READ)
        organization_id = context.viewer.organization_id
        place, now = await self._place(organization_id, wanted.after)
        tail = self._tails.get(organization_id)
        if tail is None:
            tail = self._tails[organization_id] = Tail(self._database, organization_id, now, self._outage)
        elif tail.position != now:
            tail.wake()
        number = tail.followers + 1
        if number > self._limit.cap and told(self._limit, number, current()):
            raise Overloaded(self._limit, number)
        whole_key = (organization_id, key)
        group = self._groups.get(whole_key)
        if group is None:
            group = self._groups[whole_key] = Group(tail, wanted, sight(context), make)
        follower = Follower(self, whole_key, group, place, member)
        self.listen()
        return follower

    async def _place(self, organization_id: str, after: str | None) -> tuple[Version, Version]:
        """The position at which a subscription begins, and the end of the log."""
        if after is None:
            now = await version(self._database, organization_id)
            return now, now
        try:
            place = Version.of_cursor(after)
            return place, await version_after(self._database, organization_id, place)
        except BadCursor as bad:
            raise Invalid(str(bad)) from None
        except TooOld as gone:
            raise CursorTooOld(str(gone)) from None

    def left(self, key: Hashable, group: Group) -> None:
        """Note that a subscriber has left."""
        tail = group.tail
        if not group.members:
            group.stop()
            if self._groups.get(key) is group:
                del self._groups[key]
        if not tail.followers:
            tail.stop()
            if self._tails.get(tail.organization_id) is tail:
                del self._tails[tail.organization_id]

    async def stop(self) -> None:
        """End all subscriptions before the store is closed."""
        self._database.after_events = None
        if self._looking is not None:
            self._looking.cancel()
        for group in self._groups.values():
            group.stop()
        for tail in self._tails.values():
            tail.stop()
        if self._bell is not None:
            await self._bell.stop()

    def watch(self, watcher: Heard) -> None:
        """Call a function when this process or another one has written to an organization's log."""
        self._watcher = watcher

    # Hearing of what other processes do

    def listen(self) -> Bell:
        """Receive notifications of other processes from now on."""
        if self._bell is None:
            self._bell = self._database.bell()
        if self._looking is None:
            self._looking = apart(self._look(self._bell))
            self._bell.listen(self._heard)
        return self._bell

    def _heard(self, organization_id: str | None) -> None:
        if self._watcher is not None:
            self._watcher(organization_id)
        if organization_id is None:
            self._looks.set()
        elif (tail := self._tails.get(organization_id)) is not None:
            tail.wake()

    async def _look(self, bell: Bell) -> None:
        """Read the followed logs at intervals, and when a notification arrives."""
        while True:
            try:
                async with asyncio.timeout(bell.seconds):
                    await self._looks.wait()
            except TimeoutError:
                pass
            self._looks.clear()
            try:
                if self._tails:
                    await self._wake_those_behind()
                    self._outage.ended()
            except DatabaseFailure as failure:
                self._outage.failed(failure)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception as error:
                report("looking at the event logs", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _wake_those_behind(self) -> None:
        found = await versions_of(self._database, list(self._tails))
        for organization_id, tail in self._tails.items():
            if found.get(organization_id) != tail.position:
                tail.wake()


class Follower:
    """One subscription. It gets each message once, in the order of the log.

    It buffers nothing: a slow subscriber falls behind, and then reads older messages again from the log.
    """

    def __init__(self, streams: Streams, key: Hashable, group: Group, place: Version, member: Any) -> None:
        self._streams = streams
        self._key = key
        self._group = group
        self._place = place
        self._told = place.event_id  # the last cursor that was told
        group.members[self] = member
        group.tail.followers += 1
        self._is_closed = False

    def close(self) -> None:
        """End the subscription."""
        if not self._is_closed:
            self._is_closed = True
            self._group.members.pop(self, None)
            self._group.tail.followers -= 1
            self._streams.left(self._key, self._group)

    async def messages(self) -> AsyncIterator[StreamMessage]:
        """The first message with only the cursor, then one for each event; also cursors, if none came for long.

        Raises:
            CursorTooOld: events that were to be sent were deleted.
        """
        group = self._group
        yield await group.first(self._place, group.members[self])
        while True:
            ready = group.behind(self._place.event_id)
            if ready is None:
                async for message in self._catch_up():
                    self._told = message.place.event_id
                    yield message
            elif ready:
                for message in ready:
                    if not group.is_kept(message):  # it was forgotten while those before it were taken
                        break
                    self._place, self._told = message.place, message.place.event_id
                    yield message
            elif group.failure is not None:
                raise group.failure
            else:
                self._place = max(self._place, group.position)
                notice = group.notice
                if notice is not None and self._told < notice.place.event_id <= self._place.event_id:
                    self._told = notice.place.event_id
                    yield notice
                else:
                    await group.grown.wait()

    async def _catch_up(self) -> AsyncIterator[StreamMessage]:
        """The messages of events that the group no longer keeps, or has not looked at."""
        group = self._group
        rows, until = group.tail.behind(self._place.event_id), group.tail.position
        if rows is None:
            rows, until = await group.tail.read_behind(self._place)
        for row in rows:
            message = await group.message(row)
            if message is not None:
                yield message
            self._place = Version(row.id, row.mark)
        self._place = max(self._place, until)
