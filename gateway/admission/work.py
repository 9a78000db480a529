"""Work: an operation or a legacy call while it is under way. It ends at its deadline, and when its caller goes away."""

import asyncio
from types import TracebackType
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from gateway.db.deadlines import Deadlines, Wait
from gateway.limits import Limit
from gateway.observe.limits import told
from gateway.observe.records import current
from gateway.resolvers.errors import Unavailable

_MESSAGE: Final = (
    "The answer took longer than {:g} seconds, and was given up. Ask for less, or try again later."
)


class Work(Wait):
    """One operation or call of the current task, to be entered for its length.

    Callers that go away are looked for only once it has lasted for a while, so that a short one costs nothing more.

    Args:
        deadlines: of all that is under way.
        limit: of seconds.
        receive: of the request, whose body was read.

    Raises:
        Unavailable: on leaving it, its time is over.
        ClientDisconnect: starlette's; its caller is gone.
    """

    __slots__ = ("_limit", "_listening", "_receive", "_record")

    def __init__(self, deadlines: Deadlines, limit: Limit, receive: Receive) -> None:
        super().__init__(deadlines)
        self._limit = limit
        self._receive = receive
        self._record = current()
        self._listening: asyncio.Task[None] | None = None

    def expire(self) -> None:
        """Give it up, or say that it is late."""
        if told(self._limit, self._limit.number, self._record):
            self.cancel(Unavailable(_MESSAGE.format(self._limit.number)))

    def lasts(self) -> None:
        """Begin to look for its caller's going away."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.cancel(ClientDisconnect())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listening is not None:
            self._listening.cancel()
        super().__exit__(kind, error, trace)
