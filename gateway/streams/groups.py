"""Groups: subscriptions that ask the same, and whose callers see the same, run once for all of them."""

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
"""Messages that are kept for those who are a little behind; who is further behind reads the log."""

KEPT_BYTES: Final = 4 << 20
MADE: Final = 64
"""Messages that are kept while several who are behind catch up with each other."""

PAUSES: Final = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Seconds until an operation is run again for an event that could not be answered."""

QUIET_SECONDS: Final = 60.0
"""Without a message, while the log goes on; then its followers are told a cursor, or theirs would become too old."""

Make = Callable[[Any, StreamEvent], Awaitable[Made]]
"""Runs the operation for an event, on behalf of one member."""


class Group:
    """One operation with the same variables and the same sight, whoever subscribed to it.

    Args:
        tail: of the organization's log.
        wanted: the events.
        see: what the viewer sees of a row of the log.
        make: runs the operation.

    Attributes:
        members: those for whom it is run; each with what `make` is given of it.
        position: behind the last event that was looked at.
        grown: beats when there is a message more.
        failure: why there will be none any more.
        notice: the last message that has a cursor alone, of followers who were told nothing for long.
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
        """Nobody is a member any more."""
        self._task.cancel()
        for each in self._making.values():
            each.cancel()

    def is_kept(self, message: StreamMessage) -> bool:
        """Whether a message is still kept, of those that `behind` gave."""
        return message.place.event_id > self._floor

    def behind(self, place: int) -> list[StreamMessage] | None:
        """The messages after an id; None if they begin before what is kept."""
        if place < self._floor:
            return None
        kept = self._kept
        if not kept or kept[-1].place.event_id <= place:
            return []
        if len(kept) == 1 or kept[-2].place.event_id <= place:
            return kept[-1:]
        return [each for each in kept if each.place.event_id > place]

    async def _pump(self) -> None:
        """Make the messages of what happens, as it happens, until there can be none any more."""
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
        """Keep nothing of what was made."""
        self._floor = self.position.event_id
        self._kept.clear()
        self._bytes = 0
        # Another one: what is being made is put into the former one.
        self._made = Cache(MADE, KEPT_BYTES)

    async def _rest(self) -> None:
        """Wait until there is more, or until followers are due to be told how far the log was read."""
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
        """The message that tells a new member where it begins."""
        made = await self._make(member, StreamEvent(place.cursor))
        return StreamMessage(place, made.text or b"")

    async def message(self, row: Row) -> StreamMessage | None:
        """The message of an event; None if it is not wanted, or not visible."""
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
        """Run the operation, again where that may help; its message has no text where it is not wanted after all."""
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
        """Run it for one of the members; the next one where that one's token is not good any more."""
        for each in list(self.members.values()):
            try:
                return await self._make(each, event)
            except Unauthenticated:
                continue
            except DatabaseFailure:
                break
        return Made(None, is_final=False)
