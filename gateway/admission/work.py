"""Work: an operation or a legacy call while it is under way. It ends at its deadline, and when its caller goes away."""

import asyncio
from math import inf
from types import TracebackType
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from gateway.db.deadlines import Deadlines, Wait
from gateway.limits import Limit, Limits
from gateway.observe.limits import told
from gateway.observe.records import current
from gateway.resolvers.errors import LimitExceeded, Unavailable

_MESSAGE: Final = (
    "The answer took longer than {:g} seconds, and was given up. Ask for less, or try again later."
)


class Work(Wait):
    """One operation or call of the current task, to be entered for its length.

    Callers that go away are looked for only once it has lasted for a while, so that a short one costs nothing more.

    Args:
        deadlines: of all that is under way.
        limits: of seconds, rows and bytes.
        receive: of the request, whose body was read.

    Raises:
        Unavailable: on leaving it, its time is over.
        ClientDisconnect: starlette's; its caller is gone.
    """

    __slots__ = ("_limits", "_listening", "_receive", "_record", "_rows_before")

    def __init__(self, deadlines: Deadlines, limits: Limits, receive: Receive) -> None:
        super().__init__(deadlines)
        self._limits = limits
        self._receive = receive
        self._record = current()
        self._listening: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        record = self._record
        record.work = self
        self._rows_before = record.rows
        record.rows_allowed = record.rows + self._limits.rows.cap
        super().__enter__()

    def expire(self) -> None:
        """Give it up, or say that it is late."""
        limit = self._limits.seconds
        if told(limit, limit.number, self._record):
            self.cancel(Unavailable(_MESSAGE.format(limit.number)))

    def charge_rows(self) -> None:
        """End it, since it has read more rows than are allowed; or say so, once."""
        self._record.rows_allowed = inf
        self._charge(self._limits.rows, self._record.rows - self._rows_before)

    def charge_bytes(self, size: int) -> None:
        """End it, since its answer has more bytes than are allowed; or say so."""
        if size > self._limits.bytes.cap:
            self._charge(self._limits.bytes, size)

    def _charge(self, limit: Limit, price: float) -> None:
        if told(limit, price, self._record):
            self.stop(LimitExceeded(limit, price))

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
        self._record.work = None
        self._record.rows_allowed = inf
        if self._listening is not None:
            self._listening.cancel()
        super().__exit__(kind, error, trace)
