"""Files that were attached to one request each stay attached to it, in their order, and counted alike."""

import os

import asyncpg
import pytest
from alembic import command
from sqlalchemy import text

from gateway.db import child_counts, counts
from gateway.db.cursors import Order
from gateway.db.links import FILES_OF_REQUEST, REQUESTS_OF_FILE
from gateway.db.migrate import configuration, connected, migrate
from gateway.db.pages import Listing, Window, pages_of_children
from gateway.db.tables import connection_requests, file_attachments, files, integrations
from tests.conftest import database_at
from tests.stores import open_store

pytestmark = pytest.mark.anyio

NOW = "'2024-02-29T12:00:00.000000+00:00'"
MANY = 101


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_url(request, tmp_path, anyio_backend):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/old.db"
    server, name = request.getfixturevalue("postgresql_server"), f"old_{os.urandom(6).hex()}"
    connection = await asyncpg.connect(server)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return database_at(server, name)


def fill(connection):
    """Rows as every revision takes them: a request of many files, one of two, and a file that is attached to none."""
    row = "organization_id, id, created_at, updated_at"
    connection.execute(
        text(
            "INSERT INTO organizations (id, created_at, updated_at, name, kind, timezone)"
            f" VALUES ('o', {NOW}, {NOW}, 'North', 'none', 'UTC')"
        )
    )
    connection.execute(
        text(
            f"INSERT INTO connection_requests ({row}, kind, status, requested_at)"
            f" VALUES ('o', :id, {NOW}, {NOW}, 'access', 'pending', {NOW})"
        ),
        [{"id": "many"}, {"id": "few"}],
    )
    rows = [{"id": f"m{n:03}", "request": "many", "position": MANY - n} for n in range(MANY)]
    rows += [{"id": f"f{n}", "request": "few", "position": n} for n in range(2)]
    rows.append({"id": "loose", "request": None, "position": 7})
    connection.execute(
        text(
            f"INSERT INTO files ({row}, connection_request_id, position, name)"
            f" VALUES ('o', :id, {NOW}, {NOW}, :request, :position, 'a')"
        ),
        rows,
    )
    connection.execute(text(f"INSERT INTO counters VALUES ('o', 'files', '', '', {len(rows)})"))
    connection.execute(
        text(
            f"INSERT INTO integrations ({row}, connection_request_id, position, integration_type)"
            f" VALUES ('o', 'i', {NOW}, {NOW}, 'few', 0, 'items')"
        )
    )


@pytest.mark.parametrize("revision", ["0001", "0004", "0007"])
async def test_attached_files_stay_attached_and_counted(empty_url, revision):
    def make(connection):
        command.upgrade(configuration(connection), revision)
        fill(connection)
        if revision >= "0004":
            connection.execute(text(f"INSERT INTO child_counters VALUES ('o', 'many', 'files', {MANY})"))

    await connected(empty_url, make)
    await migrate(empty_url)

    async with open_store(empty_url) as database:
        order = Order.of(files, [("position", False)])
        of_requests = Listing(files, "o", order, ("name",), children_of=FILES_OF_REQUEST)
        many, few, none = await pages_of_children(
            database, of_requests, ["many", "few", "absent"], Window(200), next_page=True, previous_page=True
        )
        of_files = Listing(
            connection_requests, "o", Order.of(connection_requests, []), children_of=REQUESTS_OF_FILE
        )
        requests = await pages_of_children(
            database, of_files, ["m000", "f1", "loose"], Window(2), next_page=True, previous_page=True
        )
        counted = await child_counts.counts_of_children(database, of_requests, ["many", "few", "absent"])
        integration = Order.of(integrations, [])
        of_integrations = Listing(integrations, "o", integration, children_of="connection_request_id")

        assert [row.id for row in many.rows] == [f"m{n:03}" for n in reversed(range(MANY))]
        assert [row.id for row in few.rows] == ["f0", "f1"]
        assert none.rows == []
        assert [[row.id for row in page.rows] for page in requests] == [["many"], ["few"], []]
        assert counted == [MANY, 2, 0]
        assert await child_counts.counts_of_children(database, of_integrations, ["few"]) == [1]
        assert await counts.count(database, Listing(files, "o", Order.of(files, []))) == MANY + 3
        attachments = Order.of(file_attachments, [])
        assert await counts.count(database, Listing(file_attachments, "o", attachments)) == MANY + 2
