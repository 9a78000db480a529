"""Loaders: rows by key, gathered over one tick of the event loop into one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from aiodataloader import DataLoader

from gateway.db.statements import Row

Fetch = Callable[[list[Any]], Awaitable[dict[Any, Row]]]


class RowLoader:
    """Loads rows of one table by one unique column, each once.

    A level of an operation asks for hundreds of keys at the same time. aiodataloader gathers what is asked in one
    tick, but for single keys it keeps a future, a callback and a queue entry each, which cost more than the statement
    itself: so here *all the keys of a call* are one key to it. A caller that is cancelled takes nothing from others.
    """

    def __init__(self, fetch: Fetch) -> None:
        """Make a loader that has loaded nothing yet.

        Args:
            fetch: rows by key; a key that it leaves out has no row.
        """
        self._fetch = fetch
        self._rows: dict[Any, Row | None] = {}
        self._coming: dict[Any, asyncio.Future[None]] = {}
        self._expected: dict[Any, None] = {}
        self._calls: _Calls | None = None

    def expect(self, keys: Iterable[Any]) -> None:
        """Say that these keys will be asked for presently: the next fetch brings them along."""
        self._expected.update(dict.fromkeys(keys))

    async def load(self, key: Any) -> Row | None:
        """The row of one key; None where there is none."""
        return (await self.load_many((key,)))[0]

    async def load_at_once(self, key: Any) -> Row | None:
        """The row of one key without waiting for others to ask: for a root field, before which nothing was asked."""
        rows = self._rows
        if key in rows or self._coming or self._expected:
            return await self.load(key)
        row = rows[key] = (await self._fetch([key])).get(key)
        return row

    async def load_many(self, keys: Sequence[Any]) -> list[Row | None]:
        """The rows of many keys, in their order; None for each that has none."""
        rows, coming = self._rows, self._coming
        missing = [key for key in keys if key not in rows]
        if missing:
            waited: dict[int, asyncio.Future[None]] = {}
            if coming:
                waited = {id(call): call for key in missing if (call := coming.get(key)) is not None}
            missing += [key for key in self._expected if key not in rows]
            self._expected.clear()
            if new := tuple(dict.fromkeys(key for key in missing if key not in coming)):
                if self._calls is None:
                    self._calls = _Calls(self._fetch, rows, coming)
                call = self._calls.load(new)
                coming.update(dict.fromkeys(new, call))
                waited[id(call)] = call
            for future in waited.values():
                await asyncio.shield(future)
        return [rows[key] for key in keys]

    def close(self) -> None:
        """Cancel the fetches that are under way: whoever waits for them is cancelled, too."""
        if self._calls is not None:
            for task in self._calls.running:
                task.cancel()


class _Calls(DataLoader[tuple[Any, ...], None]):
    """Gathers the calls of one tick; a class of its own, so that a loader is no cycle for the collector to find."""

    def __init__(
        self, fetch: Fetch, rows: dict[Any, Row | None], coming: dict[Any, asyncio.Future[None]]
    ) -> None:
        """Gather calls for one loader, whose state the arguments are.

        Args:
            fetch: rows by key; a key that it leaves out has no row.
            rows: receives what is fetched; None for a key that has no row.
            coming: the call that will bring a key's row, until it has.
        """
        super().__init__(cache=False)
        self._fetch = fetch
        self._rows = rows
        self._coming = coming
        self.running: set[asyncio.Task[Any]] = set()

    async def batch_load_fn(self, calls: list[tuple[Any, ...]]) -> list[None]:
        """Fetch the keys of these calls (aiodataloader's hook)."""
        keys = list(chain.from_iterable(calls))
        task = asyncio.current_task()
        assert task is not None
        self.running.add(task)
        try:
            found = await self._fetch(keys)
        finally:
            self.running.discard(task)
            for key in keys:
                self._coming.pop(key, None)
        self._rows.update(dict.fromkeys(keys))
        self._rows.update(found)
        return [None] * len(calls)
