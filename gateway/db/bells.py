"""Bells: how processes learn that the event log has grown, sooner than by polling.

What a bell says only shortens the wait for a look at the log, which alone is true: a bell may ring for nothing, and may
be missed.
"""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol, TypeVar

HEARD_SECONDS: Final = 2.0
"""Between two looks at the log, where a bell is heard."""

DEAF_SECONDS: Final = 0.25
"""Between two looks where none is."""

T = TypeVar("T")

Heard = Callable[[str | None], None]
"""Called with the organization whose log has grown; None where it may be any."""


class Bell(Protocol):
    """What one process rings, and hears of the others."""

    @property
    def seconds(self) -> float:
        """The polling interval: after how long the log is read if nothing was heard."""

    def ring(self, organization_id: str) -> None:
        """Tell other processes, soon and without waiting for it, that an organization's log has grown."""

    def listen(self, heard: Heard) -> None:
        """Call a function when something is heard, from now on; called inside the running event loop."""

    async def stop(self) -> None:
        """Ring and hear no more."""


def apart(work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
    """A task of the process that does not inherit the context of the request that started it."""
    return asyncio.get_running_loop().create_task(work, context=contextvars.Context())
