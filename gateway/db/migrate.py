"""Migrations: bring a database to the newest schema, and tell whether it is there."""

from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from asyncpg import InterfaceError, PostgresError
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

T = TypeVar("T")

LOCK = 7165301829  # any number, the same for every process: two of them never migrate at once


class Unusable(Exception):
    """There is no database at the URL, none that lets us in, or one of a newer gateway; the message is one line."""


async def migrate(url: str) -> None:
    """Apply every migration that the database lacks; safe to call from many processes at once.

    Raises:
        Unusable: there is no database to migrate.
    """
    await _connected(url, _upgrade)


async def pending(url: str) -> list[str]:
    """The revisions that the database lacks, the oldest first.

    Raises:
        Unusable: there is no database to ask.
    """
    return await _connected(url, _pending)


async def _connected(url: str, function: Callable[[Connection], T]) -> T:
    async with AsyncExitStack() as open_:
        if url.startswith("sqlite:///"):
            engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": 30})
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
            event.listen(engine, "connect", _manual_transactions)
            with _one_line():
                connection = open_.enter_context(engine.begin())
            return function(connection)
        with _one_line():
            remote = create_async_engine("postgresql+asyncpg://" + url.split("://", 1)[1], poolclass=NullPool)
            asynchronous = await open_.enter_async_context(remote.begin())
        await asynchronous.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        return await asynchronous.run_sync(function)


@contextmanager
def _one_line() -> Iterator[None]:
    """What drivers say when they cannot connect, without SQL and links; none of them quotes a password."""
    try:
        yield
    except DBAPIError as error:
        raise Unusable(f"The database cannot be used: {error.orig}.") from error
    except (ArgumentError, OSError, PostgresError, InterfaceError, ValueError) as error:
        first_line = str(error).partition("\n")[0]
        raise Unusable(f"The database cannot be used: {first_line}.") from error


def _manual_transactions(connection: Any, _record: Any) -> None:
    # Python's sqlite3 would commit before DDL.
    connection.isolation_level = None


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for one open connection; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    _pending(connection)
    command.upgrade(configuration(connection), "head")


def _pending(connection: Connection) -> list[str]:
    script = ScriptDirectory.from_config(configuration(connection))
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {each.revision for each in script.walk_revisions()}:
        raise Unusable(f"The database was made by a newer gateway: its revision is {current}.")
    revisions = [each.revision for each in script.iterate_revisions("head", current or "base")]
    return revisions[::-1]
