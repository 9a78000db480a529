"""One request on a connection, and its response."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

from gateway.http.heads import Field

# Bytes of a body that cost less to copy behind the head than to write by themselves.
_COPIED: Final = 64 * 1024
_BODILESS: Final = (204, 304)

_MOST_LINES: Final = 256

_lines: dict[Field, bytes] = {}
"""Lines of fields that many answers have; few values of them are there."""


class HttpCycle(RequestResponseCycle):
    """A request and its response, whose head is written with the first part of its body, as ASGI has it."""

    _head: bytes | None = None  # made, and not written yet
    _says_close = False
    _is_until_close = False  # the body, of which HTTP/1.0 has no other way to tell the end
    _defaults: tuple[Sequence[Field], bytes, bool] = ((), b"", False)

    ended: Callable[[], None]
    """Called when its task has nothing more to do."""

    async def run_asgi(self, app: Any) -> None:
        """Have an application answer it; one that does not is a fault, which the caller is told as far as that goes."""
        try:
            await app(self.scope, self.receive, self.send)
            if not self.response_complete and not self.disconnected:
                self.logger.error("The application returned before its response was complete.")
                await self._fail()
        except BaseException as error:
            self.logger.error("Exception in ASGI application", exc_info=error)
            await self._fail()
        finally:
            self.on_response = _nothing
            self.ended()

    async def _fail(self) -> None:
        if self.response_started:
            self.transport.close()
        else:
            await self.send_500_response()

    async def receive(self) -> Any:
        """The next part of the request's body (ASGI's `receive`)."""
        if self.more_body or self.response_complete or self.disconnected or not self.message_event.is_set():
            return await super().receive()
        # The rest of it has come, as most bodies do with their head.
        self.message_event.clear()
        self.flow.resume_reading()
        body, self.body = bytes(self.body), bytearray()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:  # type: ignore[override]
        """Take a part of the response (ASGI's `send`).

        Raises:
            RuntimeError: the part does not fit what was sent before, or holds what no header field can.
        """
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        kind = message["type"]
        if not self.response_started and kind == "http.response.start":
            self.response_started = True
            if self.waiting_for_100_continue:
                self._go_on_without_body()
            self._head = self._begin(message["status"], message.get("headers", ()))
        elif self.response_started and not self.response_complete and kind == "http.response.body":
            self._go_on(message.get("body", b""), message.get("more_body", False))
        else:
            raise RuntimeError(f"The ASGI message {kind!r} was not to be sent here.")

    def _go_on_without_body(self) -> None:
        """Answer before the caller was told to send the body: whether it comes still, nobody can tell then."""
        self.waiting_for_100_continue = False
        if self.more_body:
            self.keep_alive = False

    def _begin(self, status: int, headers: Sequence[Field]) -> bytes:
        """The head of the response; what it says of the body's length is noted."""
        lines = [STATUS_LINE[status], self._default_lines()]
        for field in headers:
            lines.append(_lines.get(field) or self._line(*field))
        is_first_version = self.scope["http_version"] == "1.0"
        if self.chunked_encoding is None and self.scope["method"] != "HEAD" and status not in _BODILESS:
            if is_first_version:
                self._is_until_close, self.keep_alive = True, False
            else:
                self.chunked_encoding = True
                lines.append(b"transfer-encoding: chunked\r\n")
        if not self.keep_alive:
            if not self._says_close:
                lines.append(b"connection: close\r\n")
        elif is_first_version:
            # Who asks for it by HTTP/1.0 waits for this (RFC 9112, appendix C.2.2).
            lines.append(b"connection: keep-alive\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)

    def _default_lines(self) -> bytes:
        """The lines of every response's fields; the server makes a new list of them each second, for `Date`."""
        fields, lines, says_close = HttpCycle._defaults
        if fields is not self.default_headers:
            lines = b"".join([self._line(name, value) for name, value in self.default_headers])
            HttpCycle._defaults = (self.default_headers, lines, self._says_close)
        elif says_close:
            self._says_close, self.keep_alive = True, False
        return lines

    def _line(self, name: bytes, value: bytes) -> bytes:
        """The line of a field, its name in lower case; what it says of the connection is noted.

        Raises:
            RuntimeError: it holds what would break out of its line.
        """
        name = name.lower()
        if name == b"content-length" and value.isdigit() and self.chunked_encoding is None:
            self.expected_content_length = int(value)
            self.chunked_encoding = False
            return b"content-length: %b\r\n" % value
        if HEADER_RE.search(name):
            raise RuntimeError("The name of a header field holds a character that none can.")
        if HEADER_VALUE_RE.search(value):
            raise RuntimeError("A header field's value holds a character that none can.")
        line = b"%b: %b\r\n" % (name, value)
        match name:
            case b"content-type" | b"vary" | b"cache-control" | b"x-content-type-options":
                if len(_lines) < _MOST_LINES:
                    _lines[name, value] = line  # as their senders here spell them
            case b"content-length":
                raise RuntimeError("A response has one Content-Length, which is a number.")
            case b"transfer-encoding" if value.lower() == b"chunked":
                self.expected_content_length = 0
                self.chunked_encoding = True
            case b"connection" if b"close" in [each.strip().lower() for each in value.split(b",")]:
                self.keep_alive = False
                self._says_close = True
        return line

    def _go_on(self, body: bytes, is_more: bool) -> None:
        """Write a part of the body, and the head before the first one."""
        if self.scope["method"] == "HEAD":
            self.expected_content_length = 0
            body = b""
        elif self.chunked_encoding:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"" if is_more else b"0\r\n\r\n")
        elif not self._is_until_close:
            self.expected_content_length -= len(body)
            if self.expected_content_length < 0:
                raise RuntimeError("The response is longer than its Content-Length.")
        try:
            if self._head is not None:
                head, self._head = self._head, None
                if len(body) > _COPIED:
                    self.transport.write(head)
                else:
                    body = head + body
            self.transport.write(body)
        except RuntimeError:
            # Of uvloop: between the end of a connection, which its caller reset, and the moment at which it tells that.
            if not self.transport.is_closing():
                raise
            self.disconnected = True
            return
        if not is_more:
            self._end()

    def _end(self) -> None:
        if self.expected_content_length != 0:
            raise RuntimeError("The response is shorter than its Content-Length.")
        self.response_complete = True
        self.message_event.set()
        self.on_response(self)


def _nothing(cycle: HttpCycle) -> None:
    """What follows the response of a request whose task has ended."""
