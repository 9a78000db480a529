"""Subscriptions at a real server, over both transports and on both stores."""

import asyncio
import base64
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from gateway.administration import create_token, erase_person, revoke_token
from gateway.app import create_app
from gateway.db import tables
from gateway.db.vault import Vault, new_key
from gateway.events import Event
from gateway.events.pruning import prune
from gateway.resolvers.writes import writing
from gateway.settings import Settings
from gateway.streams import groups
from tests.data import NORTH, SOUTH, changing, fill
from tests.graph import open_graph
from tests.patience import ENOUGH, PATIENT
from tests.servers import open_server, open_socket
from tests.streams.events import open_events

pytestmark = pytest.mark.anyio

SIMPLE = "{ cursor type resync node { id orgName status } }"
REQUESTS = f"subscription ($after: String) {{ connectionRequestEvents(after: $after) {SIMPLE} }}"
CREATE = """mutation ($name: String!) {
  createConnectionRequest(input: {orgName: $name}) { connectionRequest { id } errors { code } } }"""


@pytest.fixture
async def served(database, database_url):
    await fill(database, NORTH)
    await fill(database, SOUTH)
    settings = Settings(database_url=database_url, token_cache_seconds=0, **PATIENT)
    async with open_server(create_app(settings, database)) as served:
        yield served


@pytest.fixture
async def token(database, served):
    return (await create_token(database, "north", name="reader", scopes=["read", "write"]))[1]


@pytest.fixture
async def writer(database, database_url, served):
    scopes = ["read", "write", "approve", "admin"]
    async with open_graph(database, database_url, "north", scopes, person_id="ada") as graph:
        yield graph


async def create(writer, name):
    made = await writer.ask(CREATE, name=name)
    return made["createConnectionRequest"]["connectionRequest"]["id"]


class Sockets:
    """Subscriptions over a WebSocket."""

    @asynccontextmanager
    async def open(self, served, token, query, **variables):
        async with open_socket(served.address, token) as socket:
            await socket.ask("1", query, variables=variables)

            async def read():
                message = await socket.read()
                assert message["id"] == "1", message
                if message["type"] == "error":
                    return {"errors": message["payload"]}
                assert message["type"] == "next", message
                return message["payload"]

            yield read


class Events:
    """Subscriptions as server-sent events."""

    @asynccontextmanager
    async def open(self, served, token, query, **variables):
        async with open_events(served.address, token, query, variables) as reader:

            async def read():
                event = await reader.read()
                assert event.name == "next", event
                return orjson.loads(event.data)

            yield read


@pytest.fixture(params=[Sockets(), Events()], ids=["websocket", "events"])
def transport(request):
    return request.param


async def test_a_change_is_told_with_what_it_is_about_as_it_is(served, token, writer, transport):
    async with transport.open(served, token, REQUESTS) as read:
        first = (await read())["data"]["connectionRequestEvents"]
        assert first == {"cursor": first["cursor"], "type": None, "resync": False, "node": None}
        made = await create(writer, "Acme")
        told = (await read())["data"]["connectionRequestEvents"]
        assert told == {
            "cursor": told["cursor"],
            "type": "connection_request.created",
            "resync": False,
            "node": {"id": made, "orgName": "Acme", "status": "PENDING"},
        }
        assert told["cursor"] != first["cursor"]


async def test_it_goes_on_behind_a_cursor(served, token, writer, transport):
    async with transport.open(served, token, REQUESTS) as read:
        await read()
        await create(writer, "one")
        cursor = (await read())["data"]["connectionRequestEvents"]["cursor"]
    for name in ("two", "three"):
        await create(writer, name)
    async with transport.open(served, token, REQUESTS, after=cursor) as read:
        assert (await read())["data"]["connectionRequestEvents"]["cursor"] == cursor
        await create(writer, "four")
        names = [(await read())["data"]["connectionRequestEvents"]["node"]["orgName"] for _ in range(3)]
    assert names == ["two", "three", "four"]


async def test_what_is_gone_is_null(served, token, writer, transport):
    made = await create(writer, "Acme")
    async with transport.open(served, token, REQUESTS) as read:
        await read()
        await writer.ask(
            "mutation ($id: ID!) { deleteConnectionRequest(input: {id: $id}) { deletedId } }", id=made
        )
        told = (await read())["data"]["connectionRequestEvents"]
        assert (told["type"], told["node"]) == ("connection_request.deleted", None)


async def test_last_event_id_counts_more_than_the_document(served, token, writer):
    async with open_events(served.address, token, REQUESTS) as reader:
        first = await reader.read()
        assert first.id == orjson.loads(first.data)["data"]["connectionRequestEvents"]["cursor"]
        await create(writer, "one")
        last = await reader.read()
        await create(writer, "two")
    before = {"after": first.id}
    async with open_events(served.address, token, REQUESTS, before, Last_Event_ID=last.id) as reader:
        assert (await reader.read()).id == last.id
        assert b'"two"' in (await reader.read()).data.encode()


async def test_who_did_it_and_what_changed(served, token, database, database_url, transport):
    query = """subscription { connectionRequestEvents {
      type door actor { firstName } token { name } changes { type uuid before after } counts { type } } }"""
    async with open_graph(database, database_url, "north", ["read", "write"], person_id="ada") as ada:
        made = await create(ada, "Acme")
        async with transport.open(served, token, query) as read:
            first = (await read())["data"]["connectionRequestEvents"]
            assert set(first.values()) == {None}
            await ada.ask(
                """mutation ($id: ID!) { updateConnectionRequest(input: {id: $id, orgName: "Acme Ltd", reason: null}) {
                  errors { code } } }""",
                id=made,
            )
            assert (await read())["data"]["connectionRequestEvents"] == {
                "type": "connection_request.updated",
                "door": "GRAPHQL",
                "actor": {"firstName": "Ada"},
                "token": None,
                "changes": [
                    {
                        "type": "ConnectionRequest",
                        "uuid": base64.b64decode(made).decode().partition(":")[2],
                        "before": {"orgName": "Acme"},
                        "after": {"orgName": "Acme Ltd"},
                    }
                ],
                "counts": None,
            }


async def test_many_rows_at_once_reach_every_subscriber_of_their_tables(served, token, database, transport):
    query = """subscription { connectionRequestEvents(filter: {types: ["connection_request.approved"]}) {
      type resync node { id } counts { type inserted updated removed } } }"""
    async with transport.open(served, token, query) as read:
        await read()
        async with writing(database, "north", None) as write:
            counts = {"connection_requests": {"inserted": 2, "updated": 1}, "people": {"inserted": 3}}
            write.happened(Event("crux.imported", "connection_requests", data={"rows": counts}))
        assert (await read())["data"]["connectionRequestEvents"] == {
            "type": "crux.imported",
            "resync": True,
            "node": None,
            "counts": [
                {"type": "ConnectionRequest", "inserted": 2, "updated": 1, "removed": 0},
                {"type": "Person", "inserted": 3, "updated": 0, "removed": 0},
            ],
        }


FILTERED = """subscription ($filter: ConnectionRequestEventFilter) {
  connectionRequestEvents(filter: $filter) { type node { orgName } } }"""
APPROVE = "mutation ($id: ID!) { approveConnectionRequest(input: {id: $id}) { errors { code } } }"


async def test_a_filter_leaves_out_what_does_not_satisfy_it(served, writer, transport):
    token = (await create_token(writer.database, "north", name="reader", scopes=["read", "secrets"]))[1]
    for number, (wanted, told) in enumerate(
        [
            ({"node": {"orgName": {"startsWith": "two"}}}, ("connection_request.created", "two")),
            ({"nodes": True}, ("connection_request.approved", "one")),
            ({"types": ["connection_request.approved"]}, ("connection_request.approved", "one")),
        ]
    ):
        one = await create(writer, f"one {number}")
        filter = {"nodes": [one]} if "nodes" in wanted else wanted
        async with transport.open(served, token, FILTERED, filter=filter) as read:
            await read()
            await create(writer, f"two {number}")
            await writer.ask(APPROVE, id=one)
            event = (await read())["data"]["connectionRequestEvents"]
            assert (event["type"], event["node"]["orgName"]) == (told[0], f"{told[1]} {number}")


async def test_who_is_told_nothing_for_long_is_told_a_cursor(
    served, token, writer, database, transport, monkeypatch
):
    monkeypatch.setattr(groups, "QUIET_SECONDS", 0.02)
    query = """subscription ($after: String) {
      connectionRequestEvents(after: $after, filter: {types: ["connection_request.approved"]}) {
        cursor type node { orgName } } }"""

    async with transport.open(served, token, query) as read, transport.open(served, token, query) as twin:
        first = (await read())["data"]["connectionRequestEvents"]
        await twin()
        made = await create(writer, "not wanted")
        notice = (await read())["data"]["connectionRequestEvents"]
        assert notice == {"cursor": notice["cursor"], "type": None, "node": None}
        assert (await twin())["data"]["connectionRequestEvents"] == notice
    await prune(database, "north", datetime.now(UTC) + timedelta(days=1))
    async with transport.open(served, token, query, after=first["cursor"]) as read:
        assert (await read())["errors"][0]["extensions"]["code"] == "CURSOR_TOO_OLD"
    async with transport.open(served, token, query, after=notice["cursor"]) as read:
        assert (await read())["data"]["connectionRequestEvents"] == notice
        await writer.ask(APPROVE, id=made)
        event = (await read())["data"]["connectionRequestEvents"]
        assert (event["type"], event["node"]) == ("connection_request.approved", {"orgName": "not wanted"})


async def test_who_was_erased_is_in_no_message_to_those_who_come_back(
    served, token, writer, database, transport
):
    query = """subscription ($after: String) { events(after: $after) {
      type cursor changes { before after } node { ... on Person { lastName } } } }"""
    rename = (
        'mutation ($id: ID!) { updatePerson(input: {id: $id, lastName: "Unforgotten"}) { errors { code } } }'
    )
    secret = (await create_token(database, "north", name="admin", scopes=["read", "admin"]))[1]
    async with transport.open(served, secret, query) as read:
        before = (await read())["data"]["events"]["cursor"]
        await writer.ask(rename, id="UGVyc29uOmJvYg==")
        told = await read()
        assert (told["data"]["events"]["type"], told["data"]["events"]["node"]["lastName"]) == (
            "person.updated",
            "Unforgotten",
        )
        await erase_person(database, "north", "bob")
        while (await read())["data"]["events"]["type"] != "person.erased":
            pass
        # The first one still follows, so that the second shares what was made for it.
        async with transport.open(served, secret, query, after=before) as again:
            await again()
            told = (await again())["data"]["events"]
            assert told["type"] == "person.updated"
            assert "Unforgotten" not in orjson.dumps(told).decode()


async def test_a_customers_token_is_told_of_its_accounts_alone(served, database, database_url, transport):
    token = (await create_token(database, "north", name="c", scopes=["read"], customer_id="cus"))[1]
    create = """mutation ($customer: String) { createConnectedAccount(input: {
      kind: CONNECTOR, service: "hubspot", customerId: $customer}) { connectedAccount { id } errors { code } } }"""
    queries = {
        "connectedAccountEvents": "subscription { connectedAccountEvents { node { id } } }",
        "events": "subscription { events { node { id } } }",
    }
    async with open_graph(database, database_url, "north", ["read", "write"]) as writer:
        for field, query in queries.items():
            async with transport.open(served, token, query) as read:
                await read()
                await writer.ask(create, customer="other")
                made = (await writer.ask(create, customer="cus"))["createConnectedAccount"]
                assert (await read())["data"][field] == {"node": {"id": made["connectedAccount"]["id"]}}


async def test_what_is_no_cursor_and_one_of_another_history_is_refused(served, token, writer, transport):
    for after, code in (
        ("nonsense", "BAD_USER_INPUT"),
        ("AQAAAAAAAAABAAAAAAAAAAE", "CURSOR_TOO_OLD"),
        ("AQAAAAAAD0JAAAAAAAAAAAE", "CURSOR_TOO_OLD"),
    ):
        async with transport.open(served, token, REQUESTS, after=after) as read:
            answer = await read()
            assert [each["extensions"]["code"] for each in answer["errors"]] == [code], after
            assert "data" not in answer


async def test_who_may_not_read_is_refused(served, database, transport):
    token = (await create_token(database, "north", name="w", scopes=["write"]))[1]
    async with transport.open(served, token, REQUESTS) as read:
        assert [each["extensions"]["code"] for each in (await read())["errors"]] == ["FORBIDDEN"]


async def test_one_run_serves_all_who_ask_the_same(served, token, writer, database):
    async with AsyncExitStack() as stack:
        readers = []
        for _ in range(5):
            for transport in (Sockets(), Events()):
                read = await stack.enter_async_context(transport.open(served, token, REQUESTS))
                cursor = (await read())["data"]["connectionRequestEvents"]["cursor"]
                readers.append(read)
        # Where they began is no part of what they ask.
        again = Sockets().open(served, token, REQUESTS, after=cursor)
        readers.append(await stack.enter_async_context(again))
        await readers[-1]()
        seen = []
        database.on_statement = seen.append
        await create(writer, "Acme")
        told = [await read() for read in readers]
        database.on_statement = None
    assert told == [told[0]] * 11
    reads = [sql for sql in seen if sql.startswith("SELECT") and "FROM connection_requests" in sql]
    assert len(reads) == 1, reads  # the mutation's own answer is what it has left


async def test_a_signed_url_is_of_the_token_that_is_told_it(served, token, writer, database):
    """It ends with its token, and so is none of another's that sees the same."""
    database.vault = Vault([new_key()])
    async with changing(database, "north") as write:
        file = {"id": "sent", "name": "a.csv", "storage_key": "k", "position": 9}
        await write.insert(tables.files, [file])
        await write.insert(
            tables.file_attachments, [{"file_id": "sent", "connection_request_id": "r1", "position": 9}]
        )
    # An upload makes the organization's key.
    await writer.ask('mutation { createFileUpload(input: {name: "x"}) { errors { code } } }')
    query = """subscription { connectionRequestEvents {
        node { uploadedFiles(filter: {uuid: {eq: "sent"}}) { nodes { downloadUrl } } } } }"""
    _, twin = await create_token(database, "north", name="twin", scopes=["read", "write"])
    async with AsyncExitStack() as stack:
        readers = []
        for each in (token, twin):
            readers.append(await stack.enter_async_context(Sockets().open(served, each, query)))
            await readers[-1]()
        await writer.ask(
            """mutation { updateConnectionRequest(input: {id: "Q29ubmVjdGlvblJlcXVlc3Q6cjE=", reason: "new"}) {
                errors { code } } }"""
        )
        told = [(await read())["data"]["connectionRequestEvents"]["node"] for read in readers]
    urls = [each["uploadedFiles"]["nodes"][0]["downloadUrl"] for each in told]
    assert urls[0] != urls[1]
    assert all("signed=" in each for each in urls)


async def test_a_token_that_is_revoked_ends_what_it_opened(served, writer, database):
    id, secret = await create_token(database, "north", name="short", scopes=["read"])
    async with (
        open_socket(served.address, secret) as socket,
        open_events(served.address, secret, REQUESTS) as events,
        open_events(served.address, secret, REQUESTS, Accept="multipart/mixed;subscriptionSpec=1.0") as parts,
    ):
        await socket.ask("1", REQUESTS)
        await socket.read()
        await events.read()
        await parts.read_through(b"payload")
        await revoke_token(database, "north", id)
        async with asyncio.timeout(ENOUGH):
            assert await socket.closed() == (4403, "Forbidden")
            last = await events.read()
            assert orjson.loads(last.data)["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            assert (await events.read()).name == "complete"
            assert await events.read() is None
            _, _, rest = (await parts.read_through(b"--graphql--\r\n")).rpartition(b"\r\n\r\n")
            text, _, end = rest.partition(b"\r\n")
            assert orjson.loads(text) == {"payload": None, "errors": orjson.loads(last.data)["errors"]}
            assert end == b"--graphql--\r\n"


async def test_who_follows_is_told_of_a_fault_of_ours(served, token, writer, database, transport):
    def fail(sql):
        if "FROM events" in sql:
            raise ZeroDivisionError

    async with transport.open(served, token, REQUESTS) as read:
        await read()
        database.on_statement = fail
        await create(writer, "Acme")
        told = await read()
        database.on_statement = None
    assert told["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"


async def test_a_stopping_server_sends_subscribers_elsewhere(served, token):
    async with (
        open_socket(served.address, token) as socket,
        open_events(served.address, token, REQUESTS) as events,
    ):
        await socket.ask("1", REQUESTS)
        await socket.read()
        await events.read()
        await served.stop()
        assert (await socket.closed())[0] == 1012
        # Without `complete`, behind which nobody would come back.
        assert await events.read() is None


async def test_a_subscription_that_its_caller_completes_ends(served, token, writer):
    async with open_socket(served.address, token) as socket:
        await socket.ask("1", REQUESTS)
        await socket.read()
        await socket.send({"id": "1", "type": "complete"})
        await socket.ask("1", "{ organization { name } }")
        await create(writer, "Acme")
        assert (await socket.read())["payload"] == {"data": {"organization": {"name": "North Stores"}}}
        assert await socket.read() == {"id": "1", "type": "complete"}


async def test_a_subscription_is_no_single_answer(served, token):
    async with open_events(served.address, token, REQUESTS, Accept="application/json") as events:
        assert events.status == 200  # as the audits ask, for those who accept application/json alone
        assert events.headers["content-type"] == "application/json; charset=utf-8"


async def test_the_cursor_of_a_query_is_read_before_its_data(writer):
    """Between the query and the subscription nothing is missed, wherever the field stands."""
    seen = await writer.statements(
        "{ connectionRequests { nodes { id } } people { totalCount } eventCursor }"
    )
    assert "data_versions" in seen[0]
    assert not any("data_versions" in each for each in seen[1:])


async def test_a_query_and_a_subscription_behind_it(served, token, writer, transport):
    cursor = (await writer.ask("{ people { totalCount } eventCursor }"))["eventCursor"]
    await create(writer, "between")
    async with transport.open(served, token, REQUESTS, after=cursor) as read:
        await read()
        assert (await read())["data"]["connectionRequestEvents"]["node"]["orgName"] == "between"


async def test_nothing_may_be_read_from_the_log_without_the_scope(database, database_url, served):
    async with open_graph(database, database_url, "north", ["write"]) as graph:
        assert [code for code, _ in await graph.refused("{ eventCursor }")] == ["FORBIDDEN"]


async def test_an_organization_has_so_many_subscriptions_and_no_more(database, database_url):
    await fill(database, NORTH)
    token = (await create_token(database, "north", name="reader", scopes=["read"]))[1]
    limits = Settings().limits.decided(organization_subscriptions="1")
    app = create_app(Settings(database_url=database_url, count_seconds=10, limits=limits), database)
    async with open_server(app) as served, Sockets().open(served, token, REQUESTS) as read:
        await read()
        async with Sockets().open(served, token, REQUESTS) as another:
            [error] = (await another())["errors"]
            assert error["extensions"]["limit"] == "organization_subscriptions"
        async with open_events(served.address, token, REQUESTS) as events:
            assert events.status == 429


async def test_a_token_that_expires_ends_what_it_opened(served, database):
    later = datetime.now(UTC) + timedelta(days=1)
    id, secret = await create_token(database, "north", name="short", scopes=["read"], expires_at=later)
    async with open_socket(served.address, secret) as socket:
        await socket.ask("1", REQUESTS)
        await socket.read()
        async with changing(database, "north") as write:
            await write.update(tables.api_tokens, id, {"expires_at": datetime.now(UTC)})
        assert await socket.closed() == (4403, "Forbidden")


async def test_a_proxy_that_speaks_http_1_0_gets_a_stream_that_ends_with_its_connection(
    served, token, writer
):
    """As nginx does unless it is told otherwise: there are no chunks in HTTP/1.0."""
    host, _, port = served.address.partition(":")
    reader, connection = await asyncio.open_connection(host, int(port))
    body = orjson.dumps({"query": REQUESTS})
    connection.write(
        b"POST /graphql HTTP/1.0\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b" % (token.encode(), len(body), body)
    )
    async with asyncio.timeout(ENOUGH):
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"chunked" not in head
        assert (await reader.readline()) == b"event: next\n"
        await reader.readuntil(b"\n\n")
        await create(writer, "Acme")
        assert b'"orgName":"Acme"' in await reader.readuntil(b"\n\n")
    connection.close()
    await connection.wait_closed()
