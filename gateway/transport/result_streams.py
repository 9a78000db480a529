"""The results of a subscription on their way to one caller over HTTP, in the form that the caller reads."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from starlette.types import Message, Receive, Send

from gateway.observe.records import current
from gateway.resolvers.errors import Unauthenticated
from gateway.streams.messages import StreamMessage
from gateway.streams.streams import Follower
from gateway.transport import sse, subscription_parts
from gateway.transport.draining import Draining
from gateway.transport.errors import refusal
from gateway.transport.negotiation import EVENT_STREAM, MULTIPART

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


class ResultsForm(NamedTuple):
    """How the results of a subscription are written.

    Attributes:
        media_type: that has this form.
        headers: of the answer.
        opening: what comes before anything else.
        heartbeat: says to both ends that the other is there.
        result: writes one result.
        refused: writes, as errors, why no result comes any more.
    """

    media_type: str
    headers: Sequence[tuple[bytes, bytes]]
    opening: bytes
    heartbeat: bytes
    result: Callable[[StreamMessage], bytes]
    refused: Callable[[list[dict[str, Any]]], bytes]


RESULTS_FORMS: Final = {
    form.media_type: form
    for form in (
        ResultsForm(
            EVENT_STREAM,
            sse.HEADERS,
            b"",
            sse.HEARTBEAT,
            lambda message: sse.next_event(message.text, message.cursor),
            sse.refused,
        ),
        ResultsForm(
            MULTIPART,
            subscription_parts.HEADERS,
            subscription_parts.OPENING,
            subscription_parts.HEARTBEAT,
            lambda message: subscription_parts.part(message.text),
            subscription_parts.refused,
        ),
    )
}
"""By the media type that the caller takes results as."""


class ResultStream:
    """A subscription's results on their way to one caller.

    Args:
        form: in which the caller reads them.
        follower: has the results; closed with the stream.
        receive: of the request, whose body was read.
        send: of the request.
    """

    def __init__(self, form: ResultsForm, follower: Follower, receive: Receive, send: Send) -> None:
        self._form = form
        self._follower = follower
        self._receive = receive
        self._send = send
        self._ended: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def end(self, reason: Exception | None = None) -> None:
        """End it; without a reason the caller reconnects, perhaps to another process."""
        if not self._ended.done():
            self._ended.set_result(reason)

    async def run(self, headers: Mapping[str, str], stay: Stay, draining: Draining) -> None:
        """Send results until the caller goes, or something ends it.

        Args:
            headers: that have admitted the caller.
            stay: looks after the caller's token.
            draining: announces the end of the process.
        """
        await self._send({"type": "http.response.start", "status": 200, "headers": list(self._form.headers)})
        if self._form.opening:
            await self._pass(self._form.opening)
        leave = stay(headers, lambda: self.end(Unauthenticated("The token is not good any more.")))
        draining.add(self.end)
        tasks = [asyncio.create_task(self._send_results()), asyncio.create_task(self._hear_the_end())]
        try:
            if draining.is_begun:
                self.end()
            while not self._ended.done():
                await asyncio.wait((self._ended,), timeout=HEARTBEAT_SECONDS)
                if not self._ended.done():
                    await self._pass(self._form.heartbeat)
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
                await self._pass(self._written(message))
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
            last = self._form.refused(failure.errors)
        await self._send({"type": "http.response.body", "body": last})

    async def _pass(self, part: bytes) -> None:
        await self._send({"type": "http.response.body", "body": part, "more_body": True})

    def _written(self, message: StreamMessage) -> bytes:
        """A result in its form, written once for everybody who gets it so."""
        form = self._form
        written: Any = message.forms.get(form.media_type)
        if written is None:
            written = message.forms[form.media_type] = form.result(message)
        made: bytes = written
        return made
