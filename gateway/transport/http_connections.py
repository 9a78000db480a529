"""HTTP/1.1 connections: what callers in use need beyond uvicorn's own handling."""

import asyncio
from functools import partial
from typing import Any, Final, NoReturn, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from gateway.http.heads import Field
from gateway.limits import Limit, Mode
from gateway.transport.connection_bounds import ConnectionBounds, Watch
from gateway.transport.connection_room import Room, Share, leave
from gateway.transport.http_cycles import HttpCycle
from gateway.transport.http_endings import Ending
from gateway.transport.http_offers import Continuation, asks_for_socket, head_without_offer, parser_for
from gateway.transport.http_refusals import (
    BROKEN,
    LONG_HEAD,
    MAX_HEAD,
    MAX_URL,
    NO_TARGET,
    LastAnswer,
    list_of,
    refusal_of_head,
    refusal_of_length,
    refusal_of_line,
    refusal_of_socket,
)
from gateway.transport.http_repeats import KnownHead, known_head_of
from gateway.transport.http_targets import Target, read_target

MAX_LINES: Final = 100
MAX_PIPELINED: Final = 100  # requests that wait for their turn; of 25 bytes each, one packet holds 10,000

_MAX_PENDING: Final = MAX_URL + MAX_HEAD

_MANY_REQUESTS: Final = LastAnswer(400, "Too many requests came before the answer to the first.")
_MANY_LINES: Final = LastAnswer(431, f"The header must not have more than {MAX_LINES} lines.")


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
        is_left: whether its transport speaks another protocol now.
        body_bytes: of all bodies so far.
    """

    def __init__(
        self, *arguments: Any, bounds: ConnectionBounds | None = None, room: Room | None = None, **named: Any
    ) -> None:
        super().__init__(*arguments, **named)
        self.parser = parser_for(self)
        self._bounds = bounds or ConnectionBounds()
        self._room = room or Room()
        self._number = next(self._room.numbers)
        self._refusal = BROKEN  # what is answered once the parser has stopped
        self._is_declined = False  # a request was, behind which nothing is read
        self._ending: Ending | None = None
        self._earlier: list[HttpCycle] = []  # that others were queued behind
        self.share: Share | None = None
        self.head_since: float | None = None
        self.idle_since: float | None = None
        self.is_in_head = False
        self.is_left = False
        self.body_bytes = 0
        self._packet = 0  # bytes of the one that is being read
        self._begun_in = 0  # bytes of the packet in which the head began
        # Bytes in packets since then, or since the body's last: of a line, perhaps, that never ends.
        self._pending = 0
        self._asked: tuple[bytes, bytes] | None = None  # what the latest target was read from
        self._target = Target("", b"", b"")
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
        self._end_cycles()
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
        if name == b"expect" and value.strip(b" \t").lower() == b"100-continue":
            self.expect_100_continue = True
        fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The head has ended (the parser's hook): the request is answered, once those before it are."""
        self.is_in_head = False
        self.head_since = None
        parser, scope = self.parser, self.scope
        method, version = parser.get_method(), parser.get_http_version()
        scope["method"] = method.decode("ascii")
        if version == "1.0":
            scope["http_version"] = version
            self.expect_100_continue = False
        refusal = refusal_of_head(method, version, self.headers)
        if self._begun_in + self._pending > min(MAX_URL, MAX_HEAD):
            refusal = refusal_of_length(self.url, self.headers) or refusal
        if refusal is not None:
            self._decline(refusal)
        self._pending = 0
        self._read_target(method)
        # What the parser tells next are trailers, which are no fields of the head (RFC 9110, section 6.5.1).
        fields, self.headers = self.headers, []
        if parser.should_upgrade() and self._should_upgrade():
            if (refusal := refusal_of_socket(fields)) is not None:
                self._decline(refusal)
            return
        keep_alive = parser.should_keep_alive()
        if version == "1.0" and keep_alive:  # the parser heeds what comes first (RFC 9112, section 9.3)
            keep_alive = b"close" not in list_of(fields, b"connection")
        self._begin(self.app, keep_alive)

    def _read_target(self, method: bytes) -> None:
        """Tell the application what the request at hand is for."""
        scope, asked = self.scope, (method, self.url)
        if asked != self._asked:
            if (target := read_target(*asked)) is None:
                self._decline(NO_TARGET)
            self._asked, self._target = asked, target
        scope["path"], scope["raw_path"], scope["query_string"], authority = self._target
        if authority:  # in place of what the field names (RFC 9112, section 3.2.2)
            self.headers[:] = [*(each for each in self.headers if each[0] != b"host"), (b"host", authority)]

    def _begin(self, app: Any, keep_alive: bool) -> None:
        """Have the request at hand answered, once those before it are."""
        before = cast(HttpCycle | None, self.cycle)
        self.cycle = self._cycle(self.scope, keep_alive)
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, app)
        else:
            self._earlier = [each for each in (*self._earlier, before) if not each.response_complete]
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, app))

    def on_body(self, body: bytes) -> None:
        """A part of the body has come (the parser's hook)."""
        self._pending = 0
        self.body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request has ended (the parser's hook)."""
        super().on_message_complete()
        if self.headers and not self.parser.should_keep_alive():
            self.shutdown()  # as a trailer said, and nothing more is parsed

    def _answered(self, cycle: HttpCycle) -> None:
        """An answer was written (the cycle's hook): the next request is answered, or waited for."""
        self.server_state.total_requests += 1
        if not cycle.keep_alive:
            self._hang_up(may_send=cycle.more_body or self._is_declined)
            return
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

    def _stop(self, refusal: LastAnswer) -> NoReturn:
        """Have the parser stop, which it does when a hook raises."""
        self._refusal = refusal
        raise ValueError(refusal.message)

    def _decline(self, refusal: LastAnswer) -> NoReturn:
        """Refuse the request at hand, once those before it are answered, and have the parser stop."""
        self.logger.warning(refusal.message)
        self._is_declined = True
        self._begin(refusal.answer, False)
        raise ValueError(refusal.message)

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
        except httptools.HttpParserInvalidMethodError:
            if is_next and self.cycle is cycle:
                self._refusal = refusal_of_line(data)
            self._refuse()
        except httptools.HttpParserError:
            self._refuse()
        else:
            if self._pending > _MAX_PENDING:
                self._refusal = refusal_of_length(self.url or b"", ()) or LONG_HEAD
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
            self._answered,
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
        if not self._is_declined:
            self.logger.warning(self._refusal.message)
            self.send_400_response(self._refusal.message)

    def _should_upgrade(self) -> bool:
        """Whether the offer of the request at hand is taken up, behind which no other follows (uvicorn's hook)."""
        cycle = cast(HttpCycle | None, self.cycle)
        return (
            (cycle is None or cycle.response_complete)
            and self._should_upgrade_to_ws()
            and asks_for_socket(*self._head())
        )

    def _head(self) -> tuple[bytes, bytes, str, list[Field]]:
        """The method, the URL, the version and the fields of the request at hand."""
        parser, fields = self.parser, cast(list[Field], self.scope["headers"])
        return parser.get_method(), self.url, parser.get_http_version(), fields

    def _go_on_without_upgrade(self) -> bool:
        """Have the rest of the request at hand parsed, and what follows it; false where it is not HTTP any more.

        Raises:
            HttpParserError: without the offer its head is no HTTP.
        """
        if self._should_upgrade():
            _, path, query, _ = self._target
            self.url = path + b"?" + query if query else path
            self.is_left = True
            self.handle_websocket_upgrade()
            return False
        # The parser said that the request has ended, but nobody has been told so far: its task has yet to start.
        self.cycle.more_body = True
        self.cycle.message_event.clear()
        head = head_without_offer(*self._head())
        self.parser = parser_for(Continuation(self))
        self.parser.feed_data(head)
        return True

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read, once the requests before it are answered (uvicorn's hook)."""
        cycle = cast(HttpCycle | None, self.cycle)
        if cycle is None or cycle.response_complete:
            self.answer_and_close(self._refusal)
            return
        cycle.keep_alive = False  # nothing after it can be told apart any more
        if not cycle.more_body:
            return
        if self.pipeline:  # of which it is the latest
            self._is_declined = True
            self.pipeline[0] = (cycle, cast(Any, self._refusal.answer))
        elif cycle.response_started:
            self._hang_up(may_send=True)
        else:
            self.answer_and_close(self._refusal)

    def answer_and_close(self, answer: LastAnswer, *, may_send: bool = True) -> None:
        """Answer in the place of the application, and end the connection.

        Args:
            may_send: whether its caller may still be sending, and has a moment to read the answer.
        """
        if self._ending is not None:
            return
        scope: Any = self.scope  # None before the first request
        is_head = scope is not None and scope.get("method") == "HEAD"
        self.transport.write(answer.written(self.server_state.default_headers, is_head))
        self._hang_up(may_send=may_send)

    def _hang_up(self, *, may_send: bool) -> None:
        if not may_send or self.transport.is_closing() or not self.transport.can_write_eof():
            self.transport.close()
        elif self._ending is None:
            self._ending = Ending(self)
            self._end_cycles()

    def _end_cycles(self) -> None:
        """Tell every request under way that its caller is gone; uvicorn tells the latest alone."""
        for cycle in (*self._earlier, cast(HttpCycle | None, self.cycle)):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected, cycle.waiting_for_100_continue = True, False
                cycle.message_event.set()
