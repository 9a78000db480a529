"""Connections whose callers take their time, or send much at once."""

import resource
import socket
from contextlib import contextmanager, suppress
from dataclasses import replace
from time import monotonic

import pytest
from starlette.responses import Response

from gateway.limits import Limits, Mode
from gateway.listening import with_files_for
from gateway.transport import http_endings
from gateway.transport.connection_bounds import LOOKS, RATE, ConnectionBounds
from tests.patience import ENOUGH
from tests.transport.clocks import Clock
from tests.transport.test_http_connections import GOOD, answers_of, echo, exchange, serving

HUGE = 30_000_000  # more than the kernel keeps for a connection
SECONDS = 60.0  # much longer than a busy machine stands still; the server's clock is moved on
A_LOOK = SECONDS / LOOKS
LATE = 100 * SECONDS
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


def transfers(clock, mode=Mode.ENFORCE):
    limit = replace(LIMITS.transfer_seconds, number=SECONDS, mode=mode)
    bounds = ConnectionBounds(header_seconds=LATE, transfer_seconds=limit)
    return serving(app, bounds=bounds, clock=clock, ws="none", timeout_keep_alive=LATE)


def test_a_header_has_to_come_in_time_and_a_connection_may_stay_longer():
    slow, clock = [(408, b"The header did not come in time.")], Clock()
    bounds = ConnectionBounds(header_seconds=SECONDS)
    with serving(bounds=bounds, clock=clock, ws="none", timeout_keep_alive=LATE) as address:
        for sent in (b"", b"\r\n", b"GET /one HTTP/1.1\r\nA: b"):
            with connected(address) as connection:
                connection.sendall(sent)
                assert answers_of(rest_of(connection, clock)) == slow
        with connected(address) as connection:
            connection.sendall(GOOD % b"one" + sent)
            assert connection.recv(65536).endswith(b"/one|")
            assert answers_of(rest_of(connection, clock)) == slow


def test_an_idle_connection_ends_in_its_time_and_not_before():
    clock = Clock()
    with (
        serving(clock=clock, ws="none", timeout_keep_alive=SECONDS) as address,
        connected(address) as connection,
    ):
        for _ in range(3):
            connection.sendall(GOOD % b"one")
            assert connection.recv(65536).endswith(b"/one|")
            clock.move(SECONDS / 2)
        assert received(connection, 0.01) == b""
        connection.sendall(GOOD % b"one")
        assert connection.recv(65536).endswith(b"/one|")
        clock.move(SECONDS)
        assert connection.recv(1) == b""


LENGTH = b"POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST /one HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@contextmanager
def connected(address, **options):
    with socket.socket() as connection:
        for name, value in options.items():
            connection.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
        connection.connect(address)
        connection.settimeout(ENOUGH)
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
    connection.settimeout(ENOUGH)
    return b"".join(parts)


def rest_of(connection, clock):
    """What comes until the connection ends; whenever nothing does, time goes on."""
    parts, steps = [], 0
    connection.settimeout(0.01)
    while steps < 50:
        try:
            if not (part := connection.recv(65536)):
                return b"".join(parts)
            parts.append(part)
        except TimeoutError:
            clock.move(A_LOOK)
            steps += 1
    raise AssertionError(f"It has not ended, behind {parts}.")


@pytest.mark.parametrize("begun", [LENGTH % 10, LENGTH % 10 + b"abc", CHUNKED, CHUNKED + b"3\r\na"])
def test_a_body_has_to_go_on(begun):
    clock, slow = Clock(), (408, b"The body did not come in time.")
    with transfers(clock) as address:
        for sent, before in ((begun, []), (GOOD % b"one" + begun, [(200, b"/one|")])):
            with connected(address) as connection:
                connection.sendall(sent)
                assert answers_of(rest_of(connection, clock)) == [*before, slow]


def test_a_body_that_drips_is_refused_and_one_that_is_slow_is_not():
    clock = Clock()
    with transfers(clock) as address, connected(address) as connection:
        connection.sendall(LENGTH % 1000)
        answer = b""
        for _ in range(4 * LOOKS):
            connection.sendall(b"x")
            clock.move(A_LOOK)
            if answer := received(connection, 0.01):
                break
        assert answer.startswith(b"HTTP/1.1 408 ")
    with transfers(clock := Clock()) as address, connected(address) as connection:
        part = b"x" * int(2 * RATE * A_LOOK)
        connection.sendall(LENGTH % (4 * LOOKS * len(part)))
        for _ in range(4 * LOOKS):
            assert received(connection, 0.01) == b""
            connection.sendall(part)
            clock.move(A_LOOK)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_who_waits_to_be_told_to_go_on_is_waited_for():
    """The application does not ask for the body, and the caller is right to keep it."""
    with transfers(Clock()) as address, connected(address) as connection:
        head = b"POST /unread HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
        connection.sendall(head)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
        # Whether the body comes still, nobody can tell.
        assert answer.endswith(b"connection: close\r\n\r\nanswered")


@pytest.mark.parametrize("closing", [b"", b"Connection: close\r\n"])
def test_an_answer_has_to_be_taken(closing):
    clock = Clock()
    with transfers(clock) as address, connected(address, SO_RCVBUF=4096) as connection:
        connection.sendall(b"GET /huge HTTP/1.1\r\nHost: x\r\n%b\r\n" % closing)
        assert connection.recv(4).startswith(b"HTTP")
        for _ in range(2 * LOOKS):
            clock.move(A_LOOK)
        assert len(b"".join(iter(lambda: connection.recv(1 << 20), b""))) < HUGE


def test_an_answer_may_be_taken_slowly():
    """Most of it is in the kernel's hands, which sends on only now and then."""
    clock = Clock()
    with transfers(clock) as address, connected(address, SO_RCVBUF=65536) as connection:
        connection.sendall(b"GET /huge HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        taken = 0
        for _ in range(5 * LOOKS * 8):
            taken += len(connection.recv(8192))
            clock.move(A_LOOK / 8)
        assert taken < HUGE / 2
        while part := connection.recv(1 << 20):
            taken += len(part)
        assert taken > HUGE


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.OFF])
def test_a_limit_that_is_observed_or_off_ends_no_transfer(mode, caplog):
    clock = Clock()
    with transfers(clock, mode) as address, connected(address) as connection:
        connection.sendall(LENGTH % 3)
        for _ in range(3 * LOOKS):
            clock.move(A_LOOK)
        assert received(connection, 0.01) == b""
        connection.sendall(b"abc")
        assert connection.recv(65536).endswith(b"/one|abc")
    said = "A body did not come in time (transfer_seconds, observe)"
    assert (said in caplog.messages) == (mode is Mode.OBSERVE)


@pytest.mark.parametrize(
    ("begun", "status"),
    [
        (b"GET /one HTTP/1.1\r\n\r\n", 400),
        (b"POST /one HTTP/1.1\r\nHost: x\r\nExpect: x\r\nContent-Length: 3000000\r\n\r\n", 417),
        (b"POST /unread HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4000000\r\n\r\n", 200),
        (b"GET /", 414),
    ],
)
def test_who_goes_on_sending_can_read_the_last_answer(monkeypatch, begun, status):
    """What nobody reads would have the connection reset, and the answer thrown away where it was not read yet."""
    monkeypatch.setattr(http_endings, "LINGER_SECONDS", SECONDS)
    with transfers(clock := Clock()) as address, connected(address) as connection:
        connection.sendall(begun + b"x" * 3_000_000)
        [(told, _)] = answers_of(b"".join(iter(lambda: connection.recv(65536), b"")))
        assert told == status
        clock.move(SECONDS)
        with suppress(ConnectionError):
            while True:
                connection.sendall(b"x" * 1000)


def test_few_requests_may_wait_behind_another():
    """One packet of 25 bytes each would make 10,000 of them wait, with all that each is made of."""
    with serving(app, ws="none") as address:
        answers = exchange(address, b"GET / HTTP/1.1\r\nHost:\r\n\r\n" * 10_000)
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
