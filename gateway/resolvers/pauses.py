"""Pauses: long computations let others run from time to time."""

import asyncio
from time import perf_counter
from typing import Final

KEPT_SECONDS: Final = 0.01
"""How long a computation may keep the event loop before it lets others run."""


class Pauses:
    """The pauses of one computation, which begins when they are made.

    Args:
        seconds: how long it may keep the event loop.
    """

    __slots__ = ("_seconds", "_since")

    def __init__(self, seconds: float = KEPT_SECONDS) -> None:
        self._seconds = seconds
        self._since = perf_counter()

    async def pause(self) -> None:
        """Let others run, if it is time."""
        if perf_counter() - self._since > self._seconds:
            await asyncio.sleep(0)
            self._since = perf_counter()
