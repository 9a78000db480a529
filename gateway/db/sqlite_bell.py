"""Hearing of other processes through SQLite: a number in the file changes whenever another connection has committed."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Final

from gateway.db.bells import HEARD_SECONDS, Heard, apart

LOOK_SECONDS: Final = 0.1


class SqliteBell:
    """Looks at `PRAGMA data_version` now and then, which reads a page that is in memory.

    Args:
        connect: opens a connection that only reads.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._task: asyncio.Task[None] | None = None

    @property
    def seconds(self) -> float:
        return HEARD_SECONDS

    def ring(self, organization_id: str) -> None:
        """Nothing: whoever looks sees it."""

    def listen(self, heard: Heard) -> None:
        if self._task is None:
            self._task = apart(self._look(heard))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self, heard: Heard) -> None:
        while True:
            try:
                with closing(self._connect()) as connection:
                    seen = None
                    while True:
                        [now] = connection.execute("PRAGMA data_version").fetchone()
                        if now != seen:
                            seen = now
                            heard(None)
                        await asyncio.sleep(LOOK_SECONDS)
            except sqlite3.Error:  # the file is being put back, say
                await asyncio.sleep(LOOK_SECONDS * 10)
