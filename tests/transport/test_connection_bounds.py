"""Connections whose callers take their time, or send much at once."""

import resource
import socket
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic

import pytest
from starlette.responses import Response

from gateway.limits import Limits, Mode
from gateway.listening import with_files_for
from gateway.transport.connection_bounds import ConnectionBounds
from tests.transport.test_http_connections import GOOD, echo, exchange, serving

HUGE = 30_000_000  # more than the kernel keeps for a connection
SECONDS = 0.4
LIMITS = Limits()


async def app(scope, receive, send):
    """Answers late or much, as the path says."""
    if scope["type"] == "http" and scope["path"] == "/under-way":
        while (await receive())["type"] != "http.disconnect":
            pass
    elif scope["type"] == "http" and scope["path"] == "/huge":
        await Response(b"x" * HUGE)(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/unread":
        await Response(b"answered")(scope, receive, send)
    else:
        await echo(scope, receive, send)


def transfers(mode=Mode.ENFORCE):
    limit = replace(LIMITS.transfer_seconds, number=SECONDS, mode=mode)
    return serving(app, bounds=ConnectionBounds(transfer_seconds=limit), ws="none")


def test_a_header_has_to_come_in_time_and_a_connection_may_stay_longer():
    slow = [(408, b"The header did not come in time.")]
    with serving(bounds=ConnectionBounds(header_seconds=0.2), ws="none") as address:
        for sent in (b"", b"\r\n", b"GET /one HTTP/1.1\r\nA: b"):
            assert exchange(address, sent) == slow
        assert exchange(address, GOOD % b"one" + sent) == [(200, b"/one|"), *slow]


def test_an_idle_connection_ends_in_its_time_and_not_before():
    with serving(ws="none", timeout_keep_alive=0.3) as address, connected(address) as connection:
        for _ in range(3):
            connection.sendall(GOOD % b"one")
            assert connection.recv(65536).endswith(b"/one|")
            assert received(connection, 0.2) == b""
        answered = monotonic() - 0.2
        assert connection.recv(1) == b""
        assert monotonic() - answered >= 0.29


LENGTH = b"POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST /one HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@contextmanager
def connected(address, **options):
    with socket.socket() as connection:
        for name, value in options.items():
            connection.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
        connection.connect(address)
        connection.settimeout(10)
        yield connection


def received(connection, seconds):
    """What comes within some seconds, or until the connection ends."""
    until = monotonic() + seconds
    parts = []
    while (rest := until - monotonic()) > 0:
        connection.settimeout(rest)
        try:
            if not (part := connection.recv(65536)):
                break
        except TimeoutError:
            break
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("begun", [LENGTH % 10, LENGTH % 10 + b"abc", CHUNKED, CHUNKED + b"3\r\na"])
def test_a_body_has_to_go_on(begun):
    with transfers() as address:
        assert exchange(address, begun) == [(408, b"The body did not come in time.")]
        assert exchange(address, GOOD % b"one" + begun)[-1] == (408, b"The body did not come in time.")


def test_a_body_that_drips_is_refused_and_one_that_is_slow_is_not():
    with transfers() as address, connected(address) as connection:
        connection.sendall(LENGTH % 1000)
        answer = b""
        for _ in range(200):
            connection.sendall(b"x")
            if answer := received(connection, 0.02):
                break
        assert answer.startswith(b"HTTP/1.1 408 ")
    with transfers() as address, connected(address) as connection:
        connection.sendall(LENGTH % 40_000)
        for _ in range(40):
            assert received(connection, 0.04) == b""
            connection.sendall(b"x" * 1000)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_who_waits_to_be_told_to_go_on_is_waited_for():
    """The application has not asked for the body yet, and the caller is right to keep it."""
    with transfers() as address, connected(address) as connection:
        head = b"POST /unread HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
        connection.sendall(head)
        assert b"answered" in connection.recv(65536)


@pytest.mark.parametrize("closing", [b"", b"Connection: close\r\n"])
def test_an_answer_has_to_be_taken(closing):
    with transfers() as address, connected(address, SO_RCVBUF=4096) as connection:
        connection.sendall(b"GET /huge HTTP/1.1\r\nHost: x\r\n%b\r\n" % closing)
        assert connection.recv(4).startswith(b"HTTP")
        with socket.create_connection(address) as other:  # its time passes on the same loop
            assert received(other, 4 * SECONDS) == b""
        assert len(b"".join(iter(lambda: connection.recv(1 << 20), b""))) < HUGE


def test_an_answer_may_be_taken_slowly():
    """Most of it is in the kernel's hands, which sends on only now and then."""
    with transfers() as address, connected(address, SO_RCVBUF=65536) as connection:
        connection.sendall(b"GET /huge HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        taken = 0
        until = monotonic() + 5 * SECONDS
        while monotonic() < until:
            taken += len(connection.recv(8192))
            with socket.create_connection(address) as other:
                received(other, 0.02)
        assert taken < HUGE / 2
        while part := connection.recv(1 << 20):
            taken += len(part)
        assert taken > HUGE


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.OFF])
def test_a_limit_that_is_observed_or_off_ends_no_transfer(mode, caplog):
    with transfers(mode) as address, connected(address) as connection:
        connection.sendall(LENGTH % 3)
        assert received(connection, 3 * SECONDS) == b""
        connection.sendall(b"abc")
        assert connection.recv(65536).endswith(b"/one|abc")
    said = "A body did not come in time (transfer_seconds, observe)"
    assert (said in caplog.messages) == (mode is Mode.OBSERVE)


def test_few_requests_may_wait_behind_another():
    """One packet of 18 bytes each would make 14,000 of them wait, with all that each is made of."""
    with serving(app, ws="none") as address:
        answers = exchange(address, b"GET / HTTP/1.1\r\n\r\n" * 10_000)
    assert answers == [(200, b"/|")] * len(answers)
    assert 100 <= len(answers) <= 102


def test_the_limit_of_connections_fits_the_files_that_may_be_open():
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (300, most))
        assert with_files_for(replace(LIMITS.connections, number=100)).number == 100
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, most)
        assert with_files_for(replace(LIMITS.connections, number=200)).number == 200
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (328, most)
        if most != resource.RLIM_INFINITY:
            assert with_files_for(replace(LIMITS.connections, number=10 * most)).number == most - 128
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (now, most))
