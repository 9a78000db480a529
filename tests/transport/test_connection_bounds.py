"""Connections whose callers take their time, and more connections than there may be."""

import resource
import socket
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic

import pytest
from starlette.responses import Response

from gateway.limits import Limits, Mode
from gateway.listening import with_files_for
from gateway.transport.connection_bounds import ConnectionBounds, Room
from tests.transport.test_http_connections import GOOD, LAST, OFFERS, echo, exchange, serving

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


def room_for(number, mode=Mode.ENFORCE):
    return serving(app, room=Room(replace(LIMITS.connections, number=number, mode=mode)), ws="auto")


def ask(connection, path=b"one"):
    connection.sendall(GOOD % path)
    if path != b"under-way":
        assert connection.recv(65536).endswith(b"/%b|" % path)


@contextmanager
def connections(address, count):
    opened = [socket.create_connection(address, timeout=10) for _ in range(count)]
    yield opened
    for each in opened:
        each.close()


def test_idle_connections_give_way_the_longest_idle_first():
    with room_for(3) as address, connections(address, 3) as [first, second, third]:
        for each in (second, first, third):
            ask(each)
            assert received(each, 0.02) == b""  # the server's clock has moved on
        with connections(address, 1) as [new]:
            ask(new)
            assert second.recv(1) == b""
            for each in (first, third):
                ask(each)


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nA: b"])
def test_connections_without_a_request_give_way_and_those_at_work_never(begun):
    with room_for(3) as address, connections(address, 3) as [waiting, *working]:
        for each in working:
            ask(each, b"under-way")
        waiting.sendall(begun)
        with connections(address, 1) as [new]:
            ask(new, b"under-way")
            assert waiting.recv(1) == b""
            for _ in range(2):
                with connections(address, 1) as [late]:
                    answer = late.recv(65536)
                    assert answer.startswith(b"HTTP/1.1 503 ")
                    assert b"\r\nretry-after: 1\r\n" in answer
                    assert answer.endswith(b"There are too many connections. Try again later.")
            working[0].close()
            answer = b"503"
            while b"503" in answer:  # until the server has seen that
                with connections(address, 1) as [again]:
                    again.sendall(LAST)
                    answer = again.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_websocket_takes_room_and_stays():
    with room_for(1) as address, connections(address, 1) as [asking]:
        asking.sendall(b"GET /under-way HTTP/1.1\r\n" + OFFERS["websocket"] + b"\r\n")
        assert asking.recv(65536).startswith(b"HTTP/1.1 101 ")
        with connections(address, 1) as [new]:
            assert new.recv(65536).startswith(b"HTTP/1.1 503 ")


def test_many_come_and_find_room():
    with room_for(10) as address, connections(address, 50) as opened:
        answered = 0
        for each in opened[-10:]:
            each.sendall(LAST)
            answered += each.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert answered == 10


def test_connections_that_are_observed_stay(caplog):
    with room_for(1, Mode.OBSERVE) as address, connections(address, 4) as opened:
        for each in opened:
            ask(each)
            ask(each)
    assert "there are 2 connections, 1 may be (observe)" in caplog.messages


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
