"""The operations that GraphiQL opens with: each is answered without an error, and changes nothing."""

import json

import pytest
from graphql import parse, validate

from gateway.pages.tabs import TABS
from gateway.schema.schema import make_schema
from tests.data import NORTH, fill
from tests.graph import open_graph

pytestmark = pytest.mark.anyio


@pytest.fixture
async def graph(database, database_url):
    """A caller who may change everything of the organization `north`."""
    await fill(database, NORTH)
    async with open_graph(
        database, database_url, "north", scopes=("read", "secrets", "write", "approve", "admin")
    ) as caller:
        yield caller


WINDOW = {"from": "2026-01-05T00:00:00Z", "to": "2026-01-06T00:00:00Z"}


async def test_every_tab_is_answered(graph):
    for tab in TABS:
        if "subscription" in tab.query:  # no single answer
            assert validate(make_schema()._schema, parse(tab.query)) == []
            continue
        data = await graph.ask(tab.query, **json.loads(tab.filled(WINDOW) or "{}"))
        assert all(payload.get("errors", []) == [] for payload in data.values() if isinstance(payload, dict))
    assert (await graph.ask('{ connectionRequests(filter: {orgName: {eq: "Acme"}}) { totalCount } }')) == {
        "connectionRequests": {"totalCount": 0}
    }


async def test_the_first_tab_has_no_variables_since_graphiql_fills_it_without():
    assert TABS[0].filled(WINDOW) is None
