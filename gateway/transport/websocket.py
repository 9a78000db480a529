"""GraphQL over WebSocket: the endpoint, and a socket from its handshake to its end.

The subprotocol is graphql-transport-ws (see `gateway.transport.socket_messages`), or the older graphql-ws with clients
that offer no other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from starlette.types import Message, Receive, Scope, Send

from gateway.http.headers import SECURITY, encoded, read_headers
from gateway.http.media_types import JSON
from gateway.limits import Limits
from gateway.observe.records import current
from gateway.observe.work import Unbounded, Work
from gateway.transport.cross_origin import may_open_socket
from gateway.transport.draining import Draining
from gateway.transport.json_output import dump_json
from gateway.transport.operations import Operations
from gateway.transport.result_streams import Stay, unwatched
from gateway.transport.socket_messages import (
    DIALECTS,
    CloseCode,
    Closed,
    Dialect,
    SocketMessage,
    closing,
    read_message,
    write_message,
)
from gateway.transport.socket_operations import SocketOperation

Admit = Callable[[Mapping[str, str]], Awaitable[Any]]

_REFUSED: Final = (
    (b"content-type", f"{JSON}; charset=utf-8".encode()),
    *encoded(SECURITY),
)


class WebSocketEndpoint:
    """An ASGI application that answers operations on sockets, many on each.

    Args:
        operations: run what is asked for.
        admit: makes the context of an operation from the header fields of its caller.
        work: bounds an operation under way.
        limits: of what a socket may hold.
        origins: whose pages may open one, beside those of this host.
        init_seconds: how long a caller may take to say who they are.
        stay: looks after the tokens of those who stay.
        draining: announces the end of the process.
    """

    def __init__(
        self,
        operations: Operations,
        *,
        admit: Admit,
        work: Callable[[Scope, Receive], Work] = Unbounded,
        limits: Limits | None = None,
        origins: Sequence[str] = (),
        init_seconds: float = 10.0,
        stay: Stay = unwatched,
        draining: Draining | None = None,
    ) -> None:
        self.operations = operations
        self.admit = admit
        self.work = work
        self.limits = limits or Limits()
        self.init_seconds = init_seconds
        self.stay = stay
        self.draining = draining or Draining()
        self._origins = tuple(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # `websocket.connect`
        headers = read_headers(scope)
        if not may_open_socket(headers, self._origins):
            await _refuse(send, 403, "FORBIDDEN", "Pages of this origin may not open a socket here.")
        elif self.draining.is_begun:
            await _refuse(send, 503, "SERVICE_UNAVAILABLE", "This process stops. Try again.")
        elif (dialect := _chosen(scope["subprotocols"])) is None:
            await send({"type": "websocket.accept"})
            code = CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE
            await send({"type": "websocket.close", "code": code, "reason": "Subprotocol not acceptable"})
        else:
            await send({"type": "websocket.accept", "subprotocol": dialect.protocol})
            await Socket(self, scope, send, dialect, headers.get("authorization")).serve(receive)


def _chosen(offered: Sequence[str]) -> Dialect | None:
    return next((each for each in DIALECTS if each.protocol in offered), None)


async def refuse_elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a socket at a path where none is opened, as an ASGI application does."""
    await receive()  # `websocket.connect`
    await _refuse(send, 404, "NOT_FOUND", "No socket is opened at this path.")


async def _refuse(send: Send, status: int, code: str, message: str) -> None:
    """Answer the handshake itself, without a socket (ASGI's extension "WebSocket Denial Response")."""
    current().refused(code)
    body = dump_json({"errors": [{"message": message, "extensions": {"code": code}}]})
    await send({"type": "websocket.http.response.start", "status": status, "headers": _REFUSED})
    await send({"type": "websocket.http.response.body", "body": body})


class Socket:
    """A socket that was opened.

    Args:
        endpoint: that it was opened at.
        scope: of the handshake.
        send: ASGI's.
        dialect: in which it speaks.
        authorization: that field of the handshake.

    Attributes:
        headers: the fields that admit the caller; None until they were admitted once.
        is_closed: whether nothing more is sent.
    """

    def __init__(
        self,
        endpoint: WebSocketEndpoint,
        scope: Scope,
        send: Send,
        dialect: Dialect,
        authorization: str | None,
    ) -> None:
        self.endpoint = endpoint
        self.scope = scope
        self.dialect = dialect
        self.headers: Mapping[str, str] | None = None
        self.is_closed = False
        self._send = send
        self._authorization = authorization
        self._is_initialised = False
        self._is_draining = False
        self._running: dict[str, SocketOperation] = {}
        self._ending: asyncio.Task[None] | None = None
        self._leave: Callable[[], None] | None = None

    async def serve(self, receive: Receive) -> None:
        """Answer what comes, until the socket is closed by either side."""
        endpoint = self.endpoint
        timer = asyncio.get_running_loop().call_later(endpoint.init_seconds, self._expire)
        endpoint.draining.add(self.drain)
        try:
            while (event := await receive())["type"] == "websocket.receive":
                if not self.is_closed:
                    await self._take(event)
        finally:
            self.is_closed = True
            timer.cancel()
            endpoint.draining.discard(self.drain)
            if self._leave is not None:
                self._leave()
            tasks = [each.task for each in self._running.values()]
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self, event: Message) -> None:
        frame = event.get("text")
        try:
            message = read_message(event["bytes"] if frame is None else frame, self.dialect)
            match message.type:
                case "ping":
                    await self.send(write_message("pong", payload=message.payload or None))
                case "connection_init":
                    await self._initialise(message.payload or {})
                case "subscribe":
                    self._subscribe(message)
                case "terminate":
                    raise Closed(CloseCode.NORMAL, "")
                case "complete" if (running := self._running.pop(message.id, None)) is not None:
                    running.task.cancel()
        except Closed as closed:
            await self.close(closed)

    async def _initialise(self, payload: Mapping[str, Any]) -> None:
        """Admit the caller, by a token in the message or in the handshake.

        Raises:
            Closed: 4429, they were before; 4403, they are not admitted; 1013, that cannot be told now.
        """
        if self._is_initialised:
            raise Closed(CloseCode.TOO_MANY_INITIALISATIONS, "Too many initialisation requests")
        self._is_initialised = True
        given = _authorization(payload) or self._authorization
        headers = {} if given is None else {"authorization": given}
        try:
            await self.endpoint.admit(headers)
        except Exception as error:
            closed = closing(error)
            if self.dialect.is_older:
                await self.send(write_message("connection_error", payload={"message": closed.reason}))
            raise closed from None
        self.headers = headers
        self._leave = self.endpoint.stay(headers, lambda: self.end(Closed(CloseCode.FORBIDDEN, "Forbidden")))
        await self.send(write_message("connection_ack"))

    def _subscribe(self, message: SocketMessage) -> None:
        """Begin an operation, of whatever type it is.

        Raises:
            Closed: 4401, the caller was not admitted; 4409, an operation of this id is under way; 4400.
        """
        if self.headers is None:
            raise Closed(CloseCode.UNAUTHORIZED, "Unauthorized")
        if message.id in self._running:
            raise Closed(CloseCode.SUBSCRIBER_EXISTS, f"Subscriber for {message.id} already exists")
        if not self._is_draining:  # else it was not accepted, and its client asks another process
            operation = SocketOperation(self, message, self.headers, len(self._running) + 1)
            self._running[message.id] = operation

    def streams(self) -> None:
        """An operation turned out to be a subscription, for which nobody waits at the end."""
        if self._is_draining:
            self.drain()

    def ended(self, operation: SocketOperation) -> None:
        """An operation has ended by itself."""
        if self._running.get(operation.id) is operation:
            del self._running[operation.id]
        if self._is_draining:
            self.drain()

    # Its end

    def _expire(self) -> None:
        if not self._is_initialised:
            reason = "Connection initialisation timeout"
            self.end(Closed(CloseCode.INITIALISATION_TIMEOUT, reason))

    def drain(self) -> None:
        """Close it, once every answer is given that a caller waits for; subscriptions go on elsewhere."""
        self._is_draining = True
        if all(each.is_stream for each in self._running.values()):
            self.end(Closed(CloseCode.SERVICE_RESTART, "This process stops. Open the socket again."))

    def end(self, closed: Closed) -> None:
        """Close it, from wherever that is decided."""
        if not self.is_closed and self._ending is None:
            self._ending = asyncio.create_task(self.close(closed))

    async def close(self, closed: Closed) -> None:
        """Close it, and tell its caller why."""
        if not self.is_closed:
            self.is_closed = True
            await self._pass({"type": "websocket.close", "code": closed.code, "reason": closed.reason})

    async def send(self, frame: str) -> None:
        """Send a frame, unless the socket is closed."""
        if not self.is_closed:
            await self._pass({"type": "websocket.send", "text": frame})

    async def _pass(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError:  # the caller is gone, which `receive` tells too
            self.is_closed = True


def _authorization(payload: Mapping[str, Any]) -> str | None:
    """The value of the field `Authorization` that a ``connection_init`` stands for; None where it has no token.

    Clients write it in several ways: as the field, alone or among `headers` (Hasura's clients), or the bare token under
    a name of its own (`authToken` in Apollo's documents).
    """
    nested = payload.get("headers")
    for fields in (payload, nested if isinstance(nested, dict) else {}):
        for name in ("Authorization", "authorization"):
            if isinstance(value := fields.get(name), str):
                return value
    for name in ("token", "authToken"):
        if isinstance(token := payload.get(name), str):
            return f"Bearer {token}"
    return None
