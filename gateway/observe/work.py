"""Work: what the doors of every protocol do with a request under way, whoever bounds it."""

from math import inf
from types import TracebackType
from typing import Any, Protocol

from starlette.types import Receive, Scope

from gateway.db.metering import Meter


class Work(Meter, Protocol):
    """One request under way: entered for the length of each of its operations, and left when its answer is sent.

    Attributes:
        rows_allowed: until the request's rows are more, `charge_rows` need not be called.
    """

    rows_allowed: float

    def take(self, context: Any) -> bool:
        """Take a place among those that are served at once; false where there is none, and `wait` has to be awaited.

        Args:
            context: of the caller.
        """

    async def wait(self) -> None:
        """Wait for a place.

        Raises:
            GatewayError: Overloaded, too many of the caller's wait already, or it takes too long; Unavailable, too many
                of all wait.
        """

    async def take_dear(self) -> None:
        """Take a place among the dear operations, of which few are run at once, or wait for one.

        Raises:
            GatewayError: as `wait`.
        """

    def leave(self) -> None:
        """Give back what was taken."""

    def charge_rows(self) -> None:
        """More rows were read than are allowed: nothing of it goes on, unless the limit is observed alone."""

    def charge_bytes(self, size: int) -> None:
        """The answer has so many bytes, so far."""

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave an operation.

        Raises:
            GatewayError: Unavailable, it took too long; LimitExceeded, it read or wrote too much.
        """


class Unbounded:
    """The work of a door that nobody bounds."""

    rows_allowed = bytes_allowed = bytes_enforced = rows_left = inf
    bytes_read = 0
    has_read_much = False

    def __init__(self, scope: Scope, receive: Receive) -> None:
        """Nothing is looked at."""

    def take(self, context: Any) -> bool:
        """There is a place for everybody."""
        return True

    async def wait(self) -> None:
        """Nobody waits."""

    async def take_dear(self) -> None:
        """Nobody waits."""

    def leave(self) -> None:
        """Nothing was taken."""

    def charge_rows(self) -> None:
        """Any number may be read."""

    async def charge_read(self) -> None:
        """They may have any size."""

    def charge_bytes(self, size: int) -> None:
        """An answer may have any size."""

    def __enter__(self) -> None:
        """Nothing ends it."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing has ended it."""
