"""Vigils: callers who stay, on sockets and streams, stay for as long as their tokens are good."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from gateway.admission.admission import SCHEMES
from gateway.auth import credentials
from gateway.db.bells import apart
from gateway.db.failures import DatabaseFailure
from gateway.db.outages import Outage
from gateway.observe.failures import report

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 2.0
"""Between two looks at all of them, by one statement each."""

Leave = Callable[[], None]


class Vigil:
    """Looks after the tokens of a process's callers who stay.

    Args:
        still_good: tells which of some tokens are good at this moment.
    """

    def __init__(self, still_good: Callable[[Collection[str]], Awaitable[set[str]]]) -> None:
        self._still_good = still_good
        self._staying: dict[str, dict[object, Callable[[], None]]] = {}
        self._task: asyncio.Task[None] | None = None
        self._outage = Outage(logger, "the tokens of those who stay cannot be looked at")

    def stay(self, headers: Mapping[str, str], end: Callable[[], None]) -> Leave:
        """Have a function called once a caller's token is not good any more.

        Args:
            headers: that have admitted the caller.
            end: ends what the caller has opened; called once at most.

        Returns:
            What the caller's leaving calls.
        """
        token, key = credentials(headers.get("authorization"), SCHEMES), object()
        self._staying.setdefault(token, {})[key] = end
        if self._task is None:
            self._task = apart(self._look())

        def leave() -> None:
            mine = self._staying.get(token, {})
            mine.pop(key, None)
            if not mine:
                self._staying.pop(token, None)

        return leave

    async def stop(self) -> None:
        """Look after nobody any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._staying:
                continue
            try:
                await self._end_others()
                self._outage.ended()
            except DatabaseFailure as failure:
                self._outage.failed(failure)
            except Exception as error:  # whose token is revoked would stay for ever, if nobody looked again
                report("looking at the tokens of those who stay", error)

    async def _end_others(self) -> None:
        """End what was opened with tokens that are not good any more."""
        good = await self._still_good(list(self._staying))
        for token in self._staying.keys() - good:
            for end in self._staying.pop(token).values():
                end()
