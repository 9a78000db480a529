"""Groups: subscriptions with the same operation and the same sight are executed once for all subscribers."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from gateway.caches import Cache
from gateway.db.bells import apart
from gateway.db.data_versions import Version
from gateway.db.failures import DatabaseFailure
from gateway.db.statements import Row
from gateway.observe.failures import report
from gateway.resolvers.errors import GatewayError, Unauthenticated, Unavailable
from gateway.resolvers.event_log import Happened
from gateway.streams.messages import Made, StreamEvent, StreamMessage, Wanted
from gateway.streams.pulses import Pulse
from gateway.streams.tails import Tail

KEPT: Final = 256
"""The number of messages that are kept for slow subscribers. A slower one reads the log."""

KEPT_BYTES: Final = 4 << 20
MADE: Final = 64
"""The number of messages that are kept while several slow subscribers catch up together."""

PAUSES: Final = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Seconds before an operation is executed again after a failure."""

QUIET_SECONDS: Final = 60.0
"""Seconds without a message before subscribers get a new cursor. Otherwise theirs would become too old."""

Make = Callable[[Any, StreamEvent], Awaitable[Made]]
"""Executes the operation for an event, on behalf of one member."""


class Group:
    """One operation with the same variables and the same sight, for all its subscribers.

    Args:
        tail: the end of the organization's log.
        wanted: the events.
        see: returns what the viewer sees of a row of the log.
        make: executes the operation.

    Attributes:
        members: the subscribers, each with the argument for `make`.
        position: the position after the last event that was looked at.
        grown: beats when there is another message.
        failure: why there will be no more messages; None while there can be.
        notice: the last message that has only a cursor, for subscribers who got no message for long.
    """

    def __init__(self, tail: Tail, wanted: Wanted, see: Callable[[Row], Happened | None], make: Make) -> None:
        self.tail = tail
        self.members: dict[object, Any] = {}
        self.position = tail.position
        self.grown = Pulse()
        self.failure: GatewayError | None = None
        self.notice: StreamMessage | None = None
        self._told = self.position.event_id  # up to where followers have a cursor
        self._told_at = asyncio.get_running_loop().time()
        self._wanted = wanted
        self._see = see
        self._make = make
        self._floor = self.position.event_id  # every message behind it, up to the position, is kept
        self._kept: list[StreamMessage] = []
        self._bytes = 0
        self._making: dict[int, asyncio.Task[StreamMessage]] = {}  # by the event's id
        self._made = Cache[int, StreamMessage](MADE, KEPT_BYTES)
        self._task = apart(self._pump())

    def stop(self) -> None:
        """Stop, because the last member has left."""
        self._task.cancel()
        for each in self._making.values():
            each.cancel()

    def is_kept(self, message: StreamMessage) -> bool:
        """Whether a message that `behind` returned is still kept."""
        return message.place.event_id > self._floor

    def behind(self, place: int) -> list[StreamMessage] | None:
        """The messages after an id; None if some of them are no longer kept."""
        if place < self._floor:
            return None
        kept = self._kept
        if not kept or kept[-1].place.event_id <= place:
            return []
        if len(kept) == 1 or kept[-2].place.event_id <= place:
            return kept[-1:]
        return [each for each in kept if each.place.event_id > place]

    async def _pump(self) -> None:
        """Make messages of new events until the group fails."""
        try:
            await self._follow()
        except Exception as error:
            error_id = report("subscription", error)
            self.failure = Unavailable(f"The subscription ended by a fault of ours ({error_id}).")
        self.grown.beat()

    async def _follow(self) -> None:
        tail = self.tail
        while True:
            rows = tail.behind(self.position.event_id)
            if rows is None:  # it was too slow, or somebody was erased: everybody catches up for themselves
                self.position = tail.position
                self._forget()
                self.grown.beat()
            elif rows:
                for row in rows:
                    message = await self.message(row)
                    self.position = Version(row.id, row.mark)
                    if message is not None:
                        self._keep(message)
                        self.grown.beat()
            elif tail.failure is not None:
                self.failure = tail.failure
                return
            else:
                # What lies behind the last row was no event.
                self.position = max(self.position, tail.position)
                await self._rest()

    def _forget(self) -> None:
        """Drop the messages that were made."""
        self._floor = self.position.event_id
        self._kept.clear()
        self._bytes = 0
        # Another one: what is being made is put into the former one.
        self._made = Cache(MADE, KEPT_BYTES)

    async def _rest(self) -> None:
        """Wait until there are new events, or until it is time to tell subscribers how far the log was read."""
        due = self._told_at + QUIET_SECONDS if self._told < self.position.event_id else None
        try:
            async with asyncio.timeout_at(due):
                await self.tail.grown.wait()
        except TimeoutError:
            await self._give_notice()

    async def _give_notice(self) -> None:
        place = self.position
        async with self.tail.turn:
            made = await self._make_for_somebody(StreamEvent(place.cursor))
        self._told_at = asyncio.get_running_loop().time()
        if made.text and made.is_final:
            self.notice, self._told = StreamMessage(place, made.text), place.event_id
            self.grown.beat()

    def _keep(self, message: StreamMessage) -> None:
        self._told, self._told_at = message.place.event_id, asyncio.get_running_loop().time()
        self._kept.append(message)
        self._bytes += len(message.text)
        if len(self._kept) > KEPT or self._bytes > KEPT_BYTES:
            gone = self._kept[: max(1, len(self._kept) // 2)]
            del self._kept[: len(gone)]
            self._bytes -= sum(len(each.text) for each in gone)
            self._floor = gone[-1].place.event_id

    async def first(self, place: Version, member: Any) -> StreamMessage:
        """The first message of a new member: the cursor at which it begins."""
        made = await self._make(member, StreamEvent(place.cursor))
        return StreamMessage(place, made.text or b"")

    async def message(self, row: Row) -> StreamMessage | None:
        """The message of an event; None if the event is not wanted, or not visible."""
        happened = self._see(row)
        if happened is None or row.mark is None or not self._wanted.takes(happened):
            return None
        message = self._made.get(row.id)
        if message is None:
            making = self._making.get(row.id)
            if making is None:
                making = self._making[row.id] = apart(self._make_message(row, happened))
            message = await asyncio.shield(making)
        return message if message.text else None

    async def _make_message(self, row: Row, happened: Happened) -> StreamMessage:
        """Execute the operation, again if that may help. Without text, the event is not wanted after all."""
        place = Version(row.id, row.mark)
        event = StreamEvent.of(happened, place.cursor)
        attempts, kept = 0, self._made
        while True:
            async with self.tail.turn:
                made = await self._make_for_somebody(event)
            if made.is_final or (made.text and attempts >= len(PAUSES)):
                message = StreamMessage(place, made.text or b"")
                kept.put(row.id, message, 200 + len(message.text))
                del self._making[row.id]
                return message
            await asyncio.sleep(PAUSES[min(attempts, len(PAUSES) - 1)])
            attempts += 1

    async def _make_for_somebody(self, event: StreamEvent) -> Made:
        """Execute the operation for one of the members; for the next one if the token is no longer valid."""
        for each in list(self.members.values()):
            try:
                return await self._make(each, event)
            except Unauthenticated:
                continue
            except DatabaseFailure:
                break
        return Made(None, is_final=False)
