"""The outermost ASGI application: every request gets its id and its record, its answer the field `X-Request-Id`."""

import re
from collections.abc import Awaitable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.db.ids import new_id
from gateway.http.heads import found_in
from gateway.observe import records
from gateway.observe.observers import Observer
from gateway.observe.records import RequestRecord
from gateway.observe.tracing import Tracing

_TAKEN: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._~:/+=-]{0,127}")
"""What is taken for an id from outside: nothing that could break a line of a log or a header."""

_HEADS: Final[dict[str, dict[str, int]]] = {
    "http": {"http.response.start": 200},
    "websocket": {"websocket.accept": 101, "websocket.http.response.start": 403, "websocket.close": 403},
}
"""The messages that begin an answer by the kind of request, with the status of those that say none."""


def watched(app: ASGIApp, observer: Observer, traces: Tracing | None = None) -> ASGIApp:
    """The application, its requests told to an observer.

    Args:
        app: finds the record of the request at hand by `gateway.observe.records.current`.
        traces: makes the records of requests that may be traced; None where none is.
    """

    async def watch(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in _HEADS:
            await app(scope, receive, send)
            return
        id = found_in(scope, _given_id) or new_id()
        # A WebSocket is opened by a GET, and is that request for as long as it is open.
        if traces is None:
            record = RequestRecord(observer, id, scope.get("method", "GET"), scope["path"])
        else:
            record = traces.begin(observer, id, scope)
        field = (b"x-request-id", id.encode())
        heads = _HEADS[scope["type"]]

        def send_with_id(message: Message) -> Awaitable[None]:
            if (status := heads.get(message["type"])) is not None and record.status is None:
                record.status = message.get("status", status)
                message["headers"] = [*message.get("headers", ()), field]
            return send(message)

        token = records.enter(record)
        try:
            await app(scope, receive, send_with_id)
        finally:
            records.leave(token)
            record.ended()

    return watch


def _given_id(scope: Scope) -> str | None:
    value: bytes | None = dict(scope["headers"]).get(b"x-request-id")
    return value.decode() if value is not None and _TAKEN.fullmatch(value) else None
