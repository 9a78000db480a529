"""Servers whose time a test moves on."""

import asyncio

from tests.patience import ENOUGH


class Clock(asyncio.SelectorEventLoop):
    """The loop of a server, whose time goes on by itself and, faster, as a test says."""

    def __init__(self):
        super().__init__()
        self._ahead = 0.0

    def time(self):
        return super().time() + self._ahead

    def run(self, server, sockets):
        with asyncio.Runner(loop_factory=lambda: self) as runner:
            runner.run(server.serve(sockets))

    def move(self, seconds):
        """Move it on, and have whatever is due by then done."""
        asyncio.run_coroutine_threadsafe(self._move(seconds), self).result(ENOUGH)

    async def _move(self, seconds):
        self._ahead += seconds
        for _ in range(5):
            await asyncio.sleep(0)
