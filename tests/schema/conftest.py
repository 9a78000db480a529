"""Fixtures of tests that only read: one filled store for all tests of a module, once on each database."""

from collections.abc import AsyncIterator, Iterator

import pytest

from gateway.db.database import Database, open_database
from tests.conftest import fresh_database
from tests.data import NORTH, SOUTH, fill
from tests.graph import Graph, open_graph


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def store_url(
    request: pytest.FixtureRequest, store_kind: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with fresh_database(store_kind, request, tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture(scope="module")
async def store(store_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    """The organizations `north` and `south`."""
    opened = open_database(store_url, connections=4)
    await opened.start()
    await fill(opened, NORTH)
    await fill(opened, SOUTH)
    yield opened
    await opened.stop()


@pytest.fixture(scope="module")
async def graph(store: Database, store_url: str) -> AsyncIterator[Graph]:
    """A caller who may read everything of the organization `north`."""
    async with open_graph(store, store_url, "north") as caller:
        yield caller
