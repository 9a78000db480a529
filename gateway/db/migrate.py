"""Migrations: bring a database to the newest schema, and tell whether it is there."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from asyncpg import InterfaceError, PostgresError
from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from gateway.db.data_versions import move_all
from gateway.db.postgresql_server import PostgresqlServer
from gateway.db.sqlite_files import make_file
from gateway.db.urls import is_sqlite, sqlite_path

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic and SQLAlchemy's asynchronous engine are imported where they are needed: a process that finds its database
# up to date stays 15 MB smaller without them.

T = TypeVar("T")

SCRIPTS = Path(__file__).parent / "migrations"
CURRENT = "SELECT version_num FROM alembic_version"

LOCK = 7165301829  # any number, the same for every process: two of them never migrate at once


class Unusable(Exception):
    """The file is no database, or the database is one of a newer gateway; the message is one line."""


async def migrate(url: str) -> None:
    """Apply every migration that the database lacks; safe to call from many processes at once.

    Raises:
        DatabaseFailure: there is no database at the URL, or none that lets us in.
        Unusable: what is there cannot be migrated.
    """
    if not await _is_current(url):
        await connected(url, _upgrade)


async def pending(url: str) -> list[str]:
    """The revisions that the database lacks, the oldest first.

    Raises:
        DatabaseFailure: there is no database at the URL, or none that lets us in.
        Unusable: what is there is no database of this gateway.
    """
    if await _is_current(url):
        return []
    if is_sqlite(url) and not _is_there(sqlite_path(url)):
        return revisions()
    return await connected(url, _pending)


def lacking(missing: list[str]) -> str:
    """The sentence that says which revisions a database lacks: all of them if nothing was ever migrated."""
    if missing == revisions():
        return "The database has no tables yet."
    return f"The database lacks migrations: {', '.join(missing)}."


def newest() -> str:
    """The last revision."""
    return revisions()[-1]


def revisions() -> list[str]:
    """Every revision, the oldest first: the names of their files begin with them."""
    return sorted(path.name.partition("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*.py"))


def _is_there(path: str) -> bool:
    """Whether there is such a file; connecting would make an empty one.

    Raises:
        Unusable: there cannot be one.
    """
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise Unusable(f"The database cannot be used: there is no folder {folder}.")
    if os.path.isdir(path):
        raise Unusable(f"The database cannot be used: {path} is a folder.")
    return os.path.exists(path)


async def _is_current(url: str) -> bool:
    """Whether the database has every migration; False where it cannot be asked, too."""
    try:
        found = await (_sqlite_revision(sqlite_path(url)) if is_sqlite(url) else _postgresql_revision(url))
        return bool(found == newest())
    except (sqlite3.Error, PostgresError, InterfaceError, OSError):
        return False


async def _sqlite_revision(path: str) -> Any:
    if not _is_there(path):
        return None
    with closing(sqlite3.connect(path)) as connection:
        return (connection.execute(CURRENT).fetchone() or [None])[0]


async def _postgresql_revision(url: str) -> Any:
    connection = await PostgresqlServer.of(url).connect()
    try:
        return await connection.fetchval(CURRENT)
    finally:
        await connection.close()


async def connected(url: str, function: Callable[[Connection], T]) -> T:
    """What a function returns for a connection of SQLAlchemy's, in a transaction of its own.

    Raises:
        DatabaseFailure: there is no database at the URL, or none that lets us in.
        Unusable: what is there does not do what is asked of it.
    """
    try:
        return await (_on_sqlite if is_sqlite(url) else _on_postgresql)(url, function)
    except DBAPIError as error:
        said = str(getattr(error.orig, "__cause__", None) or error.orig).partition("\n")[0]  # no SQL
        if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_CANTOPEN:
            said = f"this user has to be allowed to write to {sqlite_path(url)}, and into its folder"
        raise Unusable(f"The database cannot be used: {said}.") from error


async def _on_sqlite(url: str, function: Callable[[Connection], T]) -> T:
    make_file(sqlite_path(url))
    location = URL.create("sqlite", database=sqlite_path(url))
    engine = create_engine(location, poolclass=NullPool, connect_args={"timeout": 30})
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    event.listen(engine, "connect", _manual_transactions)
    with engine.begin() as connection:
        return function(connection)


async def _on_postgresql(url: str, function: Callable[[Connection], T]) -> T:
    from sqlalchemy.ext.asyncio import create_async_engine

    server = PostgresqlServer.of(url)
    engine = create_async_engine("postgresql+asyncpg://", async_creator=server.connect, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        return await connection.run_sync(function)


def _manual_transactions(connection: Any, _record: Any) -> None:
    # Python's sqlite3 would commit before DDL.
    connection.isolation_level = None
    # A table that is made anew is dropped under the eyes of those that name it.
    connection.execute("PRAGMA foreign_keys = OFF")


def configuration(connection: Connection) -> "Config":
    """Alembic's configuration for one open connection; there is no alembic.ini."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    from alembic import command

    missing = _pending(connection)
    command.upgrade(configuration(connection), "head")
    if missing:  # what answers show may have changed without anybody's write
        move_all(connection, "organization.migrated")


def _pending(connection: Connection) -> list[str]:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(configuration(connection))
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {each.revision for each in script.walk_revisions()}:
        raise Unusable(f"The database was made by a newer gateway: its revision is {current}.")
    revisions = [each.revision for each in script.iterate_revisions("head", current or "base")]
    return revisions[::-1]
