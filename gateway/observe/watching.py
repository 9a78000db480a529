"""The outermost ASGI application: every request gets its id and its record, its answer the field `X-Request-Id`."""

import re
from collections.abc import Awaitable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.db.ids import new_id
from gateway.observe import records
from gateway.observe.observers import Observer
from gateway.observe.records import RequestRecord

_TAKEN: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._~:/+=-]{0,127}")
"""What is taken for an id from outside: nothing that could break a line of a log or a header."""


def watched(app: ASGIApp, observer: Observer) -> ASGIApp:
    """The application, its requests told to an observer.

    Args:
        app: finds the record of the request at hand by `gateway.observe.records.current`.
    """

    async def watch(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        id = _given_id(scope) or new_id()
        record = RequestRecord(observer, id, scope["method"], scope["path"])
        field = (b"x-request-id", id.encode())

        def send_with_id(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                message["headers"] = [*message["headers"], field]
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
