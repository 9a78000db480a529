"""Frames of WebSockets byte by byte, at a real server (RFC 6455): what Autobahn's test suite looks at."""

import socket
from contextlib import contextmanager

import pytest
from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.transport import http_endings, socket_connections
from gateway.transport.socket_connections import SocketConnection
from tests.patience import ENOUGH
from tests.transport.test_http_connections import serving
from tests.transport.test_http_refusals import handshake

MASK = b"\1\2\3\4"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
CONTINUATION = 0
MOST = 1 << 16


async def echo(scope, receive, send):
    if scope["type"] == "websocket":
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        try:
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                text = message.get("text")
                await (socket.send_bytes(message["bytes"]) if text is None else socket.send_text(text))
        except (WebSocketDisconnect, OSError):
            return


@pytest.fixture(scope="module")
def address():
    limits = {"ws_max_size": MOST, "ws_per_message_deflate": False}
    with serving(echo, ws=SocketConnection, log_config=None, **limits) as address:
        yield address


@contextmanager
def opened(address):
    with socket.create_connection(address, timeout=ENOUGH) as connection:
        connection.sendall(handshake())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        assert head.startswith(b"HTTP/1.1 101 ")
        yield connection


def frame(kind, data=b"", *, last=True, reserved=0, length=None):
    size = len(data) if length is None else length
    if size < 126:
        lengths = bytes([128 | size])
    else:
        lengths = b"\xfe" + size.to_bytes(2, "big") if size < 65_536 else b"\xff" + size.to_bytes(8, "big")
    masked = bytes(each ^ MASK[index % 4] for index, each in enumerate(data))
    return bytes([last << 7 | reserved << 4 | kind]) + lengths + MASK + masked


def code(number, reason=b""):
    return number.to_bytes(2, "big") + reason


def exactly(connection, size):
    received = b""
    while len(received) < size:
        more = connection.recv(size - len(received))
        assert more
        received += more
    return received


def frames_of(connection):
    """Every frame until the end of the connection, which the server has to make."""
    received = b"".join(iter(lambda: connection.recv(65_536), b""))
    frames = []
    while received:
        size, begin = received[1], 2
        if size == 126:
            size, begin = int.from_bytes(received[2:4], "big"), 4
        frames.append((received[0], received[begin : begin + size]))
        received = received[begin + size :]
    return frames


def closed_with(address, *packets):
    with opened(address) as connection:
        for packet in packets:
            connection.sendall(packet)
        *others, (kind, data) = frames_of(connection)
    assert (kind, others) == (128 | CLOSE, [])
    return int.from_bytes(data[:2], "big")


BROKEN = {
    **{f"reserved bits {bits}": frame(TEXT, b"a", reserved=bits) for bits in range(1, 8)},
    **{f"reserved kind {kind}": frame(kind, b"a") for kind in (*range(3, 8), *range(11, 16))},
    "unmasked": b"\x81\x01a",
    "a long ping": frame(PING, b"x" * 126),
    "a ping in parts": frame(PING, b"a", last=False) + frame(CONTINUATION, b"b"),
    "a close in parts": frame(CLOSE, code(1000), last=False),
    "a first part that continues": frame(CONTINUATION, b"a"),
    "a second first part": frame(TEXT, b"a", last=False) + frame(TEXT, b"b"),
    "half a code": frame(CLOSE, b"\3"),
    "a long reason": frame(CLOSE, code(1000, b"x" * 124)),
    **{
        f"the code {number}": frame(CLOSE, code(number))
        for number in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535)
    },
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_the_protocol_is_told_so(address, name):
    assert closed_with(address, BROKEN[name]) == 1002


NO_TEXT = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc3", b"a\xf8\x88\x80\x80\x80"]


@pytest.mark.parametrize("data", NO_TEXT)
def test_what_is_no_text_is_told_so_and_no_fault_of_ours(address, caplog, data):
    assert closed_with(address, frame(TEXT, data)) == 1007
    assert closed_with(address, frame(TEXT, b"ab", last=False) + frame(CONTINUATION, data)) == 1007
    assert closed_with(address, frame(CLOSE, code(1000, data))) == 1007
    assert [each.levelname for each in caplog.records if each.levelname == "ERROR"] == []


def test_what_is_too_long_is_told_so_though_its_sender_goes_on(address, monkeypatch):
    monkeypatch.setattr(http_endings, "LINGER_SECONDS", ENOUGH)
    monkeypatch.setattr(socket_connections, "CLOSE_SECONDS", ENOUGH)
    for parts in (
        [frame(TEXT, b"", length=MOST + 1), b"x" * 3_000_000],
        [frame(TEXT, b"", length=(1 << 63) - 1), b"x" * 3_000_000],
        [frame(TEXT, b"x" * MOST, last=False), frame(CONTINUATION, b"x"), b"x" * 3_000_000],
    ):
        assert closed_with(address, *parts) == 1009


@pytest.mark.parametrize("number", [1000, 1001, 1003, 1007, 1011, 1013, 3000, 4999])
def test_a_close_is_answered_by_its_own_code(address, number):
    assert closed_with(address, frame(CLOSE, code(number, b"x" * 123)) + frame(PING, b"late")) == number


def test_messages_come_whole_in_whatever_parts(address):
    end = frame(CLOSE, code(1000))
    pieces = [frame(TEXT, b"\xc3", last=False), frame(PING, b"p"), frame(CONTINUATION, b"", last=False)]
    with opened(address) as connection:
        for part in (*pieces, frame(PONG, b"unasked"), frame(CONTINUATION, b"\xa9")):
            connection.sendall(part)
        assert exactly(connection, 3) == bytes([128 | PING + 1, 1]) + b"p"
        assert exactly(connection, 4) == b"\x81\x02\xc3\xa9"
        for size in (0, 125, 126, 65_535, MOST):
            connection.sendall(frame(BINARY, b"x" * size))
            head = 2 if size < 126 else 4 if size < 65_536 else 10
            answer = exactly(connection, head + size)
            assert (answer[0], answer[head:]) == (128 | BINARY, b"x" * size)
        connection.sendall(end)
        assert frames_of(connection) == [(128 | CLOSE, code(1000))]
