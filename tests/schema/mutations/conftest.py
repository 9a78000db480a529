"""Callers who change things, each test on a store of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from tests.data import NORTH, SOUTH, at, fill
from tests.files import FILES
from tests.graph import Graph, open_graph

SHA256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"  # of `hello`
ALL = ("read", "write", "approve", "secrets", "admin")


MORE = {
    "connection_requests": [
        {"id": "p1", "org_name": "First", "requester_id": "ada"},
        {"id": "p2", "org_name": "Second", "requester_id": "bob"},
        {"id": "p3", "org_name": "Third"},
    ],
    "people": [{"id": "dan", "first_name": "Dan"}],
    "files": [{"id": "spare", "name": "spare.csv", "size": 5, "sha256": SHA256, "storage_key": "spare/1"}],
    "file_uploads": [
        {
            "id": "sent",
            "name": "sent.csv",
            "storage_key": "sent/1",
            "received_size": 5,
            "received_sha256": SHA256,
            "expires_at": at("2100-01-01"),
        }
    ],
}


async def fill_two(database: Database) -> None:
    """Make the organizations `north`, with more rows, `hello` in two of its files or uploads, and `south`."""
    database.vault = Vault([new_key()])
    for key in ("spare/1", "sent/1"):
        path = Path(FILES) / key
        path.parent.mkdir(exist_ok=True)
        path.write_text("hello")
    await fill(database, NORTH)
    await fill(database, MORE, "north")
    await fill(database, SOUTH)


@pytest.fixture
async def two(database: Database) -> Database:
    """A store with two organizations, as `fill_two` makes them."""
    await fill_two(database)
    return database


@pytest.fixture
async def ada(two: Database, database_url: str) -> AsyncIterator[Graph]:
    """A person of `north` whose token may do everything."""
    async with open_graph(two, database_url, "north", ALL, person_id="ada") as caller:
        yield caller
