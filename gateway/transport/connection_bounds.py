"""The time that callers have for what they owe: a head, a body, taking an answer. No work is done per request."""

import array
import asyncio
import fcntl
import logging
import termios
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from gateway.limits import Limit, Limits, Mode
from gateway.transport.http_cycles import HttpCycle
from gateway.transport.http_refusals import LastAnswer

if TYPE_CHECKING:  # a connection has a watch, and a watch looks at a connection
    from gateway.transport.http_connections import HttpConnection

logger = logging.getLogger(__name__)

LIMITS: Final = Limits()
RATE: Final = 1000  # bytes a second, of a body that is sent or an answer that is taken
LOOKS: Final = 4  # at a transfer, within the time that it may stand still
DRAINED: Final = 48 * 1024  # bytes between the marks at which asyncio has an answer go on

_SLOW_HEAD: Final = LastAnswer(408, "The header did not come in time.")
_SLOW_BODY: Final = LastAnswer(408, "The body did not come in time.")


@dataclass(frozen=True)
class ConnectionBounds:
    """How long callers may take.

    Attributes:
        header_seconds: for the head of a request, from its first byte or the connection's beginning.
        transfer_seconds: without a byte of a body, or of an answer that is taken; and over which RATE is measured.
    """

    header_seconds: float = 10.0
    transfer_seconds: Limit = LIMITS.transfer_seconds


class Pace:
    """Whether enough bytes move, looked at now and then."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun: float | None = None
        self._moved_at = 0.0
        self._bytes = 0

    def rests(self) -> None:
        """Nothing is owed."""
        self._begun = None

    def is_too_slow(self, now: float, moved: int) -> bool:
        """Whether nothing has moved for too long, or too little over that time.

        Args:
            moved: bytes since the last look.
        """
        if self._begun is None:
            self._begun = self._moved_at = now
            self._bytes = 0
            return False
        self._bytes += moved
        if moved:
            self._moved_at = now
        if now - self._moved_at >= self._seconds:
            return True
        spent = now - self._begun
        if spent < self._seconds:
            return False
        is_enough = self._bytes >= RATE * spent
        self._begun, self._bytes = now, 0
        return not is_enough


class Watch:
    """Looks at what the caller of one connection owes: a head, a body, taking an answer, or a next request.

    One timer does for all of it, so that a request sets none.
    """

    def __init__(self, connection: "HttpConnection", bounds: ConnectionBounds) -> None:
        self._connection = connection
        self._header_seconds = bounds.header_seconds
        self._transfer = bounds.transfer_seconds
        self._sent = Pace(self._transfer.number)
        self._taken = Pace(self._transfer.number)
        self._seen_bytes = 0  # of bodies, at the last look
        self._seen_left = 0  # bytes of answers that were not taken then
        self.drained = 0  # how often an answer could go on since
        self._timer = connection.loop.call_later(self._rest(connection.loop.time()), self._look)

    def end(self) -> None:
        """Look no more: the connection is gone."""
        self._timer.cancel()

    def _look(self) -> None:
        connection, now = self._connection, self._connection.loop.time()
        if connection.is_left:
            return
        if self._is_answer_left(now) and self._exceeds("An answer was not taken in time"):
            connection.transport.abort()
            return
        if not connection.transport.is_closing():
            if (
                connection.idle_since is not None
                and now - connection.idle_since >= connection.timeout_keep_alive
            ):
                connection.transport.close()
            elif self._is_head_late(now):
                connection.answer_and_close(_SLOW_HEAD)
            elif self._is_body_late(now) and self._exceeds("A body did not come in time"):
                self._refuse_body()
        self._timer = connection.loop.call_later(self._rest(now), self._look)

    def _rest(self, now: float) -> float:
        """Seconds until the next look."""
        connection = self._connection
        since, idle_since = connection.head_since, connection.idle_since
        rest = min(
            self._header_seconds - (now - since if since is not None else 0),
            # Not later than this where it is not idle: it may be from the next moment on.
            connection.timeout_keep_alive - (now - idle_since if idle_since is not None else 0),
        )
        if self._transfer.mode is not Mode.OFF:
            rest = min(rest, self._transfer.number / LOOKS)
        return max(rest, 0.01)

    def _exceeds(self, what: str) -> bool:
        """Tell that a caller is beyond the limit, and whether it is to be enforced."""
        logger.warning("%s (transfer_seconds, %s)", what, self._transfer.mode)
        return self._connection.exceeds(self._transfer, self._transfer.number)

    def _is_head_late(self, now: float) -> bool:
        connection = self._connection
        cycle = cast(HttpCycle | None, connection.cycle)
        if cycle is not None and not cycle.response_complete:
            # What waits behind it may be unread.
            connection.head_since = now if connection.is_in_head else None
        elif connection.head_since is None and connection.idle_since is None:
            connection.head_since = now  # bytes came that begin no request
        elif connection.head_since is not None:
            return now - connection.head_since >= self._header_seconds
        return False

    def _is_body_late(self, now: float) -> bool:
        connection = self._connection
        moved, self._seen_bytes = connection.body_bytes - self._seen_bytes, connection.body_bytes
        cycle = cast(HttpCycle | None, connection.cycle)
        if (
            self._transfer.mode is Mode.OFF
            or cycle is None
            or cycle.response_complete
            or not cycle.more_body
            or cycle.waiting_for_100_continue
            or connection.flow.read_paused
        ):
            self._sent.rests()
            return False
        return self._sent.is_too_slow(now, moved)

    def _refuse_body(self) -> None:
        if cast(HttpCycle, self._connection.cycle).response_started:
            self._connection.transport.abort()
        else:
            self._connection.answer_and_close(_SLOW_BODY)

    def _is_answer_left(self, now: float) -> bool:
        left = self._connection.transport.get_write_buffer_size()
        if not left or self._transfer.mode is Mode.OFF:
            self._taken.rests()
            return False
        left += _in_the_kernel(self._connection.transport)
        moved = max(0, self._seen_left - left) + self.drained * DRAINED
        self._seen_left, self.drained = left, 0
        return self._taken.is_too_slow(now, moved)


def _in_the_kernel(transport: asyncio.Transport) -> int:
    """Bytes that the peer has not acknowledged (SIOCOUTQ of Linux's tcp(7)); the kernel holds megabytes of them.

    Without them a slow reader of a long answer would seem to take nothing for minutes.
    """
    count = array.array("i", [0])
    try:
        fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, count)
    except OSError:  # a system that does not tell
        return 0
    return count[0]
