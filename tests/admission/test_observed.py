"""Every limit, observed: whoever goes beyond it is served, and whoever watches is told."""

import asyncio
import socket
from dataclasses import fields, replace
from threading import Event

import pytest

from gateway.app import create_app
from gateway.db.vault import Vault, new_key
from gateway.limits import Limits, Mode
from gateway.passwords import hashing
from gateway.settings import Settings
from gateway.transport.connection_bounds import ConnectionBounds
from gateway.transport.connection_room import Room
from tests.data import NORTH, fill
from tests.graph import Sent, open_graph
from tests.observe.told import Told
from tests.patience import ENOUGH
from tests.servers import open_server, open_socket
from tests.transport.test_http_connections import GOOD, echo, serving

NAMES = {each.name for each in fields(Limits)}
OF_CONNECTIONS = {"transfer_seconds", "connections", "address_connections"}
OF_WAITING = {"waiting", "waiting_seconds"}
OF_SOCKETS = {"socket_operations", "organization_subscriptions"}
OF_FILES = {"files", "file_bytes", "file_transfers"}
OF_REQUESTS = NAMES - OF_CONNECTIONS - OF_WAITING - OF_SOCKETS - OF_FILES

LISTED = """query ($filter: ConnectionRequestFilter) {
    connectionRequests(filter: $filter) { nodes { additionalInformation integrations { nodes { uuid } } } } }"""
VARIABLES = {"filter": {"or": [{"orgName": {"eq": "x"}}, {"uuid": {"eq": "long"}}]}}
RUNS = " ".join(f'r{n}: nextRuns(first: 100, after: "2026-01-01T00:00:00Z")' for n in range(60))
DEAR = f"{{ integrations(first: 1000) {{ nodes {{ schedule {{ {RUNS} }} }} }} }}"
LONG = {"id": "long", "additional_information": "x" * 50_000}
JSON = {"content-type": "application/json"}


@pytest.fixture
async def filled(database):
    """The organization north, with a long text among its own."""
    await fill(database, {**NORTH, "connection_requests": [*NORTH["connection_requests"], LONG]})
    return database


@pytest.fixture
def told():
    return Told()


async def told_by(filled, url, told, limits, send):
    """What is told while requests are sent, all of which have to be answered: limits, with number and mode."""
    settings = Settings(database_url=url, crux_login=True, limits=Limits().decided(**limits))
    async with open_graph(filled, url, "north") as graph:
        graph.http._transport.app = create_app(settings, filled, observer=told)
        for answer in await send(graph):
            assert (answer.status_code, "errors" in answer.json()) == (200, False), answer.text
    assert {name for each in told.requests for name in each.limits} == {name for name, *_ in told.limits}
    assert all(price >= cap for _, price, cap, _ in told.limits)
    return {name: (cap, mode) for name, _, cap, mode in told.limits}


def held_body(over):
    async def body():
        yield b'{"query":"{ __typename }"}'
        await over.wait()

    return body()


@pytest.mark.anyio
async def test_what_requests_ask_for_take_and_hold(filled, database_url, told, monkeypatch):
    monkeypatch.setattr(hashing, "PROFILE", "CHEAPEST")
    over = asyncio.Event()

    async def send(graph):
        held = asyncio.create_task(graph.http.post("/graphql", content=held_body(over), headers=JSON))
        answers = [await graph.post(LISTED, VARIABLES)]
        answers += await asyncio.gather(*[graph.post(DEAR) for _ in range(2)])
        over.set()
        batch = [{"query": "{ __typename }"}, {"query": "{ a: __typename }"}]
        many = await graph.http.post("/graphql", json=batch)
        assert many.json() == [{"data": {"__typename": "Query"}}, {"data": {"a": "Query"}}]
        for _ in range(2):
            nobody = {"username": "nobody", "password": "nothing"}
            assert (await graph.http.post("/organizations/user-login/", json=nobody)).status_code == 401
        return [*answers, await held]

    limits = dict.fromkeys(OF_REQUESTS, "observe:1") | {"seconds": "observe:0.001"}
    found = await told_by(filled, database_url, told, limits, send)
    assert found == dict.fromkeys(OF_REQUESTS, (1, "observe")) | {"seconds": (0.001, "observe")}


@pytest.mark.anyio
async def test_waiting(filled, database_url, told):
    over, all_were = asyncio.Event(), asyncio.Event()
    note = told.limit

    def limit(*noted):
        note(*noted)
        if {name for name, *_ in told.limits} == OF_WAITING:
            all_were.set()

    told.limit = limit

    async def send(graph):
        tasks = [asyncio.create_task(graph.http.post("/graphql", content=held_body(over), headers=JSON))]
        tasks += [asyncio.create_task(graph.post("{ __typename }")) for _ in range(3)]
        await all_were.wait()
        over.set()
        return await asyncio.gather(*tasks)

    limits = {"token_requests": 1, "waiting": "observe:1", "waiting_seconds": "observe:0.001"}
    found = await told_by(filled, database_url, told, limits, send)
    assert found == {"waiting": (1, "observe"), "waiting_seconds": (0.001, "observe")}


@pytest.mark.anyio
async def test_files(filled, database_url, told, tmp_path):
    filled.vault = Vault([new_key()])
    limits = Limits().decided(**dict.fromkeys(OF_FILES, "observe:1"))
    settings = Settings(database_url=database_url, storage_url=str(tmp_path / "files"), limits=limits)
    sent, over = asyncio.Event(), asyncio.Event()

    async def body():
        yield b"he"
        sent.set()
        await over.wait()
        yield b"llo"

    async with open_graph(filled, database_url, "north", ("read", "write"), settings) as graph:
        graph.http._transport.app = create_app(settings, filled, observer=told)
        make = 'mutation { createFileUpload(input: {name: "x"}) { fileUpload { uploadUrl } } }'
        made = [await graph.ask(make) for _ in range(2)]
        first, second = (each["createFileUpload"]["fileUpload"]["uploadUrl"] for each in made)
        sending = asyncio.create_task(graph.http.put(first, content=body()))
        await sent.wait()
        assert (await graph.http.put(second, content=b"x")).status_code == 200
        over.set()
        assert (await sending).status_code == 200
        send = "mutation ($files: [Upload!]!) { uploadFiles(input: {files: $files}) { errors { code } } }"
        await graph.ask(send, files=[Sent(content=b""), Sent(content=b"")])
    assert told.limits == [
        ("file_transfers", 2, 1, "observe"),
        ("file_bytes", 5, 1, "observe"),
        ("files", 2, 1, "observe"),
    ]


@pytest.mark.anyio
async def test_sockets(filled, database_url, told):
    limits = Limits().decided(socket_operations="observe:1")
    settings = Settings(database_url=database_url, demo_token="demo-token", limits=limits)
    app = create_app(settings, filled, observer=told)
    async with open_server(app) as served, open_socket(served.address, "demo-token") as opened:
        for id in ("1", "2"):
            await opened.ask(id, DEAR)
        types = [(await opened.read())["type"] for _ in range(4)]
    assert sorted(types) == ["complete", "complete", "next", "next"]
    assert told.limits == [("socket_operations", 2, 1, "observe")]


class Application:
    """Answers, and is told which connections go beyond a limit."""

    def __init__(self):
        self.told = {}
        self.all_were = Event()

    async def __call__(self, scope, receive, send):
        await echo(scope, receive, send)

    def exceeded(self, limit, price):
        self.told[limit.name] = (price, limit.number, limit.mode)
        if self.told.keys() == OF_CONNECTIONS:
            self.all_were.set()


def test_connections():
    application, limits, seconds = Application(), Limits(), 0.1

    def observed(name, number):
        return replace(getattr(limits, name), number=number, mode=Mode.OBSERVE)

    room = Room(observed("connections", 1), observed("address_connections", 1))
    bounds = ConnectionBounds(transfer_seconds=observed("transfer_seconds", seconds))
    with (
        serving(application, bounds=bounds, room=room, ws="none", proxy_headers=False) as address,
        socket.create_connection(address) as slow,
        socket.create_connection(address) as other,
    ):
        slow.sendall(b"POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
        assert application.all_were.wait(ENOUGH)
        for connection, sent in ((slow, b"abc"), (other, GOOD % b"one")):
            connection.sendall(sent)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert application.told == {
        "transfer_seconds": (seconds, seconds, "observe"),
        "connections": (2, 1, "observe"),
        "address_connections": (2, 1, "observe"),
    }
