"""Counting has a deadline; what it costs a list is its count alone."""

from datetime import UTC, datetime

import pytest

from gateway.administration import create_organization
from gateway.db import tables as db
from gateway.settings import Settings
from tests.data import changing
from tests.graph import open_graph

pytestmark = pytest.mark.anyio

QUERY = """query ($name: String) { people(first: 1, filter: {lastName: {contains: $name}}) {
    totalCount nodes { lastName } } }"""


async def test_a_count_that_takes_too_long_is_null_and_the_page_is_there(database, database_url):
    await create_organization(database, "Many", organization_id="many")
    at = datetime(2018, 4, 9, tzinfo=UTC)
    async with changing(database, "many") as write:
        people = [
            {"id": f"p{i}", "last_name": f"Ö{i:06}" * 20, "created_at": at, "updated_at": at}
            for i in range(3000)
        ]
        await write.insert(db.people, people)
    hurried = Settings(database_url=database_url, count_seconds=0.0001)
    async with open_graph(database, database_url, "many", settings=hurried) as graph:
        answer = await graph.answer(QUERY, name="ö002999")
        assert answer["data"]["people"] == {"totalCount": None, "nodes": [{"lastName": "Ö002999" * 20}]}
        [error] = answer["errors"]
        assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
        assert error["path"] == ["people", "totalCount"]
        assert error["message"].startswith("Counting took longer than 0.0001 s.")
    async with open_graph(database, database_url, "many") as graph:
        assert (await graph.ask(QUERY, name="ö002999"))["people"]["totalCount"] == 1
        assert await graph.ask("{ people { totalCount } }") == {"people": {"totalCount": 3000}}
