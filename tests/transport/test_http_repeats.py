"""Requests with a head that came before on their connection are read as if each came alone."""

import asyncio
import random

import pytest
import uvicorn
from uvicorn.server import ServerState

from gateway.transport.http_connections import HttpConnection
from tests.lengths import cases

pytestmark = pytest.mark.anyio


class Wire(asyncio.Transport):
    """A connection's other end, at which packets are exactly those that a test sends."""

    def __init__(self):
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.written = b""
        self.is_closed = False

    def write(self, data):
        self.written += data

    def is_closing(self):
        return self.is_closed

    def close(self):
        self.is_closed = True

    def can_write_eof(self):
        return False

    def pause_reading(self):
        """What is not sent need not be held back."""

    def resume_reading(self):
        """Nothing is held back."""

    def get_write_buffer_size(self):
        return 0


async def said(packets):
    """What an application was told, one packet after the other: method, path, query, fields, body of each request."""
    told = []

    async def app(scope, receive, send):
        message = await receive()
        body = message["body"]
        while message["more_body"]:
            message = await receive()
            body += message["body"]
        listening = asyncio.ensure_future(receive())  # for whether the caller goes away
        await asyncio.sleep(0)
        listening.cancel()
        fields = b"|".join(b"%b=%b" % each for each in scope["headers"])
        told.append((scope["method"], scope["raw_path"], scope["query_string"], fields, body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    config = uvicorn.Config(app, lifespan="off", log_level="critical", ws="none")
    config.load()
    config.loaded_app = app
    connection, wire = HttpConnection(config, ServerState(), {}), Wire()
    connection.connection_made(wire)
    for packet in packets:
        connection.data_received(packet)
        if wire.is_closed:
            break
        while connection.tasks:
            await asyncio.sleep(0)
            if connection.cycle.more_body:  # which the next packets bring
                break
    assert wire.written.count(b"HTTP/1.1 200 ") == len(told)
    expected = b"".join(packets).count(b"100-continue")
    assert wire.written.count(b"100 Continue") == expected
    connection.connection_lost(None)
    return told


class EndedWire(Wire):
    """One that its other end has reset, and that has not told it yet, as uvloop's are then."""

    def write(self, data):
        self.close()
        raise RuntimeError("unable to perform operation on a transport; the handler is closed")


async def test_an_answer_to_who_is_gone_is_no_fault(caplog):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"ab", "more_body": True})
        await send({"type": "http.response.body", "body": b"cd"})

    config = uvicorn.Config(app, lifespan="off", log_config=None, ws="none")
    config.load()
    connection = HttpConnection(config, ServerState(), {})
    connection.connection_made(EndedWire())
    connection.data_received(request())
    await asyncio.gather(*connection.tasks)
    connection.connection_lost(ConnectionResetError())
    assert [each.getMessage() for each in caplog.records] == []


def request(body=b"", path=b"/a?b=c", more=b"", length=None, line=b"\r\n"):
    length = b"Content-Length: %d\r\n" % len(body) if length is None else length
    head = b"POST %b HTTP/1.1\r\nHost: x\r\n%b%bAccept: y\r\n\r\n" % (path, more, length)
    return head.replace(b"\r\n", line) + body


def post(body, fields=b""):
    shown = b"host=x|%bcontent-length=%d|accept=y" % (fields, len(body))
    return ("POST", b"/a", b"b=c", shown, body)


async def test_bodies_of_any_length_are_read_behind_the_same_head():
    bodies = [
        b"",
        b"1",
        b"22",
        b"1",
        b"\r\n",
        b"x" * 9,
        b"y" * 10,
        b"z" * 100_000,
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
    ]
    assert await said([request(each) for each in bodies]) == [post(each) for each in bodies]
    without = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
    assert await said([without] * 9) == [("GET", b"/a", b"", b"host=x", b"")] * 9


async def test_another_head_is_read_as_it_is():
    heads = [b"X: 1\r\n", b"X: 1\r\n", b"X: 1\r\n", b"X: 2\r\n", b"", b"X: 1\r\n", b"Y: 1\r\n"]
    assert await said([request(b"ab", more=each) for each in heads]) == [
        post(b"ab", b"%b|" % each.strip().lower().replace(b": ", b"=") if each else b"") for each in heads
    ]
    told = await said([request(path=b"/%d" % (n // 3)) for n in range(9)])
    assert [path for _, path, *_ in told] == [b"/0"] * 3 + [b"/1"] * 3 + [b"/2"] * 3


async def test_the_end_of_a_head_that_looks_like_a_request_is_none():
    whole = request(b"ab")
    begun = b"POST /other HTTP/1.1\r\nX: "
    packets = [begun, whole] * 5 + [whole]
    other = ("POST", b"/other", b"", b"x=POST /a?b=c HTTP/1.1|host=x|content-length=2|accept=y", b"ab")
    assert await said(packets) == [*[other] * 5, post(b"ab")]


async def test_who_expects_to_be_told_to_go_on_is_told_and_nobody_else():
    whole, expecting = request(b"ab"), request(b"ab", more=b"Expect: 100-continue\r\n")
    packets = [whole] * 4 + [expecting, whole, whole, expecting]
    told = await said(packets)
    assert [each[4] for each in told] == [b"ab"] * 8


async def test_a_body_that_looks_like_a_request_is_none():
    whole = request(b"ab")
    packets = [whole] * 4 + [request(b"", length=b"Content-Length: %d\r\n" % len(whole)), whole, whole]
    assert await said(packets) == [*[post(b"ab")] * 4, post(whole), post(b"ab")]


@pytest.mark.parametrize(
    "length",
    [
        b"Content-Length: 02\r\n",
        b"content-length:2\r\n",
        b"Content-Length: 2 \r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"X: 1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n",
    ],
)
async def test_other_ways_to_say_the_length_are_as_good(length):
    body = b"2\r\nab\r\n0\r\n\r\n" if b"chunked" in length else b"ab"
    told = await said([request(length=length) + body] * 5)
    assert [each[4] for each in told] == [b"ab"] * 5


@pytest.mark.parametrize("wrong", [b"-2", b"+2", b"2a", b"2, 3", b"0x2", b"2\r\nContent-Length: 3"])
async def test_no_wrong_length_is_taken_for_one(wrong):
    packets = [request(b"ab")] * 4 + [request(length=b"Content-Length: %b\r\n" % wrong) + b"ab"] + [request()]
    assert await said(packets) == [post(b"ab")] * 4


async def test_a_length_without_a_space_is_not_looked_for_in_the_line_of_the_request():
    head = b"POST /abc HTTP/1.1\r\nHost:\r\nContent-Length:1\r\n\r\n"
    packets = [head + b"x"] * 4 + [head.replace(b"1.1", b"1.0"), b"y"]
    assert [body for *_, body in await said(packets)] == [b"x"] * 4 + [b"y"]


async def test_what_does_not_end_with_its_packet_goes_on_in_the_next():
    whole = request(b"abcdef")
    packets = [
        whole,
        whole,
        whole[:-3],
        whole[-3:],
        whole + whole,
        whole + b"\r\n",
        whole,
        whole[:20],
        whole[20:],
    ]
    assert await said(packets) == [post(b"abcdef")] * 8


@pytest.mark.parametrize("seed", range(cases(40)))
async def test_requests_in_any_packets_are_read_alike(seed):
    draw = random.Random(seed)
    bodies = [b"", b"\r\n", b"\r\n\r\n", b"ab", b"abcdefghij", request(b"ab"), b"Content-Length: 2\r\n\r\n"]
    kinds = [
        (request(body, more=more), post(body, field))
        for body in bodies
        for more, field in [(b"", b""), (b"X: 1\r\n", b"x=1|")]
    ]
    usual = draw.sample(kinds, 3)
    drawn = [draw.choice(usual if draw.random() < 0.8 else kinds) for _ in range(40)]
    packets, waiting = [], b""
    for whole, _ in drawn:
        waiting += whole
        if draw.random() < 0.2:
            at = draw.randrange(1, len(waiting))
            packets += [waiting[:at], waiting[at:]]
        elif draw.random() < 0.1:
            continue
        else:
            packets.append(waiting)
        waiting = b""
    told = await said([*packets, waiting] if waiting else packets)
    assert told == [expected for _, expected in drawn]
