"""Fixtures of every data test: a fresh store, once on SQLite and once on PostgreSQL."""

import asyncio
import gc
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from gateway.db.database import Database, open_database
from gateway.db.migrate import migrate
from tests.data import NORTH, SOUTH, fill
from tests.loopback import past_proxies
from tests.postgresql import PostgresqlProcess, fast_folder, own_server

if TYPE_CHECKING:
    from tests.graph import Graph

if (folder := fast_folder()) is not None:
    # A disk that is busy with something else, as after an installation, keeps a commit waiting for seconds.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", folder)

past_proxies()

# httpx2 asks with every request whether Trio runs, and looks through all folders for this package of Trio's.
if find_spec("sniffio") is None:
    sys.modules["sniffio"] = None

# The thousands of tests stay for ever: a tenth of the whole run went to looking at them again and again for garbage.
gc.disable()


def pytest_collection_finish() -> None:
    """Let the collector look at what tests make alone, and less often, as in a server."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server of this test session, up to the database's name.

    ``GATEWAY_TEST_POSTGRESQL`` names one that is there already.
    """
    if given := os.environ.get("GATEWAY_TEST_POSTGRESQL"):
        yield given
        return
    with own_server() as server:
        yield server.url


@pytest.fixture(scope="session")
def spare_postgresql() -> Iterator[PostgresqlProcess]:
    """A second server, which a test may stop and configure; it leaves it running."""
    with own_server() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server: str) -> Iterator[str]:
    """The name of a migrated database, to make others from."""
    with new_database(postgresql_server, "template") as name:
        asyncio.run(migrate(database_at(postgresql_server, name)))
        yield name


@pytest.fixture
def empty_postgresql(postgresql_server: str) -> Iterator[str]:
    """The URL of a database with nothing in it."""
    with new_database(postgresql_server, "empty") as name:
        yield database_at(postgresql_server, name)


@contextmanager
def new_database(server: str, prefix: str, template: str = "template1") -> Iterator[str]:
    """The name of a database of a server, gone afterwards; other test runs on the server have others."""
    name = f"{prefix}_{os.urandom(6).hex()}"
    asyncio.run(execute(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
    yield name
    asyncio.run(execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


async def execute(server: str, sql: str) -> None:
    """Run one statement on a server."""
    connection = await asyncpg.connect(server)
    await connection.execute(sql)
    await connection.close()


def database_at(server: str, name: str) -> str:
    """The server's URL with another database's name."""
    base, _, query = server.partition("?")
    return f"{base.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


@contextmanager
def fresh_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The URL of a migrated, empty database on SQLite or on PostgreSQL."""
    if kind == "sqlite":
        path = folder / "gateway.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgresql_server")
    template = request.getfixturevalue("migrated_postgresql")
    with new_database(server, "test", template) as name:
        yield database_at(server, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of this test alone."""
    with fresh_database(request.param, request, tmp_path) as url:
        yield url


_PREPARE: dict[str, Any] = {}
_TESTS = str(Path(__file__).parent)


def _prepared_once(prepare: Any) -> Any:
    """Compile statements once for all tests; what their keys do not say must not change them.

    Keys of the tests' own statements are told apart by where these are made.
    """

    def prepare_once(key: Any, build: Any) -> Any:
        code = getattr(build, "__code__", None)
        is_of_tests = code is not None and code.co_filename.startswith(_TESTS)
        return prepare((code.co_filename, code.co_firstlineno, key) if is_of_tests else key, build)

    return prepare_once


@pytest.fixture
async def database(database_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    opened = open_database(database_url)
    await opened.start()
    opened.prepare = _PREPARE.setdefault(opened.dialect_name, _prepared_once(opened.prepare))
    yield opened
    await opened.stop()


@pytest.fixture
async def client(database: Database, database_url: str) -> AsyncIterator["Graph"]:
    """A caller who may read everything of the organization `north`; `south` is there beside it."""
    from tests.graph import open_graph  # the whole application: tests of a lower layer do without it

    await fill(database, NORTH)
    await fill(database, SOUTH)
    async with open_graph(database, database_url, "north") as graph:
        yield graph


def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: many tests wait for a database, a process or a deadline."""
    return 2 * (os.cpu_count() or 1)
