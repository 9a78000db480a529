"""Connections byte by byte, at a real server."""

import asyncio
import contextlib
import re
import socket
import threading
from contextlib import contextmanager
from functools import partial

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from gateway.transport.http_connections import HttpConnection
from tests.patience import ENOUGH

GOOD = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"
NO_REQUEST = b"Invalid HTTP request received."


async def echo(scope, receive, send):
    if scope["type"] == "websocket":
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        await socket.send_text(f"hello {scope['path']}")
        await socket.close()
        return
    request = Request(scope, receive)
    if scope["path"] == "/fields":
        fields = b"\n".join(b"%b=%b" % each for each in scope["headers"])
        await Response(fields)(scope, receive, send)
        return
    if scope["path"].startswith("/sent/"):
        await send_as(scope["path"].removeprefix("/sent/"), send)
        return
    body = await request.body()
    await asyncio.sleep(0)
    await Response(scope["path"].encode() + b"|" + body)(scope, receive, send)


SENT = {  # fields, parts of the body, and what comes of them
    "whole": ([(b"Content-Length", b"2")], [b"ab"], b"content-length: 2|ab"),
    "large": (
        [(b"content-length", b"200000")],
        [b"x" * 200_000],
        b"content-length: 200000|" + b"x" * 200_000,
    ),
    "parts": ([(b"content-length", b"4")], [b"ab", b"", b"cd"], b"content-length: 4|abcd"),
    "unannounced": (
        [(b"X-A", b"1"), (b"x-a", b"2")],
        [b"ab", b"cd"],
        b"x-a: 1, x-a: 2, transfer-encoding: chunked|2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n",
    ),
    "closing": (
        [(b"content-length", b"0"), (b"connection", b"X, Close")],
        [b""],
        b"content-length: 0, connection: X, Close|",
    ),
    "too long": ([(b"content-length", b"1")], [b"ab"], b""),
    "too short": ([(b"content-length", b"3")], [b"ab"], b"content-length: 3|ab"),
    "line break": ([(b"x-a", b"1\r\nx-b: 2")], [b"ab"], b""),
    "name": ([(b"x a", b"1")], [b"ab"], b""),
    "length": ([(b"content-length", b"2a")], [b"ab"], b""),
    "two lengths": ([(b"content-length", b"2"), (b"content-length", b"3")], [b"ab"], b""),
    "nothing": ([(b"content-length", b"2")], [], b""),
}


async def send_as(name, send):
    fields, parts, _ = SENT[name.replace("%20", " ")]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    for index, part in enumerate(parts):
        await send({"type": "http.response.body", "body": part, "more_body": index + 1 < len(parts)})


@contextmanager
def serving(app=echo, bounds=None, room=None, clock=None, **options):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        http = partial(HttpConnection, bounds=bounds, room=room)
        config = uvicorn.Config(app, http=http, lifespan="off", log_level="error", **options)
        server = uvicorn.Server(config)
        run = server.run if clock is None else partial(clock.run, server)
        thread = threading.Thread(target=run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield listener.getsockname()
        server.should_exit = True
        thread.join(ENOUGH)


@pytest.fixture(scope="module")
def address():
    with serving(ws="none") as address:
        yield address


@pytest.fixture(scope="module")
def address_of_sockets():
    with serving(ws="auto") as address:
        yield address


def exchange(address, *packets):
    """Status and body of every answer on one connection, which the server must close."""
    with socket.create_connection(address, timeout=ENOUGH) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for packet in packets:
            connection.sendall(packet)
        return answers_of(b"".join(iter(lambda: connection.recv(65536), b"")))


def answers_of(received):
    answers = re.split(rb"(?=HTTP/1\.1 )", received)[1:]
    return [(int(each[9:12]), each.partition(b"\r\n\r\n")[2]) for each in answers]


def test_a_body_that_is_not_announced_spoils_no_answer(address):
    assert exchange(address, GOOD % b"one" + b"{}") == [(200, b"/one|")]


def test_requests_before_a_broken_one_are_answered_in_order(address):
    sent = GOOD % b"one" + GOOD % b"two" + b"\x16\x03\x01"
    assert exchange(address, sent) == [(200, b"/one|"), (200, b"/two|")]


@pytest.mark.parametrize(
    "sent",
    [
        b"{}",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost\x00: x\r\n\r\n",
    ],
)
def test_a_broken_request_is_refused(address, sent):
    assert exchange(address, sent) == [(400, NO_REQUEST)]


JDK = (  # java.net.http.HttpClient as it is made by default
    b"Connection: Upgrade, HTTP2-Settings\r\nHost: x\r\n"
    b"HTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAABgAGAAA\r\nUpgrade: h2c\r\n"
    b"User-Agent: Java-http-client/21\r\n"
)
CURL = (  # curl --http2
    b"Host: x\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
)
OFFERS = {
    "jdk": JDK,
    "curl": CURL,
    "another token": b"Host: x\r\nconnection: keep-alive, upgrade\r\nupgrade: TLS/1.0\r\n",
    "several tokens": b"Host: x\r\nUpgrade: h2c, IRC/6.9\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
    "websocket": b"Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
}
BODIES = {
    "of fixed length": (b"Content-Length: 11\r\n\r\nhello world", b"hello world"),
    "in chunks": (
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=1\r\n world\r\n0\r\n\r\n",
        b"hello world",
    ),
    "empty": (b"Content-Length: 0\r\n\r\n", b""),
    "none": (b"\r\n", b""),
}
LAST = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
AND_LAST = (200, b"/last|")


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("offer", OFFERS)
def test_a_refused_offer_leaves_the_request_as_it_is(address, offer, body):
    sent, received = BODIES[body]
    request = b"POST /one HTTP/1.1\r\n" + OFFERS[offer] + sent
    expected = [(200, b"/one|" + received)]
    assert exchange(address, request, LAST) == [*expected, AND_LAST]
    assert exchange(address, request + LAST) == [*expected, AND_LAST]
    assert exchange(address, request * 3 + GOOD % b"two" + request + LAST) == [
        *expected * 3,
        (200, b"/two|"),
        *expected,
        AND_LAST,
    ]


@pytest.mark.parametrize("body", ["of fixed length", "in chunks"])
def test_a_request_with_an_offer_may_come_in_any_packets(address, body):
    sent, received = BODIES[body]
    request = b"POST /one HTTP/1.1\r\n" + JDK + sent
    expected = [(200, b"/one|" + received), AND_LAST]
    for at in range(1, len(request)):
        assert exchange(address, request[:at], request[at:] + LAST) == expected
    assert exchange(address, *[bytes([each]) for each in request + LAST]) == expected


def test_a_connection_is_kept_alive_after_an_offer(address):
    sent, received = BODIES["of fixed length"]
    with socket.create_connection(address, timeout=ENOUGH) as connection:
        for _ in range(3):
            connection.sendall(b"POST /one HTTP/1.1\r\n" + CURL + sent)
            answer = b""
            while not answer.endswith(b"/one|" + received):
                more = connection.recv(65536)
                assert more
                answer += more
            assert b"connection: close" not in answer.lower()


def test_an_offer_is_passed_over_with_expect_continue_and_in_http_1_0(address):
    sent, received = BODIES["of fixed length"]
    head, _, body = sent.partition(b"\r\n\r\n")
    with socket.create_connection(address, timeout=ENOUGH) as connection:
        connection.sendall(
            b"POST /one HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\n" + JDK + head + b"\r\n\r\n"
        )
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.endswith(b"/one|" + received)
    assert exchange(address, b"POST /one HTTP/1.0\r\n" + OFFERS["websocket"] + sent) == [
        (200, b"/one|" + received)
    ]


def test_a_caller_of_http_1_0_keeps_its_connection_where_it_asks_for_that(address):
    """As `ab -k` does."""
    asking = b"GET /sent/%s HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
    with socket.create_connection(address, timeout=ENOUGH) as connection:
        for _ in range(4):
            connection.sendall(asking % b"whole")
            assert connection.recv(65536).endswith(b"content-length: 2\r\nconnection: keep-alive\r\n\r\nab")
        # Nothing but the connection's end says where this one ends.
        connection.sendall(asking % b"unannounced")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.endswith(b"connection: close\r\n\r\nabcd")
    assert exchange(address, b"GET /one HTTP/1.0\r\n\r\n") == [(200, b"/one|")]


@pytest.mark.parametrize(
    "broken",
    [
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_a_broken_body_behind_an_offer_is_refused(address, broken):
    assert exchange(address, b"POST /one HTTP/1.1\r\n" + JDK + broken) == [(400, NO_REQUEST)]


def test_the_application_sees_every_field_of_an_offer(address):
    """No field is lost: of a request that is parsed once more, the application has the first reading."""
    sent = (
        b"POST /fields HTTP/1.1\r\nX-Empty:\r\nX-Odd:  a  b \t\r\n"
        + CURL
        + b"Content-Length: 2\r\n\r\nab"
        + LAST
    )
    [(status, body), _] = exchange(address, sent)
    assert status == 200
    assert [line.partition(b"=")[0] for line in body.splitlines()] == [
        *(b"x-empty", b"x-odd", b"host", b"user-agent", b"accept"),
        *(b"connection", b"upgrade", b"http2-settings", b"content-length"),
    ]


def test_a_websocket_asked_for_by_get_is_taken_up(address_of_sockets):
    request = b"GET /socket HTTP/1.1\r\n" + OFFERS["websocket"] + b"\r\n"
    with socket.create_connection(address_of_sockets, timeout=ENOUGH) as connection:
        connection.sendall(request)
        received = connection.recv(65536)
        while b"hello /socket" not in received:
            more = connection.recv(65536)
            assert more
            received += more
        connection.sendall(b"\x88\x80\0\0\0\0")  # a close frame
    assert received.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    sent, body = BODIES["of fixed length"]
    request = b"POST /one HTTP/1.1\r\n" + OFFERS["websocket"] + sent
    assert exchange(address_of_sockets, request + LAST) == [(200, b"/one|" + body), AND_LAST]


LINE = b"X-Pad: %s\r\n" % (b"x" * 1000)


@pytest.mark.parametrize(
    ("head", "status", "body"),
    [
        (
            b"GET /%s HTTP/1.1\r\n" % (b"u" * 32_768) + b"\r\n",
            414,
            b"The URL must not be longer than 32768 bytes.",
        ),
        (
            b"GET / HTTP/1.1\r\n" + LINE * 33 + b"\r\n",
            431,
            b"The header must not be longer than 32768 bytes.",
        ),
        (
            b"GET / HTTP/1.1\r\n" + b"A:\r\n" * 101 + b"\r\n",
            431,
            b"The header must not have more than 100 lines.",
        ),
    ],
)
def test_a_head_that_is_too_long_is_refused_as_it_comes(address, head, status, body):
    for packets in ([head], [head[:20_000], head[20_000:]], [GOOD % b"one", head]):
        answers = exchange(address, *packets)
        assert answers[-1] in ((status, body), (200, b"/one|"))
        if len(packets) == 1:
            assert answers == [(status, body)]


def test_a_line_that_never_ends_is_refused(address):
    with socket.create_connection(address, timeout=ENOUGH) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-Pad: ")
        received = b""
        with contextlib.suppress(OSError):  # the server does not read what comes behind its answer
            for _ in range(200):
                connection.sendall(b"x" * 1000)
        with contextlib.suppress(OSError):
            received = connection.recv(65536)
    assert received == b"" or received.startswith(b"HTTP/1.1 431 ")


def test_a_head_of_the_largest_size_is_read_and_so_is_the_next(address):
    fields = LINE * 32
    request = b"GET /%s HTTP/1.1\r\n%bHost: y\r\n\r\n" % (b"u" * 32_000, fields)
    expected = (200, b"/" + b"u" * 32_000 + b"|")
    assert exchange(address, request * 3 + LAST) == [expected] * 3 + [AND_LAST]
    lines = b"GET /one HTTP/1.1\r\nHost:\r\n" + b"A:\r\n" * 99 + b"\r\n"
    assert exchange(address, lines * 2 + LAST) == [(200, b"/one|")] * 2 + [AND_LAST]


@pytest.mark.parametrize("name", SENT)
def test_a_response_is_written_as_it_was_sent(address, name):
    _, _, expected = SENT[name]
    path = name.replace(" ", "%20").encode()
    with socket.create_connection(address, timeout=ENOUGH) as connection:
        connection.sendall(b"GET /sent/%b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    assert status in (b"HTTP/1.1 200 OK", b"")
    own = [line for line in lines if line.split(b":")[0] not in (b"date", b"server")]
    says_close = b"connection: close" in own
    own = [line for line in own if line != b"connection: close"]
    assert b", ".join(own) + b"|" + body == (expected or b"|")
    assert says_close == (bool(expected) and name != "closing")


def test_a_response_to_head_has_the_fields_alone(address):
    sent = b"HEAD /sent/whole HTTP/1.1\r\nHost: x\r\n\r\n" + LAST
    assert exchange(address, sent) == [(200, b""), AND_LAST]


def test_what_never_ends_within_a_body_is_refused(address):
    """Of a trailer and of a chunk's extension nothing is handed on before its end, so they would be kept for ever."""
    chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    for begun in (b"0\r\nX-Pad: ", b"1;pad="):
        with socket.create_connection(address, timeout=ENOUGH) as connection:
            connection.sendall(chunked + begun)
            with contextlib.suppress(ConnectionError):  # a timeout is not one
                for _ in range(400):
                    connection.sendall(b"x" * 1000)
                while connection.recv(65536):
                    pass


def test_trailers_count_as_lines_of_the_head_do(address):
    chunked = b"POST /one HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    request = chunked + b"A: b\r\n" * 200 + b"\r\n"
    assert exchange(address, request)[-1][0] == 431
