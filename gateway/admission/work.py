"""Work: a request while it is under way. It has its share, ends at its deadline, and when its caller goes away."""

import asyncio
from math import inf
from time import perf_counter
from types import TracebackType
from typing import Any, Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from gateway.admission.shares import Parties, shares_of
from gateway.db.deadlines import Deadlines, Wait
from gateway.http.addresses import Proxies
from gateway.http.heads import found_in
from gateway.limits import Limit, Limits
from gateway.observe.limits import told
from gateway.observe.records import current
from gateway.resolvers.errors import LimitExceeded, Unavailable

MUCH: Final = 300
"""Rows from which on an operation's short reads are measured, too: a usual page has fewer."""

HEAVY: Final = 8_000_000
"""Bytes of the store from which on an operation is a dear one, whatever its price was."""

QUICK_SECONDS: Final = 0.001
"""How long a request may take whose place is given back at once."""

_MESSAGE: Final = (
    "The answer took longer than {:g} seconds, and was given up. Ask for less, or try again later."
)


class Bounds:
    """What bounds all the work of a process.

    Args:
        connections: of the store's pool.
        proxies: that say who calls.
    """

    def __init__(self, limits: Limits, connections: int, proxies: Proxies | None = None) -> None:
        self.limits = limits
        self.caller = (proxies or Proxies()).caller
        seconds = limits.seconds.cap
        self.deadlines = Deadlines(None if seconds == inf else seconds)
        self.most_rows = limits.rows.cap
        self.most_read = limits.read_bytes.cap
        self.most_read_enforced = limits.read_bytes.enforced
        self.shares, self.dear, self.transfers = shares_of(limits, connections)


class BoundedWork(Wait):
    """One request (`gateway.observe.work.Work`), to be entered for the length of each operation.

    Callers that go away are looked for only once it has lasted for a while, so that a short one costs nothing more.

    Args:
        bounds: of all that is under way.
        scope: of the request.
        receive: of the request, whose body is read before it is entered.

    Raises:
        Unavailable: on leaving it, its time is over.
        ClientDisconnect: starlette's; its caller is gone.
    """

    # What no request has at first; the class has it, since a record of it in every one costs.
    _listening: asyncio.Task[None] | None = None
    _keys: Parties = ()
    _has_place = False
    _is_dear = False

    def __init__(self, bounds: Bounds, scope: Scope, receive: Receive) -> None:
        self._deadlines = bounds.deadlines
        self._bounds = bounds
        self._scope = scope
        self._receive = receive
        self._record = current()
        self.begun = perf_counter()

    # Its share

    def take(self, context: Any) -> bool:
        """Take a place among the requests that are served at once; false where it has to wait for one."""
        shares = self._bounds.shares
        viewer = context.viewer
        address = found_in(self._scope, self._bounds.caller)
        self._keys = keys = shares.keys(viewer.organization_id, viewer.token_id, address)
        self._has_place = has_place = shares.take(keys, self._record)
        return has_place

    async def wait(self) -> None:
        """Wait for the place that `take` did not find.

        Raises:
            Overloaded: too many of the caller's wait already, or it takes too long.
            Unavailable: too many of all wait already.
        """
        await self._bounds.shares.wait(self._keys, self._record)
        self._has_place = True

    async def take_dear(self) -> None:
        """Take a place among its organization's dear operations, or wait for one; it keeps it until it is left.

        Raises:
            GatewayError: as `wait`.
        """
        if self._has_place and not self._is_dear:
            dear = self._bounds.dear
            self._dear_keys = dear.keys(self._keys[0].name)
            if not dear.take(self._dear_keys, self._record):
                await dear.wait(self._dear_keys, self._record)
            self._is_dear = True

    def leave(self) -> None:
        """Give back what it has: its answer is on its way.

        One that took long gives it back only when whatever else is ready has run: requests of one caller that are
        answered without a pause would otherwise follow each other, and all others would wait behind them.
        """
        self._record.work = None
        if self._has_place and perf_counter() - self.begun > QUICK_SECONDS:
            asyncio.get_running_loop().call_soon(self._give_back)
        else:
            self._give_back()

    def _give_back(self) -> None:
        if self._is_dear:
            self._is_dear = False
            self._bounds.dear.give_back(self._dear_keys)
        if self._has_place:
            self._has_place = False
            self._bounds.shares.give_back(self._keys)

    # Its time, rows and bytes

    def __enter__(self) -> None:
        record = self._record
        record.work = self
        self._rows_before = record.rows
        self.rows_allowed = record.rows + self._bounds.most_rows
        self.bytes_read = 0
        self.bytes_allowed = min(HEAVY, self._bounds.most_read)
        self._failure = None
        self._task = asyncio.current_task()
        self.begun = perf_counter()
        deadlines = self._deadlines
        deadlines.waits[self] = None
        if not deadlines.needs_none:
            deadlines.begin()

    def expire(self) -> None:
        """Give it up, or say that it is late."""
        limit = self._bounds.limits.seconds
        if told(limit, limit.number, self._record):
            self.cancel(Unavailable(_MESSAGE.format(limit.number)))

    def charge_rows(self) -> None:
        """End it, since it has read more rows than are allowed; or say so, once."""
        self.rows_allowed = inf
        self._charge(self._bounds.limits.rows, self._record.rows - self._rows_before)

    @property
    def bytes_enforced(self) -> float:
        """How many bytes may be read at most."""
        return self._bounds.most_read_enforced

    @property
    def rows_left(self) -> float:
        """How many rows more may be read, and one, which ends it."""
        return self._rows_before + self._bounds.limits.rows.enforced - self._record.rows

    @property
    def has_read_much(self) -> bool:
        """Whether its short reads are to be measured."""
        return self._record.rows - self._rows_before > MUCH

    async def charge_read(self) -> None:
        """Wait for its turn, since it has read much; or end it, or say so once, since it has read too much.

        Raises:
            Overloaded: as `wait`.
        """
        if self.bytes_read <= self._bounds.most_read:
            self.bytes_allowed = self._bounds.most_read
            await self.take_dear()
            return
        self.bytes_allowed = self.bytes_enforced  # infinity, where the limit is observed
        self._charge(self._bounds.limits.read_bytes, self.bytes_read)

    def charge_bytes(self, size: int) -> None:
        """End it, since its answer has more bytes than are allowed; or say so."""
        if size > self._bounds.limits.bytes.cap:
            self._charge(self._bounds.limits.bytes, size)

    def _charge(self, limit: Limit, price: float) -> None:
        if told(limit, price, self._record):
            self.stop(LimitExceeded(limit, price))

    # Its caller

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
        """Leave an operation; another may be entered after it."""
        if self._listening is not None:
            self._listening.cancel()
            self._listening = None
        if self._failure is None:
            self._deadlines.waits.pop(self, None)
        else:
            super().__exit__(kind, error, trace)
