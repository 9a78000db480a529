"""Answers that come in parts, taken off ASGI one part at a time, with the SQL that was run between them."""

import json
from collections.abc import Callable
from typing import Any

from gateway.db.database import Database

JSON = "application/json"
OF_2022 = "multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9"
DRAFT = "multipart/mixed;incrementalSpec=v0.2,application/graphql-response+json,application/json;q=0.9"
ENDED = b"\r\n-----\r\n"


class Answered:
    """What one request was answered.

    Attributes:
        status: of HTTP.
        headers: by name.
        log: the parts as they were sent, each as JSON, and the tables that were read, in their order.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.log: list[Any] = []
        self.body = b""

    @property
    def parts(self) -> list[Any]:
        return [each for each in self.log if isinstance(each, dict)]

    def take(self, body: bytes) -> None:
        """A piece of the body, which has whole parts: each with the boundary behind it."""
        kind = self.headers["content-type"]
        self.body += body
        if not body:
            return
        if kind.startswith("multipart/mixed"):
            assert body.endswith((b"\r\n---", b"\r\n-----\r\n"))
            for part in body.removesuffix(b"--\r\n").split(b"\r\n---")[:-1]:
                if part:
                    head, _, text = part.partition(b"\r\n\r\n")
                    assert head == b"\r\nContent-Type: application/json; charset=utf-8"
                    self.log.append(json.loads(text))
        elif kind.startswith("text/event-stream"):
            for event in body.removesuffix(b"\n\n").split(b"\n\n"):
                name, data = event.split(b"\n")
                if name == b"event: next":
                    self.log.append(json.loads(data.removeprefix(b"data: ")))
                else:
                    assert (name, data) == (b"event: complete", b"data:")
        else:
            self.log.append(json.loads(body))


async def post(
    app: Any,
    database: Database | None,
    token: str,
    query: str,
    accept: str | None = DRAFT,
    *,
    leave: Callable[[Answered], bool] = lambda answered: False,
    headers: dict[str, str] | None = None,
    **variables: Any,
) -> Answered:
    """Post an operation.

    Args:
        leave: whether the caller goes away, asked before each part.
    """
    import asyncio

    answered = Answered()
    body = json.dumps({"query": query, "variables": variables}).encode()
    given = {"authorization": f"Bearer {token}", "content-type": JSON, **(headers or {})}
    if accept is not None:
        given["accept"] = accept
    gone = asyncio.Event()
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if pending:
            return pending.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if leave(answered):
            gone.set()
        if message["type"] == "http.response.start":
            answered.status = message["status"]
            answered.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            answered.take(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
        "server": ("gateway.test", 80),
        "state": {},
    }
    if database is not None:
        database.on_statement = lambda sql: answered.log.append(sql)
    try:
        await app(scope, receive, send)
    finally:
        if database is not None:
            database.on_statement = None
    return answered
