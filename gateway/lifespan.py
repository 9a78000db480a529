"""Start and end of the application, what has to hold before it serves, and what it does beside answering."""

import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.applications import Starlette
from starlette.types import Lifespan, Message, Send

from gateway.db.database import Database
from gateway.db.failures import DatabaseFailure
from gateway.db.key_files import VaultError
from gateway.db.keys import check_keys, unlock
from gateway.db.lookups import ping
from gateway.db.migrate import lacking, migrate, pending
from gateway.db.urls import is_sqlite
from gateway.observe.failures import report
from gateway.settings import Settings
from gateway.transport.health import Check

logger = logging.getLogger(__name__)

# An answer makes thousands of objects without a cycle among them, so the collector may wait long. A document that the
# caches forget is a cycle, and a large one, so it may not wait for ever.
COLLECTOR_THRESHOLDS: Final = (50_000, 2, 2)

Chore = Callable[[], Coroutine[Any, Any, None]]
"""Goes on until it is cancelled."""


class NotMigrated(RuntimeError):
    """The database lacks migrations."""


_SAYING: Final = (NotMigrated, DatabaseFailure, VaultError)
"""Reasons not to start whose messages say everything."""


def briefly(send: Send) -> Send:
    """Tell the server in one line why it cannot start, if a stack trace would not help."""

    async def send_briefly(message: Message) -> None:
        error = sys.exception()  # starlette sends it while it handles this one
        if message["type"] == "lifespan.startup.failed" and isinstance(error, _SAYING):
            message = {**message, "message": str(error)}
        await send(message)

    return send_briefly


def checks_of(store: Database, settings: Settings) -> dict[str, Check]:
    """The checks that have to pass for the application to serve, by the names that `/readyz` shows."""

    async def check_database() -> None:
        await ping(store)

    migrated = False

    async def check_migrations() -> None:
        nonlocal migrated
        if not migrated and (missing := await pending(settings.database_url)):
            raise NotMigrated(f"{lacking(missing)} Run `gateway migrate`.")
        migrated = True  # a database never loses them

    async def check_encryption() -> None:
        await check_keys(store)

    return {"database": check_database, "migrations": check_migrations, "keys": check_encryption}


async def every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Do something from time to time, until it is cancelled; if it fails, the next time may be a better one."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except DatabaseFailure as failure:
            logger.warning("what is done every %g s stays until the next time: %s", seconds, failure)
        except Exception as error:
            report(f"what is done every {seconds:g} s", error)


def lifespan_of(
    store: Database | None,
    settings: Settings,
    check_migrations: Check,
    state: Mapping[str, Any],
    *,
    chores: Sequence[Chore],
    last: Sequence[Callable[[], Awaitable[None]]],
) -> Lifespan[Starlette]:
    """Start and end of an application, which opens and closes its own store.

    Args:
        store: its own; None where it was handed an open one, which is left alone, and nothing is done beside answering.
        state: what the server finds in the application's state.
        chores: what is done beside answering.
        last: what is awaited, in turn, before the store is closed.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        if store is None:
            try:
                yield state
            finally:
                await _in_turn(last)
            return
        if is_sqlite(settings.database_url):
            await migrate(settings.database_url)
        await check_migrations()
        await store.start()
        # What start-up made stays for ever, so the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECTOR_THRESHOLDS)
        try:
            keys, keys_file = settings.encryption_keys, settings.encryption_keys_file
            await unlock(store, settings.database_url, keys, keys_file)
            async with _doing(chores):
                yield state
        finally:
            await _in_turn(last)
            await store.stop()

    return lifespan


@asynccontextmanager
async def _doing(chores: Sequence[Chore]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each()) for each in chores]
    try:
        yield
    finally:
        for each in tasks:
            each.cancel()
        # What they write to is closed next.
        await asyncio.gather(*tasks, return_exceptions=True)


async def _in_turn(last: Sequence[Callable[[], Awaitable[None]]]) -> None:
    for each in last:
        await each()
