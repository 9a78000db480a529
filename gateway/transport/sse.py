"""Server-sent events: results as they come, each an event of a stream.

Protocol: graphql-sse, distinct connections mode (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md), on
the format of https://html.spec.whatwg.org/multipage/server-sent-events.html. Lines end in LF alone, since urql reads no
others.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.types import Message, Receive, Send

from gateway.http.headers import PRIVATE, encoded
from gateway.observe.records import current
from gateway.resolvers.errors import Unauthenticated
from gateway.streams.messages import StreamMessage
from gateway.streams.streams import Follower
from gateway.transport.draining import Draining
from gateway.transport.errors import refusal
from gateway.transport.json_output import dump_json
from gateway.transport.negotiation import EVENT_STREAM

Stay = Callable[[Mapping[str, str], Callable[[], None]], Callable[[], None]]
"""Has a function called once the token of a caller, by their header fields, is not good any more; returns what their
leaving calls."""


def unwatched(headers: Mapping[str, str], end: Callable[[], None]) -> Callable[[], None]:
    """Nobody looks after tokens."""
    return lambda: None


async def nothing_comes() -> Message:
    """What a work hears of the caller of a subscription: whoever goes away ends that."""
    never: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    message: Message = await never
    return message


HEARTBEAT_SECONDS: Final = 12.0

HEADERS: Final = (
    (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
    (b"vary", b"Accept"),
    (b"x-accel-buffering", b"no"),  # nginx would hold the events back
    *encoded(PRIVATE),
)

COMPLETE: Final = b"event: complete\ndata:\n\n"
"""Says that no result comes any more; with `data`, or EventSource would pass it over."""

HEARTBEAT: Final = b":\n\n"
"""A comment, by which both ends see that the other is there."""


def next_event(result: bytes, id: str | None = None) -> bytes:
    """The event of a result.

    Args:
        result: JSON without line ends.
        id: that the caller can send as `Last-Event-ID` to go on behind it; ASCII without control characters.
    """
    return b"event: next\n%bdata: %b\n\n" % (b"" if id is None else b"id: %b\n" % id.encode(), result)


class EventStream:
    """A subscription's results on their way to one caller.

    Args:
        follower: has the results; closed with the stream.
        receive: of the request, whose body was read.
        send: of the request.
    """

    def __init__(self, follower: Follower, receive: Receive, send: Send) -> None:
        self._follower = follower
        self._receive = receive
        self._send = send
        self._ended: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def end(self, reason: Exception | None = None) -> None:
        """End it, from wherever that is decided; without a reason its caller comes back, perhaps to another process."""
        if not self._ended.done():
            self._ended.set_result(reason)

    async def run(self, headers: Mapping[str, str], stay: Stay, draining: Draining) -> None:
        """Send results until the caller goes, or something ends it.

        Args:
            headers: that have admitted the caller.
            stay: looks after the caller's token.
            draining: announces the end of the process.
        """
        await self._send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
        leave = stay(headers, lambda: self.end(Unauthenticated("The token is not good any more.")))
        draining.add(self.end)
        tasks = [asyncio.create_task(self._send_results()), asyncio.create_task(self._hear_the_end())]
        try:
            if draining.is_begun:
                self.end()
            while not self._ended.done():
                await asyncio.wait((self._ended,), timeout=HEARTBEAT_SECONDS)
                if not self._ended.done():
                    await self._pass(HEARTBEAT)
            await self._finish(self._ended.result())
        finally:
            draining.discard(self.end)
            leave()
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._follower.close()

    async def _send_results(self) -> None:
        try:
            async for message in self._follower.messages():
                await self._pass(_event_of(message))
        except Exception as error:
            self.end(error)

    async def _hear_the_end(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.end()

    async def _finish(self, reason: Exception | None) -> None:
        """Say why it ends where the caller would come back for nothing; else just end it."""
        last = b""
        if reason is not None:
            failure = refusal(reason)
            current().refused(failure.code, failure.reason)
            last = next_event(dump_json({"errors": failure.errors})) + COMPLETE
        await self._send({"type": "http.response.body", "body": last})

    async def _pass(self, part: bytes) -> None:
        await self._send({"type": "http.response.body", "body": part, "more_body": True})


def _event_of(message: StreamMessage) -> bytes:
    """The event of a result, written once for everybody who gets it."""
    event: Any = message.forms.get(EVENT_STREAM)
    if event is None:
        event = message.forms[EVENT_STREAM] = next_event(message.text, message.cursor)
    made: bytes = event
    return made
