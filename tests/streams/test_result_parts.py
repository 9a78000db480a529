"""Subscriptions as Apollo's clients read them without a WebSocket: parts of one answer, at a real server."""

import json

import pytest

from gateway.administration import create_token
from gateway.app import create_app
from gateway.settings import Settings
from gateway.transport import result_streams
from tests.data import NORTH, fill
from tests.graph import open_graph
from tests.servers import open_server
from tests.streams.events import open_events

pytestmark = pytest.mark.anyio

APOLLO = (
    "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,"
    "application/graphql-response+json,application/json;q=0.9"
)
ALONE = 'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"'
TYPE = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
EVENTS = "subscription ($after: String) { connectionRequestEvents(after: $after) { type node { orgName } } }"
PART = b"\r\ncontent-type: application/json\r\n\r\n"
BOUNDARY = b"\r\n--graphql"


@pytest.fixture
async def served(database, database_url):
    await fill(database, NORTH)
    settings = Settings(database_url=database_url, token_cache_seconds=0)
    async with open_server(create_app(settings, database)) as served:
        yield served


@pytest.fixture
async def token(database, served):
    return (await create_token(database, "north", name="reader", scopes=["read"]))[1]


async def read_part(reader):
    found = await reader.read_through(BOUNDARY)
    assert found.startswith(PART), found
    return json.loads(found.removeprefix(PART).removesuffix(BOUNDARY))


async def test_each_result_is_the_payload_of_a_part(served, token, database, database_url):
    async with open_events(served.address, token, EVENTS, Accept=APOLLO) as reader:
        assert (reader.status, reader.headers["content-type"]) == (200, TYPE)
        assert await reader.read_through(BOUNDARY) == BOUNDARY
        assert await read_part(reader) == {
            "payload": {"data": {"connectionRequestEvents": {"type": None, "node": None}}}
        }
        async with open_graph(database, database_url, "north", ["read", "write"]) as writer:
            await writer.ask(
                'mutation { createConnectionRequest(input: {orgName: "Acme"}) { connectionRequest { id } } }'
            )
        created = {"type": "connection_request.created", "node": {"orgName": "Acme"}}
        assert await read_part(reader) == {"payload": {"data": {"connectionRequestEvents": created}}}


async def test_the_connection_is_kept_alive(served, token, monkeypatch):
    monkeypatch.setattr(result_streams, "HEARTBEAT_SECONDS", 0.01)
    async with open_events(served.address, token, EVENTS, Accept=APOLLO) as reader:
        await reader.read_through(b"{}")


async def test_a_stopping_server_leaves_it_open_ended_so_that_its_caller_comes_back(served, token):
    async with open_events(served.address, token, EVENTS, Accept=APOLLO) as reader:
        await reader.read_through(b"payload")
        await served.stop()
        assert not (await reader.read_through(b"--graphql--")).endswith(b"--graphql--")


async def test_accept_says_how_results_come(served, token):
    for accept, content_type in (
        (ALONE, TYPE),
        ("multipart/mixed;deferSpec=20220824;subscriptionSpec=1.0, application/json", TYPE),
        ("multipart/mixed;subscriptionSpec=1.0, */*;q=0.1", TYPE),
        ("multipart/mixed;subscriptionSpec=1.0, text/event-stream", "text/event-stream; charset=utf-8"),
        ("multipart/mixed;subscriptionSpec=1.0;q=0.5, text/event-stream", "text/event-stream; charset=utf-8"),
        ("multipart/mixed;subscriptionSpec=2.0, application/json", "application/json; charset=utf-8"),
        ("multipart/mixed, application/json", "application/json; charset=utf-8"),
    ):
        async with open_events(served.address, token, EVENTS, Accept=accept) as reader:
            assert (reader.status, reader.headers["content-type"]) == (200, content_type), accept


async def test_whoever_accepts_nothing_else_is_told_everything_so(served, token):
    name = {"data": {"organization": {"name": "North Stores"}}}
    async with open_events(served.address, token, "{ organization { name } }", Accept=ALONE) as reader:
        assert reader.headers["content-type"] == TYPE
        assert await reader.read_through(BOUNDARY) == BOUNDARY
        assert await read_part(reader) == {"payload": name}
        assert await reader.read_through(b"\n") == b"--\r\n"
    async with open_events(served.address, token, "{ nothing }", Accept=ALONE) as reader:
        assert await reader.read_through(BOUNDARY) == BOUNDARY
        [error] = (await read_part(reader))["payload"]["errors"]
        assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    async with open_events(served.address, token, "{ organization { name } }", Accept=APOLLO) as reader:
        assert reader.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
