"""Files by signed URLs: their bytes are fetched and sent piece by piece, for as long as pieces come.

Whoever has the URL needs no token. Browsers save what they get and run nothing of it: it is an attachment of a type
that is known to be harmless or of none, and a sandbox stands around it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.http.bodies import pieces_of
from gateway.http.entity_tags import is_named
from gateway.http.headers import SECURITY, encoded, read_headers
from gateway.http.media_types import parse_media_type
from gateway.http.ranges import Unsatisfiable, parse_range
from gateway.limits import Limits
from gateway.observe.records import current
from gateway.resolvers.errors import FileTooLarge, Invalid, PreconditionFailed
from gateway.resolvers.file_transfers import Download, FileTransfers
from gateway.resolvers.file_urls import DOWNLOADS, PARAMETER, UPLOADS, Grant
from gateway.storage.names import attachment
from gateway.storage.objects import StorageFailure
from gateway.transport.limits import check

logger = logging.getLogger(__name__)

Headers = dict[str, str]
Turn = Callable[[str], AbstractAsyncContextManager[None]]
"""One of the files of an organization that are sent or fetched at once, by the organization's id."""

UNKNOWN_TYPE: Final = "application/octet-stream"
HARMLESS: Final = frozenset(
    {
        "application/gzip",
        "application/json",
        "application/pdf",
        "application/zip",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/csv",
        "text/plain",
    }
)
"""Media types that files are given back with; every other one is UNKNOWN_TYPE."""

_NEVER_CACHED: Final = {"cache-control": "private, no-store", "referrer-policy": "no-referrer", **SECURITY}
_CONFINED: Final = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "accept-ranges": "bytes",
}


def file_routes(transfers: FileTransfers, limits: Limits, turn: Turn) -> list[Route]:
    """The routes that signed URLs lead to.

    Args:
        turn: waits until a file of an organization may be sent or fetched.
    """
    return [
        Route(DOWNLOADS, _Downloads(transfers, turn), methods=["GET"]),
        Route(UPLOADS, _Uploads(transfers, limits, turn), methods=["PUT"]),
    ]


class _Downloads:
    """GET and HEAD of a file, whole or one range of it (RFC 9110, sections 13 and 14)."""

    def __init__(self, transfers: FileTransfers, turn: Turn) -> None:
        self._transfers = transfers
        self._turn = turn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = read_headers(scope)
        file = await self._transfers.download(_signed(scope))
        _note(file.organization_id, "downloadFile")
        if scope["method"] == "HEAD":
            headers.pop("range", None)  # RFC 9110, section 14.2
        status, fields, (start, end) = _answered(file, headers)
        start_message = {"type": "http.response.start", "status": status, "headers": encoded(fields)}
        if scope["method"] == "HEAD" or start == end:
            await send(start_message)
            await send({"type": "http.response.body", "body": b""})
            return
        async with self._turn(file.organization_id):
            pieces = file.pieces(start, end)
            first = await anext(pieces)  # while it can still be said that there is none
            await send(start_message)
            await send({"type": "http.response.body", "body": first, "more_body": True})
            await _send_rest(pieces, receive, send)


async def _send_rest(pieces: AsyncIterator[bytes], receive: Receive, send: Send) -> None:
    """Send the pieces behind the first, and end the answer; not to a caller who went away.

    Where one does not come, the answer stays without an end, and the server closes the connection.
    """
    leaving = asyncio.create_task(_left(receive))
    try:
        async for piece in pieces:
            if leaving.done():
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    except StorageFailure as failure:
        logger.warning("a file was given back in part only: %s", failure)
    finally:
        leaving.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _answered(file: Download, asked: Mapping[str, str]) -> tuple[int, Headers, tuple[int, int]]:
    """The status, the header fields and the range of the bytes that an answer has.

    Raises:
        PreconditionFailed: the file is not the one that `If-Match` names.
    """
    tag = f'"{file.sha256}"'
    common = {"etag": tag, **_NEVER_CACHED, **_CONFINED}
    nothing = (0, 0)
    if (wanted := asked.get("if-match")) is not None and not is_named(wanted, tag):
        raise PreconditionFailed
    if (known := asked.get("if-none-match")) is not None and is_named(known, tag, weakly=True):
        return 304, common, nothing
    media_type = parse_media_type(file.content_type or "")
    shown = {
        **common,
        "content-type": media_type.type if media_type and media_type.type in HARMLESS else UNKNOWN_TYPE,
        "content-disposition": attachment(file.name),
    }
    is_same = asked.get("if-range", tag).strip(" \t") == tag  # dates are none of ours
    try:
        part = parse_range(asked.get("range"), file.size) if is_same else None
    except Unsatisfiable:
        return 416, {**common, "content-range": f"bytes */{file.size}", "content-length": "0"}, nothing
    start, end = part or (0, file.size)
    shown["content-length"] = str(end - start)
    if part is None:
        return 200, shown, (start, end)
    return 206, {**shown, "content-range": f"bytes {start}-{end - 1}/{file.size}"}, (start, end)


class _Uploads:
    """PUT of what an upload waits for."""

    def __init__(self, transfers: FileTransfers, limits: Limits, turn: Turn) -> None:
        self._transfers = transfers
        self._limit = limits.file_bytes
        self._turn = turn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = read_headers(scope)
        grant = await self._transfers.awaited(_signed(scope))
        _note(grant.organization_id, "uploadFile")
        announced = _announced(headers)
        if announced > self._limit.enforced:
            raise FileTooLarge(self._limit, announced)
        try:
            async with self._turn(grant.organization_id):
                await self._take(grant, receive, send)
        except ClientDisconnect:
            return

    async def _take(self, grant: Grant, receive: Receive, send: Send) -> None:
        received = await self._transfers.receive(grant, pieces_of(receive))
        check(self._limit, received.size)
        body = orjson.dumps({"size": received.size, "sha256": received.sha256})
        fields = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "etag": f'"{received.sha256}"',
            **_NEVER_CACHED,
        }
        await send({"type": "http.response.start", "status": 200, "headers": encoded(fields)})
        await send({"type": "http.response.body", "body": body})


def _announced(headers: Mapping[str, str]) -> int:
    """The length of a body, as it is announced; 0 where it is not.

    Raises:
        Invalid: the body is compressed, or a part of a file (RFC 9110, section 14.5).
    """
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Invalid("A file must be sent as it is: no Content-Encoding is undone here.")
    if "content-range" in headers:
        raise Invalid("A file must be sent whole: there is no Content-Range.")
    length = headers.get("content-length", "")
    return int(length[:20]) if length.isdecimal() else 0


def _signed(scope: Scope) -> str:
    """What is signed in a URL; empty where nothing is."""
    query: bytes = scope["query_string"]
    pairs: list[Any] = parse_qsl(query.decode("latin-1"))
    return next((value for name, value in pairs if name == PARAMETER), "")


def _note(organization_id: str, endpoint: str) -> None:
    record = current()
    record.organization_id, record.endpoint = organization_id, endpoint
