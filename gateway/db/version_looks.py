"""Lookups of data versions, shared by the requests of one process.

A look that begins behind a request's arrival tells it what one of its own would tell. So whoever comes while one is
under way waits for the next, which all of them share, and of many requests few take a statement of their own.
"""

import asyncio
from time import perf_counter
from typing import Final

from gateway.db.data_versions import NOTHING, Version, versions_of
from gateway.db.database import Reader
from gateway.db.failures import another
from gateway.db.tables import CATALOGUE

PATIENCE: Final = 0.005
"""Seconds that a look lets the one before it take: one that hangs must not keep all others waiting."""

GATHERING: Final = 0.001
"""Seconds for which a look may wait for more to come, as long as every turn of the event loop brings somebody."""


class _Look:
    """A look that has not begun: the organizations that it is for, and who waits for it beside who takes it."""

    def __init__(self, organization_id: str) -> None:
        self.organizations = {CATALOGUE, organization_id}
        self.waiting: list[asyncio.Future[dict[str, Version] | None]] = []

    async def shared(self, organization_id: str) -> dict[str, Version] | None:
        """What it finds; None where who takes it was ended before."""
        self.organizations.add(organization_id)
        waiter: asyncio.Future[dict[str, Version] | None] = asyncio.get_running_loop().create_future()
        self.waiting.append(waiter)
        return await waiter

    def tell(self, found: dict[str, Version] | None) -> None:
        for waiter in self.waiting:
            if not waiter.done():
                waiter.set_result(found)

    def fail(self, failure: Exception) -> None:
        for waiter in self.waiting:
            if not waiter.done():
                waiter.set_exception(another(failure))


class VersionLooks:
    """Looks at the versions of any organization and of the connectors' catalogue, on which its answers depend, too.

    Args:
        reader: where they are looked up.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._next: _Look | None = None
        self._turn: asyncio.Future[None] | None = None
        self._under_way = 0

    async def versions(self, organization_id: str) -> tuple[Version, Version]:
        """The data versions of an organization and of the catalogue, as they are once this was called, or later.

        The statement is noted with the request that takes the look.

        Raises:
            DatabaseFailure: there is no answer, or none in time; each who waits has an error of their own.
        """
        found = None
        while found is None:
            look = self._next
            found = await (self._look(organization_id) if look is None else look.shared(organization_id))
        return found.get(organization_id, NOTHING), found.get(CATALOGUE, NOTHING)

    async def _look(self, organization_id: str) -> dict[str, Version]:
        """Take the next look, for all who come until it begins."""
        look = self._next = _Look(organization_id)
        try:
            try:
                await self._wait(look)
            finally:
                self._next = None
            self._under_way += 1
            try:
                found = await versions_of(self._reader, look.organizations)
            finally:
                self._under_way -= 1
                if self._turn is not None and not self._turn.done():
                    self._turn.set_result(None)
        except Exception as failure:
            look.fail(failure)
            raise
        except BaseException:
            # Its own request was ended. Theirs were not: one of them takes another look.
            look.tell(None)
            raise
        look.tell(found)
        return found

    async def _wait(self, look: _Look) -> None:
        """Wait for a moment until no look is under way, and until nobody more comes at once."""
        if self._under_way:
            loop = asyncio.get_running_loop()
            self._turn = turn = loop.create_future()
            timer = loop.call_later(PATIENCE, _end, turn)
            try:
                await turn
            finally:
                timer.cancel()
        until = perf_counter() + GATHERING
        while True:
            before = len(look.waiting)
            await asyncio.sleep(0)
            if len(look.waiting) == before or perf_counter() > until:
                break


def _end(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)
