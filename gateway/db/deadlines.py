"""Deadlines of many short waits, watched by one timer: a timer for each would cost a tenth of a short read."""

import asyncio
from time import perf_counter
from types import TracebackType
from typing import Any

from gateway.db.failures import TooSlow

LOOKS = 20  # within the time that a wait may take; it may take so much of it longer
STILL = 0.1  # seconds by which a look may be late before the process is said to have stood still


class Stopped(BaseException):
    """Ends the wait that its own task has stopped; no handler of mere errors may take it for one."""


ENDED = TooSlow("It has ended.")
"""What a wait has ended with is not kept; whatever would end it once more finds this."""


class Deadlines:
    """Ends waits that take too long.

    Args:
        seconds: how long a wait may take; None for any time.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.waits: dict[Wait, None] = {}  # the oldest first
        self.needs_none = seconds is None  # of a timer: it runs, or nothing has to be ended
        self._due = 0.0

    def begin(self) -> None:
        """Watch the waits as long as there are any."""
        if self.seconds is not None:
            self.needs_none = True
            self._due = perf_counter() + self.seconds / LOOKS
            asyncio.get_running_loop().call_later(self.seconds / LOOKS, self._look)

    def _look(self) -> None:
        assert self.seconds is not None
        now = perf_counter()
        latest, looked_at = now - self.seconds, now - self.seconds / LOOKS
        still = now - self._due
        if still > max(self.seconds / LOOKS, STILL):
            latest -= still  # what was answered while the process stood still is read before the next look
        for wait in list(self.waits):
            if wait.begun >= looked_at:
                break
            if wait.begun < latest:
                del self.waits[wait]
                wait.expire()
            else:
                wait.lasts()
        self.needs_none = False
        if self.waits:
            self.begin()


class Wait:
    """One wait of the current task, to be entered for its length.

    It is cancelled as `asyncio.timeout` cancels, so that a caller's own cancelling is told apart.

    Raises:
        TooSlow: on leaving it, it took too long.
    """

    __slots__ = ("_cancelling", "_deadlines", "_failure", "_task", "begun")

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines

    def __enter__(self) -> None:
        deadlines = self._deadlines
        self.begun = perf_counter()
        self._failure: Exception | None = None
        self._task: asyncio.Task[Any] | None = asyncio.current_task()
        deadlines.waits[self] = None
        if not deadlines.needs_none:
            deadlines.begin()

    def expire(self) -> None:
        """End it, since its time is over."""
        self.cancel(TooSlow(f"There was no answer within {self._deadlines.seconds:g} seconds."))

    def lasts(self) -> None:
        """Nothing: it has lasted for a while, and may last for some more."""

    def cancel(self, failure: Exception) -> None:
        """Cancel what waits, from outside of its task.

        Args:
            failure: raised in place of the cancelling; the first that is given.
        """
        assert self._task is not None
        if self._failure is None:
            self._failure = failure
            self._cancelling = self._task.cancelling()
            self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._deadlines.waits.pop(self, None)
        if self._failure is None:
            return
        assert self._task is not None
        if kind is Stopped or (self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError):
            # Its frames hold what was being read, which must not wait for the garbage collector.
            failure, self._failure = self._failure, ENDED
            try:
                raise failure from error
            finally:
                del failure

    def stop(self, failure: Exception) -> None:
        """End it from inside: its own task, or one that works for it, stops here.

        Args:
            failure: raised on leaving it.

        Raises:
            Stopped: the current task is its own. Another, which works for it, is cancelled with it.
        """
        if asyncio.current_task() is self._task:
            if self._failure is None:
                self._failure, self._cancelling = failure, self._task.cancelling() if self._task else 0
            del failure  # it will have this frame for its cause's: a cycle of whatever was being read
            raise Stopped
        self.cancel(failure)
        raise asyncio.CancelledError
