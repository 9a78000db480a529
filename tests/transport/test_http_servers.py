"""What a server does that is told to stop: it answers whatever a caller may take for accepted."""

import asyncio
import socket
import threading
from contextlib import contextmanager
from functools import partial

import uvicorn

from gateway.transport.http_connections import HttpConnection
from gateway.transport.http_servers import DrainingServer
from tests.patience import ENOUGH
from tests.transport.clocks import Clock
from tests.transport.test_http_connections import GOOD, LAST, OFFERS, echo


class Gate:
    """An application whose requests for /held wait until they may go on; /block holds up the whole server."""

    def __init__(self):
        self.is_entered = threading.Event()
        self.may_go_on = threading.Event()

    async def __call__(self, scope, receive, send):
        if scope["path"] == "/block":
            self.is_entered.set()
            self.may_go_on.wait(ENOUGH)
        elif scope["path"] == "/held":
            self.is_entered.set()
            await asyncio.to_thread(self.may_go_on.wait, ENOUGH)
        await echo(scope, receive, send)


@contextmanager
def serving(gate, clock=None):
    """A server in a thread, and its address."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        options = {"lifespan": "off", "log_level": "error", "ws": "none", "timeout_keep_alive": 10 * ENOUGH}
        config = uvicorn.Config(gate, http=HttpConnection, **options)
        server = DrainingServer(config)
        server.idle_seconds = ENOUGH
        address = listener.getsockname()
        run = server.run if clock is None else partial(clock.run, server)
        thread = threading.Thread(target=run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield server, address
        server.should_exit = True
        thread.join(ENOUGH)
        assert not thread.is_alive()


@contextmanager
def connections(address, count):
    opened = [socket.create_connection(address, timeout=ENOUGH) for _ in range(count)]
    yield opened
    for each in opened:
        each.close()


def stop(server, address):
    """Tell it to stop, and wait until nobody is taken any more."""
    server.should_exit = True
    while True:
        try:
            with socket.create_connection(address, timeout=ENOUGH) as accepted:
                accepted.sendall(LAST)
                assert accepted.recv(65536).endswith(b"/last|")
        except ConnectionRefusedError:
            return


def last_answer(connection):
    """The last answer on a connection, which has to say so."""
    answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.lower().count(b"connection: close") == 1
    return body


def test_what_is_under_way_is_answered_and_ends_its_connection():
    gate = Gate()
    with serving(gate) as (server, address), connections(address, 3) as held:
        for each in held:
            each.sendall(GOOD % b"held")
        assert gate.is_entered.wait(ENOUGH)
        stop(server, address)
        gate.may_go_on.set()
        assert [last_answer(each) for each in held] == [b"/held|"] * 3


def test_requests_behind_each_other_are_answered():
    gate = Gate()
    with serving(gate) as (server, address), connections(address, 1) as [held]:
        held.sendall(GOOD % b"held" + GOOD % b"two" + GOOD % b"three")
        assert gate.is_entered.wait(ENOUGH)
        stop(server, address)
        gate.may_go_on.set()
        answers = b"".join(iter(lambda: held.recv(65536), b""))
    assert [each.partition(b"\r\n\r\n")[2] for each in answers.split(b"HTTP/1.1 ")[1:]] == [
        b"/held|",
        b"/two|",
        b"/three|",
    ]


def test_an_idle_connection_may_ask_once_more():
    with serving(Gate()) as (server, address), connections(address, 2) as [idle, fresh]:
        idle.sendall(GOOD % b"one")
        assert idle.recv(65536).endswith(b"/one|")
        stop(server, address)
        idle.sendall(GOOD % b"two")
        fresh.sendall(b"POST /three HTTP/1.1\r\n" + OFFERS["jdk"] + b"Content-Length: 2\r\n\r\nab")
        assert last_answer(idle) == b"/two|"
        assert last_answer(fresh) == b"/three|ab"


def test_a_machine_that_stands_still_has_given_nobody_their_moment():
    clock = Clock()
    with serving(Gate(), clock) as (server, address), connections(address, 1) as [idle]:
        idle.sendall(GOOD % b"one")
        assert idle.recv(65536).endswith(b"/one|")
        stop(server, address)
        clock.move(2 * ENOUGH)
        idle.sendall(GOOD % b"two")
        assert last_answer(idle) == b"/two|"


def test_connections_that_wait_to_be_taken_are_answered():
    gate = Gate()
    with serving(gate) as (server, address), connections(address, 1) as [blocking]:
        blocking.sendall(GOOD % b"block")
        assert gate.is_entered.wait(ENOUGH)
        with connections(address, 200) as waiting:  # the server sees none of them
            for each in waiting:
                each.sendall(GOOD % b"one")
            server.should_exit = True
            gate.may_go_on.set()
            assert [each.recv(65536)[-5:] for each in waiting] == [b"/one|"] * 200


def test_a_server_with_nothing_to_do_stops_at_once():
    with serving(Gate()) as (server, address):
        stop(server, address)
