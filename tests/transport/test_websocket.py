"""GraphQL over WebSocket, by bare frames at a real server: what the protocol's document asks of a server."""

import asyncio

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from gateway.administration import create_token, revoke_token
from gateway.app import create_app
from gateway.settings import Settings
from tests.data import NORTH, fill
from tests.patience import PATIENT
from tests.servers import open_server, open_socket

pytestmark = pytest.mark.anyio

INIT = {"type": "connection_init"}
NAME = "{ organization { name } }"
NO_MESSAGES = [
    "", "x", "[]", "null", "1", '"a"', "{}", '{"type": 1}', '{"type": "start"}', '{"type": "next", "id": "1"}',
    '{"type": "ping", "payload": 1}', '{"type": "connection_init", "payload": []}', '{"type": "complete"}',
    '{"type": "complete", "id": ""}', '{"type": "subscribe", "id": "1"}', '{"type": "subscribe", "payload": {}}',
    '{"type": "subscribe", "id": 1, "payload": {"query": "{ a }"}}', "[" * 2000, b"\xff", b"\xfe\xff", "\ufeff{}",
    '{"type": "subscribe", "id": "1", "payload": []}',
]  # fmt: skip
NO_REQUESTS = [
    ({}, "A GraphQL request must have a query, or the documentId of a known document."),
    ({"query": None}, "A GraphQL request must have a query, or the documentId of a known document."),
    ({"query": 1}, 'The member "query" must be a string.'),
    ({"query": NAME, "variables": 1}, 'The member "variables" must be an object.'),
    ({"query": NAME, "operationName": 1}, 'The member "operationName" must be a string.'),
    ({"query": NAME, "extensions": []}, 'The member "extensions" must be an object.'),
]
NORTH_STORES = {"data": {"organization": {"name": "North Stores"}}}


@pytest.fixture(params=["sqlite"])
def database_url(request, tmp_path):
    """One store is enough: nothing here depends on which it is."""
    from tests.conftest import fresh_database

    with fresh_database(request.param, request, tmp_path) as url:
        yield url


@pytest.fixture
async def token(database):
    await fill(database, NORTH)
    return (await create_token(database, "north", name="socket", scopes=["read", "write"]))[1]


@pytest.fixture
def serve(database, database_url):
    def at(**settings):
        settings = {**PATIENT, "token_cache_seconds": 0, **settings}
        return open_server(create_app(Settings(database_url=database_url, **settings), database))

    return at


async def test_the_token_may_be_in_the_first_message(serve, token):
    bearer = f"Bearer {token}"
    async with serve() as served:
        for payload in (
            {"Authorization": bearer},
            {"authorization": bearer},
            {"token": token},
            {"authToken": token},
            {"headers": {"authorization": bearer}},
            {"headers": {"Authorization": bearer, "x-other": "y"}},
        ):
            async with open_socket(served.address) as socket:
                await socket.send({**INIT, "payload": payload})
                assert await socket.read() == {"type": "connection_ack"}
                await socket.ask("1", NAME)
                assert await socket.read() == {"id": "1", "type": "next", "payload": NORTH_STORES}
                assert await socket.read() == {"id": "1", "type": "complete"}


async def test_the_token_may_be_in_the_handshake(serve, token):
    async with serve() as served, open_socket(served.address, authorization=f"Bearer {token}") as socket:
        assert socket.connection.subprotocol == "graphql-transport-ws"
        assert socket.connection.response.headers["x-request-id"]
        await socket.send(INIT)
        assert await socket.read() == {"type": "connection_ack"}


async def test_who_is_not_admitted_is_forbidden(serve, token):
    async with serve() as served:
        for payload in (
            {},
            {"token": "unknown"},
            {"Authorization": "Basic YTpi"},
            {"token": 1},
            {"headers": "x"},
        ):
            async with open_socket(served.address) as socket:
                await socket.send({**INIT, "payload": payload})
                assert await socket.closed() == (4403, "Forbidden")


async def test_nothing_is_answered_before_the_caller_is_admitted(serve, token):
    async with serve() as served, open_socket(served.address) as socket:
        await socket.ask("1", NAME)
        assert await socket.closed() == (4401, "Unauthorized")


async def test_a_caller_who_never_says_who_they_are_is_closed(serve, token):
    async with serve(header_seconds=0.05) as served, open_socket(served.address) as socket:
        assert await socket.closed() == (4408, "Connection initialisation timeout")


async def test_a_caller_says_who_they_are_once(serve, token):
    async with serve() as served, open_socket(served.address, token) as socket:
        await socket.send(INIT)
        assert await socket.closed() == (4429, "Too many initialisation requests")


async def test_what_is_no_message_closes_the_socket(serve, token):
    async with serve() as served:
        for frame in NO_MESSAGES:
            async with open_socket(served.address, token) as socket:
                await socket.send(frame)
                assert await socket.closed() == (4400, "Invalid message received"), frame


async def test_what_asks_for_no_operation_closes_the_socket(serve, token):
    async with serve() as served:
        for payload, reason in NO_REQUESTS:
            async with open_socket(served.address, token) as socket:
                await socket.send({"id": "1", "type": "subscribe", "payload": payload})
                assert await socket.closed() == (4400, reason)


async def test_pings_are_answered_with_what_they_hold_and_pongs_are_taken(serve, token):
    async with serve() as served, open_socket(served.address) as socket:
        await socket.send({"type": "ping"}, {"type": "pong"}, {"type": "ping", "payload": {"a": [1]}})
        assert await socket.read() == {"type": "pong"}
        assert await socket.read() == {"type": "pong", "payload": {"a": [1]}}


async def test_messages_may_come_as_bytes(serve, token):
    async with serve() as served, open_socket(served.address) as socket:
        await socket.send(b'{"type": "ping"}')
        assert await socket.read() == {"type": "pong"}


async def test_a_mutation_and_a_known_document_are_served(serve, token):
    mutation = """mutation ($name: String) {
      createConnectionRequest(input: {orgName: $name}) { connectionRequest { orgName } errors { code } } }"""
    made = {"createConnectionRequest": {"connectionRequest": {"orgName": "Acme"}, "errors": []}}
    unknown = {"version": 1, "sha256Hash": "0" * 64}
    async with serve() as served, open_socket(served.address, token) as socket:
        await socket.ask("1", mutation, variables={"name": "Acme"})
        assert await socket.read() == {"id": "1", "type": "next", "payload": {"data": made}}
        assert await socket.read() == {"id": "1", "type": "complete"}
        await socket.send(
            {"id": "1", "type": "subscribe", "payload": {"extensions": {"persistedQuery": unknown}}}
        )
        refused = await socket.read()
        assert (refused["id"], refused["type"]) == ("1", "error")
        assert refused["payload"][0]["extensions"] == {"code": "PERSISTED_QUERY_NOT_FOUND"}


async def test_what_is_not_executed_is_an_error_and_the_socket_goes_on(serve, token):
    async with serve() as served, open_socket(served.address, token) as socket:
        await socket.ask("1", "{ nothing }")
        refused = await socket.read()
        assert (refused["id"], refused["type"]) == ("1", "error")
        assert [each["extensions"]["code"] for each in refused["payload"]] == ["GRAPHQL_VALIDATION_FAILED"]
        await socket.ask("1", "query ($n: Int!) { people(first: $n) { totalCount } }", variables={"n": "\0"})
        assert (await socket.read())["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        await socket.ask("1", NAME)
        assert (await socket.read())["payload"] == NORTH_STORES


async def test_an_id_that_is_under_way_closes_the_socket(serve, token, database):
    async with serve() as served, open_socket(served.address, token) as socket, database.transaction():
        mutation = 'mutation { createConnectionRequest(input: {orgName: "A"}) { errors { code } } }'
        await socket.ask("same", mutation)  # it waits for the transaction
        await socket.ask("same", NAME)
        assert await socket.closed() == (4409, "Subscriber for same already exists")


async def test_what_a_caller_has_completed_is_answered_no_more(serve, token, database):
    async with serve() as served, open_socket(served.address, token) as socket:
        async with database.transaction():
            mutation = 'mutation { createConnectionRequest(input: {orgName: "A"}) { errors { code } } }'
            await socket.ask("1", mutation)  # it waits for the transaction
            await socket.send({"id": "1", "type": "complete"}, {"id": "unknown", "type": "complete"})
            await socket.ask("1", NAME)
            assert await socket.read() == {"id": "1", "type": "next", "payload": NORTH_STORES}
            assert await socket.read() == {"id": "1", "type": "complete"}
        await socket.ask("2", '{ connectionRequests(filter: {orgName: {eq: "A"}}) { totalCount } }')
        assert (await socket.read())["payload"] == {"data": {"connectionRequests": {"totalCount": 0}}}


async def test_a_socket_has_so_many_operations_and_no_more(serve, token, database):
    limits = Settings().limits.decided(socket_operations="1")
    async with (
        serve(limits=limits) as served,
        open_socket(served.address, token) as socket,
        database.transaction(),
    ):
        await socket.ask(
            "1", 'mutation { createConnectionRequest(input: {orgName: "A"}) { errors { code } } }'
        )
        await socket.ask("2", NAME)
        refused = await socket.read()
        assert (refused["id"], refused["type"]) == ("2", "error")
        assert refused["payload"][0]["extensions"]["limit"] == "socket_operations"


async def test_a_revoked_token_ends_its_socket(serve, token, database):
    id, secret = await create_token(database, "north", name="short", scopes=["read"])
    async with serve() as served, open_socket(served.address, secret) as socket:
        await revoke_token(database, "north", id)
        await socket.ask("1", NAME)
        assert await socket.closed() == (4403, "Forbidden")


async def test_no_other_subprotocol_is_spoken(serve, token):
    async with serve() as served:
        for protocols in ((), ("graphql-wss",), ("graphql-transport-wss",)):
            async with open_socket(served.address, protocols=protocols) as socket:
                assert socket.connection.subprotocol is None
                assert await socket.closed() == (4406, "Subprotocol not acceptable")


async def test_the_subprotocol_is_chosen_among_several(serve, token):
    both = ("graphql-ws", "graphql-transport-ws")
    async with serve() as served, open_socket(served.address, protocols=both) as socket:
        assert socket.connection.subprotocol == "graphql-transport-ws"


async def test_pages_of_other_origins_open_no_socket(serve, token):
    async with serve() as served:
        for origin in ("https://evil.example", "null", "http://127.0.0.1"):
            with pytest.raises(InvalidStatus) as refused:
                async with open_socket(served.address, origin=origin):
                    pass
            assert refused.value.response.status_code == 403
            assert b"FORBIDDEN" in refused.value.response.body


async def test_sockets_are_opened_at_one_path(serve, token):
    async with serve() as served:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"ws://{served.address}/nowhere", subprotocols=["graphql-transport-ws"]):
                pass
        assert refused.value.response.status_code == 404
        assert b"NOT_FOUND" in refused.value.response.body


async def test_pages_of_this_host_and_of_named_origins_open_sockets(serve, token):
    async with serve(allowed_origins="https://app.example.com") as served:
        for origin in ("https://app.example.com", f"https://{served.address}"):
            async with open_socket(served.address, token, origin=origin):
                pass


async def test_pages_of_this_machine_open_sockets_where_they_are_allowed(serve, token):
    async with serve(allowed_origins="loopback") as served:
        for origin in ("http://localhost:5173", "http://127.0.0.1:3000", "http://[::1]:8080"):
            async with open_socket(served.address, token, origin=origin):
                pass
        for origin in (
            "http://localhost.evil.com",
            "http://evil.com",
            "http://localhost:5173.evil.com",
            "null",
        ):
            with pytest.raises(InvalidStatus) as refused:
                async with open_socket(served.address, token, origin=origin):
                    pass
            assert refused.value.response.status_code == 403


async def test_a_message_is_as_long_as_a_body_may_be(serve, token):
    async with serve() as served, open_socket(served.address, token) as socket:
        await socket.ask("1", NAME + " " * (1 << 20))
        assert (await socket.closed())[0] == 1009


async def test_a_stopping_server_answers_what_is_under_way_and_sends_callers_elsewhere(
    serve, token, database
):
    async with (
        serve() as served,
        open_socket(served.address, token) as idle,
        open_socket(served.address, token) as busy,
    ):
        async with database.transaction():
            await busy.ask(
                "1", 'mutation { createConnectionRequest(input: {orgName: "A"}) { errors { code } } }'
            )
            await busy.send({"type": "ping"})
            assert await busy.read() == {"type": "pong"}
            stopping = asyncio.create_task(served.stop())
            assert (await idle.closed())[0] == 1012
        assert (await busy.read())["payload"] == {"data": {"createConnectionRequest": {"errors": []}}}
        assert await busy.read() == {"id": "1", "type": "complete"}
        assert (await busy.closed())[0] == 1012
        await stopping


async def test_a_handshake_that_the_library_would_break_off_at_is_answered(serve, token):
    async with serve() as served:
        with pytest.raises(InvalidStatus) as refused:
            async with open_socket(served.address, cookie="a" * 9000):
                pass
        assert refused.value.response.status_code in (400, 401)
