"""Pulses: waking everybody who waits for the same thing."""

import asyncio


class Pulse:
    """Wakes whoever waits. What it is about is looked at afterwards, and again: a beat may come for nothing."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def beat(self) -> None:
        """Wake everybody who waits now."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(None)

    async def wait(self) -> None:
        """Wait for the next beat."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            await future
        except asyncio.CancelledError:
            # Nobody beats for those who gave up, one after the other, between two beats that are far from each other.
            if future in self._waiting:
                self._waiting.remove(future)
            raise
