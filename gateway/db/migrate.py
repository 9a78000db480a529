"""Migrations: bring a database to the newest schema, and tell whether it is there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

T = TypeVar("T")

LOCK = 7165301829  # any number, the same for every process: two of them never migrate at once


async def migrate(url: str) -> None:
    """Apply every migration that the database lacks; safe to call from many processes at once."""
    await _connected(url, _upgrade)


async def pending(url: str) -> list[str]:
    """The revisions that the database lacks, the oldest first."""
    return await _connected(url, _pending)


async def _connected(url: str, function: Callable[[Connection], T]) -> T:
    if url.startswith("sqlite:///"):
        engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": 30})
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        event.listen(engine, "connect", _manual_transactions)
        with engine.begin() as connection:
            return function(connection)
    remote = create_async_engine("postgresql+asyncpg://" + url.split("://", 1)[1], poolclass=NullPool)
    async with remote.begin() as asynchronous:
        await asynchronous.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        return await asynchronous.run_sync(function)


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
    command.upgrade(configuration(connection), "head")


def _pending(connection: Connection) -> list[str]:
    script = ScriptDirectory.from_config(configuration(connection))
    current = MigrationContext.configure(connection).get_current_revision()
    revisions = [each.revision for each in script.iterate_revisions("head", current or "base")]
    return revisions[::-1]
