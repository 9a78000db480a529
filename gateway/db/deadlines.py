"""Deadlines of many short waits, kept by one timer: a timer for each would cost as much as a tenth of a short read."""

import asyncio
from time import perf_counter
from types import TracebackType
from typing import Any

from gateway.db.failures import TooSlow

LOOKS = 20  # within the time that a wait may take; it may take so much of it longer


class Deadlines:
    """Ends waits that take too long.

    Args:
        seconds: how long a wait may take; None for any time.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.waits: dict[Wait, None] = {}  # the oldest first
        self.needs_none = seconds is None  # of a timer: it runs, or nothing has to be ended

    def begin(self) -> None:
        """Look after the waits as long as there are any."""
        if self.seconds is not None:
            self.needs_none = True
            asyncio.get_running_loop().call_later(self.seconds / LOOKS, self._look)

    def _look(self) -> None:
        assert self.seconds is not None
        latest = perf_counter() - self.seconds
        while self.waits and (oldest := next(iter(self.waits))).begun < latest:
            del self.waits[oldest]
            oldest.expire()
        self.needs_none = False
        if self.waits:
            self.begin()


class Wait:
    """One wait of the current task, to be entered for its length.

    It is cancelled as `asyncio.timeout` cancels, so that a caller's own cancelling is told apart.

    Raises:
        TooSlow: on leaving it, it took too long.
    """

    __slots__ = ("_cancelling", "_deadlines", "_is_over", "_task", "begun")

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._is_over = False

    def __enter__(self) -> None:
        deadlines = self._deadlines
        self.begun = perf_counter()
        self._task: asyncio.Task[Any] | None = asyncio.current_task()
        deadlines.waits[self] = None
        if not deadlines.needs_none:
            deadlines.begin()

    def expire(self) -> None:
        """Cancel what waits."""
        assert self._task is not None
        self._is_over = True
        self._cancelling = self._task.cancelling()
        self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._is_over:
            del self._deadlines.waits[self]
            return
        assert self._task is not None
        if self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TooSlow(f"There was no answer within {self._deadlines.seconds:g} seconds.") from error
