"""Connections byte by byte, at a real server."""

import asyncio
import re
import socket
import threading

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response

from gateway.transport.http_connections import HttpConnection

GOOD = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"
NO_REQUEST = b"Invalid HTTP request received."


async def echo(scope, receive, send):
    request = Request(scope, receive)
    body = await request.body()
    await asyncio.sleep(0)
    await Response(scope["path"].encode() + b"|" + body)(scope, receive, send)


@pytest.fixture(scope="module")
def address():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(echo, http=HttpConnection, lifespan="off", ws="none", log_level="error")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield listener.getsockname()
        server.should_exit = True
        thread.join(timeout=10)


def exchange(address, sent):
    """Status and body of every answer on one connection, which the server must close."""
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(sent)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
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
