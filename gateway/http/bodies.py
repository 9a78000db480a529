"""Bodies of requests and answers, as bytes."""

from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Send

_PART: Final = 256 * 1024


class BodyTooLong(Exception):
    """A body has more bytes than its reader takes; each door says so in its own words."""


async def read_body(receive: Receive, limit: float, announced: str | None = None) -> bytes:
    """The whole body, at most ``limit`` bytes.

    Args:
        announced: the value of the field `Content-Length`, so that what is too long is refused unread.

    Raises:
        BodyTooLong: it is longer than ``limit``.
        ClientDisconnect: starlette's; the caller is gone.
    """
    if announced and announced.isdecimal() and int(announced[:20]) > limit:
        raise BodyTooLong
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise BodyTooLong
        is_last = not message.get("more_body", False)
        if is_last and not chunks:
            return chunk
        chunks.append(chunk)
        if is_last:
            return b"".join(chunks)


async def pieces_of(receive: Receive) -> AsyncIterator[bytes]:
    """A request's body as it comes.

    Raises:
        ClientDisconnect: starlette's; the caller is gone.
    """
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        if body := message.get("body", b""):
            yield body
        if not message.get("more_body", False):
            return


async def send_body(send: Send, body: bytes) -> None:
    """Send an answer's whole body; a long one in parts, so that the caller has read nearly all of it in the end."""
    if len(body) <= _PART:
        await send({"type": "http.response.body", "body": body})
        return
    await send_body_part(send, body)
    await send({"type": "http.response.body", "body": b""})


async def send_body_part(send: Send, body: bytes) -> None:
    """Send a part of an answer's body, behind which another one comes; a long one again in parts."""
    for start in range(0, len(body), _PART):
        part = body[start : start + _PART]
        await send({"type": "http.response.body", "body": part, "more_body": True})
