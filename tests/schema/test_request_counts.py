"""Connection requests counted by status: from counters where they know, else in one statement with a deadline."""

import re
from datetime import UTC, datetime

import pytest

from gateway.administration import create_organization
from gateway.db import tables as db
from gateway.settings import Settings
from tests.data import changing, context_of
from tests.graph import open_graph

pytestmark = pytest.mark.anyio

QUERY = """query ($filter: ConnectionRequestFilter) {
    connectionRequestCounts(filter: $filter) { status count } }"""
STATUSES = ("PENDING", "APPROVED", "DENIED", "CANCELED")


def counts(*numbers):
    return [{"status": each, "count": n} for each, n in zip(STATUSES, numbers, strict=True)]


CASES = [
    (None, counts(2, 1, 1, 1), "counters"),
    ({}, counts(2, 1, 1, 1), "counters"),
    ({"kind": {"eq": "ACCESS"}}, counts(1, 0, 0, 1), "counters"),
    ({"status": {"eq": "DENIED"}}, counts(0, 0, 1, 0), "counters"),
    ({"status": {"eq": "DENIED"}, "kind": {"eq": "ACCESS"}}, counts(0, 0, 0, 0), "counters"),
    ({"status": {"ne": "PENDING"}}, counts(0, 1, 1, 1), "connection_requests"),
    ({"orgName": {"contains": "Z"}}, counts(0, 1, 0, 1), "connection_requests"),
    ({"orgName": {"eq": "Nobody"}}, counts(0, 0, 0, 0), "connection_requests"),
    ({"requester": {"firstName": {"eq": "Ada"}}}, counts(0, 1, 0, 1), "connection_requests"),
    ({"comments": {"some": {"body": {"contains": "FIRST"}}}}, counts(0, 1, 0, 0), "connection_requests"),
]


@pytest.mark.parametrize(("filter", "expected", "read"), CASES)
async def test_every_status_is_counted_by_one_statement(graph, filter, expected, read):
    assert (await graph.ask(QUERY, filter=filter))["connectionRequestCounts"] == expected
    [statement] = await graph.statements(QUERY, filter=filter)
    assert re.search(r"FROM (\w+)", statement)[1] == read
    listed = (
        """query ($filter: ConnectionRequestFilter) { connectionRequests(filter: $filter) { totalCount } }"""
    )
    total = (await graph.ask(listed, filter=filter))["connectionRequests"]["totalCount"]
    assert sum(each["count"] for each in expected) == total


async def test_a_count_that_takes_too_long_is_null(database, database_url):
    await create_organization(database, "Many", organization_id="many")
    at = datetime(2018, 4, 9, tzinfo=UTC)
    async with changing(database, "many") as write:
        row = {"kind": "access", "status": "denied", "requested_at": at}
        rows = [{"id": f"r{i}", "org_name": f"Ö{i:06}" * 20, **row} for i in range(3000)]
        await write.insert(db.connection_requests, rows)
    hurried = Settings(database_url=database_url, count_seconds=0.0001)
    async with open_graph(database, database_url, "many", settings=hurried) as graph:
        answer = await graph.answer(QUERY, filter={"orgName": {"contains": "ö002999"}})
        assert answer["data"] == {"connectionRequestCounts": None}
        [error] = answer["errors"]
        assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
        assert error["message"].startswith("Counting took longer than 0.0001 s.")
    async with open_graph(database, database_url, "many") as graph:
        found = await graph.ask(QUERY, filter={"orgName": {"contains": "ö002999"}})
        assert found == {"connectionRequestCounts": counts(0, 0, 1, 0)}


async def test_a_transaction_counts_what_it_has_written_itself(database, client):
    async with changing(database, "north") as write:
        await write.update(db.connection_requests, "r2", {"status": "denied"})
        await write.insert(
            db.connection_requests,
            [{"id": "new", "kind": "access", "status": "denied", "requested_at": write.at}],
        )
        assert await context_of(write, "north").counts_by(db.connection_requests, "status") == {
            "pending": 1,
            "approved": 1,
            "denied": 3,
            "canceled": 1,
        }


async def test_a_viewer_without_secrets_counts_by_counters_too(database, database_url, client):
    async with open_graph(database, database_url, "north", ["read"]) as graph:
        assert (await graph.ask(QUERY))["connectionRequestCounts"] == counts(2, 1, 1, 1)
        refused = await graph.refused(QUERY, filter={"reason": {"eq": "on call"}})
        assert refused == [
            ("FORBIDDEN", "Filtering or ordering by `reason` needs a token with the scope `secrets`.")
        ]
