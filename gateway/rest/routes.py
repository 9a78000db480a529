"""The routes of every legacy path, as plain ASGI applications."""

import logging
import traceback
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from gateway.db.database import Database
from gateway.resolvers.context import Context
from gateway.resolvers.errors import GatewayError, public
from gateway.resolvers.viewer import Scope as TokenScope
from gateway.resolvers.viewer import Viewer
from gateway.rest.calls import Call, read_body
from gateway.rest.documents import document, document_id
from gateway.rest.refusals import READ_METHODS, Failure, MethodNotAllowed, Refusal, UnknownPath
from gateway.rest.retirement import Headers, headers_of, parse_retirements
from gateway.rest.vendor import Read, Vendor
from gateway.settings import Settings

logger = logging.getLogger(__name__)

GRAPHQL_PATH = "/graphql"

_FIXED = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"private, no-cache"),
    (b"x-content-type-options", b"nosniff"),
)


@dataclass(frozen=True, slots=True)
class Gate:
    """What every legacy path needs of the running gateway.

    Attributes:
        authenticate: the viewer of a token; raises Unauthenticated.
    """

    database: Database
    settings: Settings
    authenticate: Callable[[str], Awaitable[Viewer]]

    async def open(self, vendor: Vendor, call: Call) -> Context:
        """The context of a call.

        Raises:
            Refusal: the call has no credential.
            Unauthenticated: it has one that is not good.
            Forbidden: the token may not read.
        """
        viewer = await self.authenticate(vendor.credential(call))
        viewer.require(TokenScope.READ)
        return Context(self.database, viewer, self.settings)


def routes(
    vendors: Sequence[Vendor],
    *,
    database: Database,
    settings: Settings,
    authenticate: Callable[[str], Awaitable[Viewer]],
) -> list[BaseRoute]:
    """Every path of these vendors, and behind them whatever else lies under the vendors' prefixes.

    Args:
        authenticate: the viewer of a token; raises Unauthenticated.

    Raises:
        SettingError: the setting of the paths' retirements cannot be read.
    """
    gate = Gate(database, settings, authenticate)
    retirements = parse_retirements(settings.legacy_retirements)
    found: list[BaseRoute] = []
    for vendor in vendors:
        served: list[tuple[str, Read[Any] | None]] = [(read.path, read) for read in vendor.reads]
        served += [(path, None) for path in vendor.write_paths]
        for documented, read in served:
            for path in vendor.paths(documented):
                found.append(Route(path, Endpoint(gate, vendor, read, headers_of(path, retirements))))
    return found + _namespaces(gate, vendors)


def _namespaces(gate: Gate, vendors: Iterable[Vendor]) -> list[BaseRoute]:
    """The rest of each vendor's prefixes, the longest first."""
    spaces = sorted(
        ((space, vendor) for vendor in vendors for space in vendor.namespaces),
        key=lambda each: -len(each[0]),
    )
    return [
        Route(path, Endpoint(gate, vendor, None, [], is_known=False))
        for space, vendor in spaces
        for path in ([space, f"{space}/{{rest:path}}"] if space else ["/{rest:path}"])
    ]


class Endpoint:
    """One path of a vendor: an ASGI application.

    Args:
        read: what it answers to a GET; None for a path that has writes alone, or none at all.
        headers: of every answer.
        is_known: whether the vendor has such a path.
    """

    def __init__(
        self,
        gate: Gate,
        vendor: Vendor,
        read: Read[Any] | None,
        headers: Headers,
        *,
        is_known: bool = True,
    ) -> None:
        self._gate = gate
        self._vendor = vendor
        self._read = read
        self._headers = (*_FIXED, *headers)
        self._is_known = is_known
        self._link: str | None = None
        if read is not None and read.document is not None:
            name = document_id(document(vendor.package, read.document))
            self._link = f"<{GRAPHQL_PATH}?documentId={name}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_head = scope["method"] == "HEAD"
        if is_head and self._vendor.head_status is not None:
            await _send(send, self._vendor.head_status, b"", (), is_head=True)
            return
        status, headers = 200, self._headers
        try:
            body, more = await self._answer(scope, receive)
        except ClientDisconnect:
            return
        except Exception as error:
            refusal = self._refusal(error)
            status, body, more = refusal.status, orjson.dumps(refusal.body), refusal.headers
        await _send(send, status, body, (*headers, *more), is_head=is_head)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[bytes, Headers]:
        vendor, read = self._vendor, self._read
        if not self._is_known:
            raise UnknownPath("There is no such path.")
        served = read is not None and scope["method"] in READ_METHODS
        if not served and not vendor.credential_first:
            raise self._not_allowed(scope)
        call = Call(scope)
        context = await self._gate.open(vendor, call)
        if read is None or not served:
            raise self._not_allowed(scope)
        if read.takes_body:
            call.body = await read_body(scope, receive)
        arguments = read.arguments(call)
        body = orjson.dumps(await read.answer(context, arguments))
        return body, self._successor(read, arguments)

    def _not_allowed(self, scope: Scope) -> MethodNotAllowed:
        return MethodNotAllowed(scope["method"], READ_METHODS if self._read is not None else ())

    def _successor(self, read: Read[Any], arguments: Any) -> Headers:
        """The equivalent GraphQL document with its variables (RFC 5829, `successor-version`)."""
        if self._link is None:
            return []
        link = self._link
        if read.variables is not None:
            link += f"&variables={quote(orjson.dumps(read.variables(arguments)), safe='')}"
        return [(b"link", f'{link}>; rel="successor-version"'.encode())]

    def _refusal(self, error: Exception) -> Refusal:
        if isinstance(error, Refusal):
            return error
        error = public(error)
        if isinstance(error, GatewayError):
            return self._vendor.refuse(error, self._read)
        self._log(error)
        return self._vendor.refuse(Failure(), self._read)

    def _log(self, error: Exception) -> None:
        # Without the exception's message: drivers quote the values they met in theirs.
        operation = self._read.operation_id if self._read else "a path"
        stack = "".join(traceback.format_tb(error.__traceback__))
        logger.error(
            "%s: %s failed with %s\n%s", self._vendor.name, operation, type(error).__qualname__, stack
        )


async def _send(
    send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]], *, is_head: bool
) -> None:
    start = [*headers, (b"content-length", str(len(body)).encode())] if status != 204 else [*headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": b"" if is_head else body})
