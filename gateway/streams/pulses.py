"""Pulses: wake all tasks that wait for the same thing."""

import asyncio


class Pulse:
    """Wakes the tasks that wait. They must check their condition afterwards: a beat can come without a change."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def beat(self) -> None:
        """Wake all tasks that wait now."""
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
