"""GraphQL over WebSocket with clients that know the older subprotocol alone, by bare frames at a real server."""

import pytest

from gateway.administration import create_token
from gateway.app import create_app
from gateway.settings import Settings
from tests.data import NORTH, fill
from tests.servers import open_server, open_socket

pytestmark = pytest.mark.anyio

OLDER = ("graphql-ws",)
NAME = "{ organization { name } }"
NORTH_STORES = {"data": {"organization": {"name": "North Stores"}}}
ACKNOWLEDGED = {"type": "connection_ack"}


@pytest.fixture(params=["sqlite"])
def database_url(request, tmp_path):
    """One store is enough: nothing here depends on which it is."""
    from tests.conftest import fresh_database

    with fresh_database(request.param, request, tmp_path) as url:
        yield url


@pytest.fixture
async def served(database, database_url):
    await fill(database, NORTH)
    app = create_app(Settings(database_url=database_url, token_cache_seconds=0), database)
    async with open_server(app) as server:
        yield server


@pytest.fixture
async def token(served, database):
    return (await create_token(database, "north", name="socket", scopes=["read", "write"]))[1]


def start(id, query, **payload):
    return {"id": id, "type": "start", "payload": {"query": query, **payload}}


def ended(id):
    return {"id": id, "type": "complete", "payload": None}


async def test_an_operation_may_come_right_behind_the_token(served, token):
    async with open_socket(served.address, protocols=OLDER) as socket:
        assert socket.connection.subprotocol == "graphql-ws"
        init = {"id": "of no use", "type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
        await socket.send(init, start("1", NAME, variables=None, operationName=None))
        assert await socket.read() == ACKNOWLEDGED
        assert await socket.read() == {"id": "1", "type": "data", "payload": NORTH_STORES}
        assert await socket.read() == ended("1")


async def test_errors_are_a_result(served, token):
    async with open_socket(served.address, token, protocols=OLDER) as socket:
        await socket.send(start("1", "{"))
        error = {
            "message": "Syntax Error: Expected Name, found <EOF>.",
            "locations": [{"line": 1, "column": 2}],
            "extensions": {"code": "GRAPHQL_PARSE_FAILED"},
        }
        assert await socket.read() == {"id": "1", "type": "data", "payload": {"errors": [error]}}
        assert await socket.read() == ended("1")


async def test_a_subscription_goes_on_until_it_is_stopped(served, token):
    async with open_socket(served.address, token, protocols=OLDER) as socket:
        await socket.send(start("1", "subscription { connectionRequestEvents { type } }"))
        first = {"data": {"connectionRequestEvents": {"type": None}}}
        assert await socket.read() == {"id": "1", "type": "data", "payload": first}
        await socket.send({"id": "1", "type": "stop"}, start("2", NAME), {"id": "3", "type": "stop"})
        assert await socket.read() == {"id": "2", "type": "data", "payload": NORTH_STORES}
        assert await socket.read() == ended("2")
        await socket.send({"type": "connection_terminate"})
        assert await socket.closed() == (1000, "")


async def test_who_is_not_admitted_is_told_so(served):
    async with open_socket(served.address, protocols=OLDER) as socket:
        await socket.send({"type": "connection_init", "payload": {}}, start("1", NAME))
        assert await socket.read() == {"type": "connection_error", "payload": {"message": "Forbidden"}}
        assert await socket.closed() == (4403, "Forbidden")


@pytest.mark.parametrize(
    "frame",
    [
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ a }"}}',
        '{"type": "ping"}',
        '{"type": ["start"]}',
    ],
)
async def test_messages_of_the_other_protocol_are_none(served, token, frame):
    async with open_socket(served.address, token, protocols=OLDER) as socket:
        await socket.send(frame)
        assert await socket.closed() == (4400, "Invalid message received")
