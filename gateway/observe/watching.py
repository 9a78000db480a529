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
        id = _given_id(scope) or new_id().encode()
        record = RequestRecord(observer, id.decode(), scope["method"], scope["path"])
        status: int | None = None

        def send_with_id(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", id)]
            return send(message)

        token = records.enter(record)
        try:
            await app(scope, receive, send_with_id)
        finally:
            records.leave(token)
            record.ended(status)

    return watch


def _given_id(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return value if _TAKEN.fullmatch(value) else None
    return None
