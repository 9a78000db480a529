"""HTTP/1.1 connections: what callers in use need beyond uvicorn's own handling."""

import asyncio
from functools import partial
from typing import Any, Final, cast
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gateway.limits import Limit, Mode
from gateway.transport.connection_bounds import ConnectionBounds, Watch
from gateway.transport.connection_room import Room, Share, leave
from gateway.transport.http_cycles import HttpCycle
from gateway.transport.http_repeats import KnownHead, known_head_of

MAX_URL: Final = 32 * 1024  # bytes of the request's target (RFC 9112, section 3)
MAX_HEAD: Final = 32 * 1024  # bytes of all its header fields
MAX_LINES: Final = 100
MAX_SOCKET_LINE: Final = 8000  # bytes of each line of a WebSocket's handshake
MAX_PIPELINED: Final = 100  # requests that wait for their turn; of 18 bytes each, one packet holds 14,000

_MAX_PENDING: Final = MAX_URL + MAX_HEAD

_BROKEN: Final = (400, "Invalid HTTP request received.")
_LONG_URL: Final = (414, f"The URL must not be longer than {MAX_URL} bytes.")
_LONG_HEAD: Final = (431, f"The header must not be longer than {MAX_HEAD} bytes.")
_MANY_REQUESTS: Final = (400, "Too many requests came before the answer to the first.")
_MANY_LINES: Final = (431, f"The header must not have more than {MAX_LINES} lines.")
_OF_THE_OFFER: Final = frozenset({b"upgrade", b"http2-settings"})


class HttpConnection(HttpToolsProtocol):
    """A connection that answers requests which offer another protocol, and those that are followed by none.

    An offer (`Upgrade`, RFC 9110, section 7.8) that is not taken up leaves the request as it is: the JDK's HttpClient
    and `curl --http2` offer h2c with every first request and go on in HTTP/1.1. The parser, though, takes such a
    request to end with its head, and uvicorn loses its body. What is taken up is a WebSocket asked for by GET.

    Node.js writes the body of a GET without saying that there is one, and Crux's documented sample has such a body.
    Its two bytes are then the start of a next request, a broken one; RFC 9112, section 9.3.2, has the answers in the
    order of the requests, while uvicorn drops the request at hand and answers 400 for both.

    A head is bounded while it is read: nothing of one that is too long comes to the application, and its connection
    ends.

    Args:
        bounds: how long its caller may take.
        room: for all connections of the process.

    Attributes:
        share: where it is counted among those of its caller's address; None for a proxy's.
        head_since: when a head began, or the connection; None between requests.
        idle_since: when the last answer was written, while nothing has come since; None otherwise.
        is_in_head: whether a head has begun and not ended.
        body_bytes: of all bodies so far.
    """

    def __init__(
        self, *arguments: Any, bounds: ConnectionBounds | None = None, room: Room | None = None, **named: Any
    ) -> None:
        super().__init__(*arguments, **named)
        self._bounds = bounds or ConnectionBounds()
        self._room = room or Room()
        self._number = next(self._room.numbers)
        self._refusal = _BROKEN  # what is answered once the parser has stopped
        self.share: Share | None = None
        self.head_since: float | None = None
        self.idle_since: float | None = None
        self.is_in_head = False
        self.body_bytes = 0
        self._packet = 0  # bytes of the one that is being read
        self._begun_in = 0  # bytes of the packet in which the head began
        # Bytes in packets since then, or since the body's last: of a line, perhaps, that never ends.
        self._pending = 0
        self._target = (b"", "", b"", b"")
        self._known_head: KnownHead | None = None
        self._parsed = 0  # requests that were not read as one before

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A caller has connected, and has to send a head in time (asyncio's hook)."""
        super().connection_made(transport)
        self.head_since = self.loop.time()
        self._watch = Watch(self, self._bounds)
        self._room.enter(self, self.server_state)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone (asyncio's hook)."""
        self._watch.end()
        leave(self)
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        """The caller has taken much of what was written (asyncio's hook)."""
        self._watch.drained += 1
        super().resume_writing()

    def awaited(self) -> tuple[int, float, int] | None:
        """Where it stands in the order in which connections give way; None while a request is under way."""
        cycle = cast(HttpCycle | None, self.cycle)
        if cycle is not None and not cycle.response_complete:
            return None
        if self.idle_since is not None:
            return 0, self.idle_since, self._number
        return 1, self.head_since or 0.0, self._number

    def exceeds(self, limit: Limit, price: float) -> bool:
        """Tell the application, where it listens, that the caller is beyond a limit; whether that is enforced."""
        if (tell := getattr(self.app, "exceeded", None)) is not None:
            tell(limit, price)
        return limit.mode is Mode.ENFORCE

    def on_message_begin(self) -> None:
        """A request begins (the parser's hook)."""
        if self.pipeline and len(self.pipeline) >= MAX_PIPELINED:
            self._stop(_MANY_REQUESTS)
        self.head_since = self.loop.time()
        self.is_in_head = True
        self._begun_in = self._packet
        self._pending = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field has come (the parser's hook), or one of a chunked body's trailers."""
        fields = self.headers
        if len(fields) >= MAX_LINES:
            self._stop(_MANY_LINES)
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The head has ended (the parser's hook): the request is answered, once those before it are."""
        self.is_in_head = False
        self.head_since = None
        if self._begun_in + self._pending > min(MAX_URL, MAX_HEAD):
            self._check_lengths()
        self._pending = 0
        parser, scope = self.parser, self.scope
        scope["method"] = parser.get_method().decode("ascii")
        version = parser.get_http_version()
        if version != "1.1":
            scope["http_version"] = version
        if parser.should_upgrade() and self._should_upgrade():
            return
        if self.url != self._target[0]:
            self._target = _read_target(self.url)
        _, scope["path"], scope["raw_path"], scope["query_string"] = self._target
        before = cast(HttpCycle | None, self.cycle)
        self.cycle = self._cycle(scope, parser.should_keep_alive())
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def on_body(self, body: bytes) -> None:
        """A part of the body has come (the parser's hook)."""
        self._pending = 0
        self.body_bytes += len(body)
        super().on_body(body)

    def on_response_complete(self) -> None:
        """An answer was written (the cycle's hook): the next request is answered, or waited for."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self.idle_since = self.loop.time()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        task = self.loop.create_task(cycle.run_asgi(app))
        self.tasks.add(task)
        cast(HttpCycle, cycle).ended = partial(self.tasks.discard, task)

    def _check_lengths(self) -> None:
        """Have the parser stop where the head is too long."""
        if len(self.url) > MAX_URL:
            self._stop(_LONG_URL)
        if sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers) > MAX_HEAD:
            self._stop(_LONG_HEAD)

    def _stop(self, refusal: tuple[int, str]) -> None:
        """Have the parser stop, which it does when a hook raises."""
        self._refusal = refusal
        raise ValueError(refusal[1])

    def data_received(self, data: bytes) -> None:
        """Read what has come (asyncio's hook)."""
        self.idle_since = None
        cycle = cast(HttpCycle | None, self.cycle)
        # Whether a request begins with the packet, behind those whose answers were written.
        is_next = not self.is_in_head and (cycle is None or (cycle.response_complete and not cycle.more_body))
        if is_next and self._known_head is not None and (again := self._known_head.read(data)) is not None:
            self._repeat(*again)
            return
        self._packet = len(data)
        self._pending += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._read_on(data, offer)
        except httptools.HttpParserError:
            self._refuse()
        else:
            if self._pending > _MAX_PENDING:
                self._refusal = _LONG_URL if len(self.url or b"") > MAX_URL else _LONG_HEAD
                self._refuse()
            elif is_next and self.cycle is not cycle:
                self._note(data)

    def _note(self, data: bytes) -> None:
        """Note how the packet was read, if it is a whole request; ever more seldom, where no next one is like it."""
        self._parsed = number = self._parsed + 1
        cycle = self.cycle
        if number == 1 or number & (number - 1) or not cycle.keep_alive:
            return
        if not (self.is_in_head or cycle.more_body or self.pipeline):
            self._known_head = known_head_of(data, self.scope, len(cycle.body))

    def _repeat(self, scope: Any, body: bytes) -> None:
        """Have a request answered whose head was parsed before."""
        self.body_bytes += len(body)
        self.expect_100_continue = False
        scope["state"] = self.app_state.copy()
        self.cycle = cycle = self._cycle(scope, True)
        cycle.body += body
        cycle.more_body = False
        cycle.message_event.set()
        self._start_asgi_task(cycle, self.app)

    def _cycle(self, scope: Any, keep_alive: bool) -> HttpCycle:
        return HttpCycle(
            scope,
            self.transport,
            self.flow,
            self.logger,
            self.access_logger,
            False,
            self.server_state.default_headers,
            asyncio.Event(),
            self.expect_100_continue,
            keep_alive,
            self.on_response_complete,
        )

    def _read_on(self, data: bytes, offer: httptools.HttpParserUpgrade) -> None:
        """Read what follows the head that makes an offer; each request in it may make another."""
        try:
            while self._go_on_without_upgrade():
                data = data[offer.args[0] :]
                try:
                    self.parser.feed_data(data)
                    return
                except httptools.HttpParserUpgrade as next_offer:
                    offer = next_offer
        except httptools.HttpParserError:
            self._refuse()

    def _refuse(self) -> None:
        _, message = self._refusal
        self.logger.warning(message)
        self.send_400_response(message)

    def _should_upgrade(self) -> bool:
        """Whether the offer of the request at hand is taken up (uvicorn's hook)."""
        is_get = self.parser.get_method() == b"GET" and self.parser.get_http_version() == "1.1"
        return is_get and super()._should_upgrade() and not self._has_long_lines()

    def _has_long_lines(self) -> bool:
        """Whether the head has a line that the WebSocket library would break off at."""
        lengths = [len(name) + len(value) for name, value in self.headers]
        return max(len(self.url), *lengths) > MAX_SOCKET_LINE

    def _go_on_without_upgrade(self) -> bool:
        """Have the rest of the request at hand parsed, and what follows it; false where it is not HTTP any more.

        Raises:
            HttpParserError: without the offer its head is no HTTP.
        """
        if self._should_upgrade():
            self.handle_websocket_upgrade()
            return False
        if self.parser.get_method() == b"CONNECT":  # whose end of the head is the request's in any case
            return False
        # The parser said that the request has ended, but nobody has been told so far: its task has yet to start.
        self.cycle.more_body = True
        self.cycle.message_event.clear()
        head = self._head_without_offer()
        self.parser = httptools.HttpRequestParser(_Continuation(self))
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn sets them
        self.parser.feed_data(head)
        return True

    def _head_without_offer(self) -> bytes:
        """The head of the request at hand as the client wrote it, but for the fields that make the offer."""
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        for name, value in self.headers:
            if name == b"connection":
                options = [each.strip() for each in value.split(b",")]
                value = b", ".join(each for each in options if each.lower() not in _OF_THE_OFFER)
            if name not in _OF_THE_OFFER:
                lines.append(b"%b: %b" % (name, value))
        return b"\r\n".join([*lines, b"", b""])

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read, once the requests before it are answered (uvicorn's hook)."""
        cycle = cast(HttpCycle | None, self.cycle)
        if cycle is None or cycle.response_complete or cycle.more_body:
            self.answer_and_close(*self._refusal)
        else:
            cycle.keep_alive = False  # nothing after it can be told apart any more

    def answer_and_close(self, status: int, message: str, *more: tuple[bytes, bytes]) -> None:
        """Answer in the place of the application, and end the connection.

        Args:
            more: fields of the answer.
        """
        fields = [
            *self.server_state.default_headers,
            *more,
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(message)).encode()),
            (b"connection", b"close"),
        ]
        head = [STATUS_LINE[status], *(b"%b: %b\r\n" % field for field in fields), b"\r\n"]
        self.transport.write(b"".join([*head, message.encode()]))
        self.transport.close()


def _read_target(url: bytes) -> tuple[bytes, str, bytes, bytes]:
    """The request's target, the path that it means, that path as it was written, and the query (RFC 9112, section 3.2).

    The parser refuses what is none: httptools' error is one of its own.
    """
    parsed = httptools.parse_url(url)
    raw_path: bytes = parsed.path
    path = raw_path.decode("ascii")
    return url, unquote(path) if "%" in path else path, raw_path, parsed.query or b""


class _Continuation:
    """What a new parser tells a connection: all but the head of its first request, which the connection knows."""

    def __init__(self, connection: HttpConnection) -> None:
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
