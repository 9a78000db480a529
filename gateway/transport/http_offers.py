"""Offers of another protocol (`Upgrade`; RFC 9110, section 7.8): a WebSocket is taken up, all else is passed over."""

from collections.abc import Sequence
from typing import Any, Final

import httptools

from gateway.http.heads import Field
from gateway.transport.http_refusals import list_of

MAX_SOCKET_LINE: Final = 8000  # bytes; behind longer ones of a handshake the WebSocket library breaks off
_OF_THE_OFFER: Final = frozenset({b"upgrade", b"http2-settings"})


def asks_for_socket(method: bytes, url: bytes, version: str, fields: Sequence[Field]) -> bool:
    """Whether a head asks for a WebSocket (RFC 6455, section 4.2.1), in a way that its library reads to the end."""
    return (
        method == b"GET"
        and version != "1.0"
        and list_of(fields, b"upgrade") == [b"websocket"]
        and b"upgrade" in list_of(fields, b"connection")
        and not list_of(fields, b"transfer-encoding")
        and list_of(fields, b"content-length") in ([], [b"0"])
        and max(len(url), *(len(name) + len(value) for name, value in fields)) <= MAX_SOCKET_LINE
    )


def head_without_offer(method: bytes, url: bytes, version: str, fields: Sequence[Field]) -> bytes:
    """A head as the client wrote it, but for the fields that make the offer."""
    lines = [b"%b %b HTTP/%b" % (method, url, version.encode())]
    for name, value in fields:
        if name == b"connection":
            options = [each.strip() for each in value.split(b",")]
            value = b", ".join(each for each in options if each.lower() not in _OF_THE_OFFER)
        if name not in _OF_THE_OFFER:
            lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join([*lines, b"", b""])


def parser_for(receiver: Any) -> httptools.HttpRequestParser:
    """A parser that tells what it reads.

    It leaves it to its receiver to refuse versions, and passes over what follows a request that ends the connection.
    """
    parser = httptools.HttpRequestParser(receiver)
    parser.set_dangerous_leniencies(lenient_data_after_close=True, lenient_version=True)
    return parser


class Continuation:
    """What a new parser tells a connection: all but the head of its first request, which the connection knows."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._is_known = True
        self.on_body = connection.on_body
        self.on_message_complete = connection.on_message_complete

    def on_message_begin(self) -> None:
        if not self._is_known:
            self._connection.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self._is_known:
            self._connection.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_known:
            self._connection.on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._is_known:
            self._is_known = False
        else:
            self._connection.on_headers_complete()
