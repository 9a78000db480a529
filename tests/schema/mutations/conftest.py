"""Callers who change things, each test on a store of its own."""

from collections.abc import AsyncIterator

import pytest

from gateway.db.database import Database
from tests.data import NORTH, SOUTH, fill
from tests.graph import Graph, open_graph

ALL = ("read", "write", "approve", "secrets", "admin")


MORE = {
    "connection_requests": [
        {"id": "p1", "org_name": "First", "requester_id": "ada"},
        {"id": "p2", "org_name": "Second", "requester_id": "bob"},
        {"id": "p3", "org_name": "Third"},
    ],
    "people": [{"id": "dan", "first_name": "Dan"}],
}


@pytest.fixture
async def two(database: Database) -> Database:
    """A store with the organizations `north`, three more of whose requests are pending, a person more, and `south`."""
    await fill(database, NORTH)
    await fill(database, MORE, "north")
    await fill(database, SOUTH)
    return database


@pytest.fixture
async def ada(two: Database, database_url: str) -> AsyncIterator[Graph]:
    """A person of `north` whose token may do everything."""
    async with open_graph(two, database_url, "north", ALL, person_id="ada") as caller:
        yield caller
