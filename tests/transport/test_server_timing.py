"""What an operation took, told to those who ask."""

import re

import pytest

from tests.data import NORTH, fill
from tests.graph import open_graph

pytestmark = pytest.mark.anyio


@pytest.fixture
async def graph(database, database_url):
    """A caller who may change everything of the organization `north`."""
    await fill(database, NORTH)
    async with open_graph(
        database, database_url, "north", scopes=("read", "secrets", "write", "approve")
    ) as caller:
        yield caller


QUERY = "{ connectionRequests(first: 2) { nodes { orgName } } }"


async def timing(graph, body, wanted="?1"):
    response = await graph.http.post(
        "/graphql", json=body, headers={"want-server-timing": wanted} if wanted else {}
    )
    return response.headers.get("server-timing")


async def test_who_asks_is_told_the_time_and_the_price(graph):
    # The connection, two requests, and a name of each.
    assert re.fullmatch(r'operation;dur=\d+\.\d{3}, price;desc="5"', await timing(graph, {"query": QUERY}))


@pytest.mark.parametrize("wanted", [None, "?0", "1", "true"])
async def test_nobody_else_is(graph, wanted):
    assert await timing(graph, {"query": QUERY}, wanted) is None


async def test_of_a_batch_it_is_the_last_operations(graph):
    small = {"query": "{ viewer { name } }"}
    assert 'price;desc="5"' in await timing(graph, [small, {"query": QUERY}])
    assert 'price;desc="2"' in await timing(graph, [{"query": QUERY}, small])


async def test_of_a_refused_one_there_is_nothing(graph):
    assert await timing(graph, {"query": "{ nothing }"}) is None


async def test_nor_for_callers_without_a_token(graph):
    response = await graph.http.post(
        "/graphql", json={"query": QUERY}, headers={"want-server-timing": "?1", "authorization": "Bearer no"}
    )
    assert (response.status_code, response.headers.get("server-timing")) == (401, None)
