"""The routes of all vendors' REST paths, as plain ASGI applications."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from gateway.answers import Answers
from gateway.http.bodies import BodyTooLong, read_body, send_body
from gateway.http.entity_tags import entity_tag, is_named
from gateway.http.headers import PRIVATE, encoded
from gateway.http.statuses import INTERNAL_SERVER_ERROR, status_of
from gateway.observe.failures import report
from gateway.observe.records import current
from gateway.observe.work import Work
from gateway.resolvers.context import Context
from gateway.resolvers.errors import GatewayError, public, reason_of
from gateway.resolvers.logins import LoggedIn, LoginCredentials
from gateway.resolvers.viewer import Scope as TokenScope
from gateway.rest.calls import MAX_BODY, Call
from gateway.rest.changes import Change
from gateway.rest.documents import document, document_id
from gateway.rest.forms import FormReader
from gateway.rest.refusals import (
    BodyTooLarge,
    InternalServerError,
    MethodNotAllowed,
    Refusal,
    UnknownPath,
    allowed_methods,
)
from gateway.rest.retirement import Headers, check_paths, headers_of, parse_retirements
from gateway.rest.vendor import Endpoint, Repeated, Vendor
from gateway.settings import Settings

MAX_LINK = 2048  # characters; clients and proxies refuse heads of answers that are much longer
_BODILESS = (204, 304)
_RELATION = '>; rel="successor-version"'

_FIXED = (
    (b"content-type", b"application/json"),
    (b"vary", b"Authorization, Api-Token"),
    *encoded(PRIVATE),
)


@dataclass(frozen=True, slots=True)
class Gate:
    """The parts of the running gateway that REST paths need.

    Attributes:
        admit: makes the context of a credential with a scope. It raises Unauthenticated for an invalid credential, and
            Forbidden for one without the scope.
        work: limits a request in progress.
        graphql_path: the path of the GraphQL endpoint, for links to equivalent documents.
        caller: the address by which requests of a caller are counted.
        forms: reads bodies that are forms.
        answers: the responses that can be reused; None if each is computed.
        log_in: makes a token for a person who logs in; None if nobody can log in.
    """

    admit: Callable[[str, TokenScope], Awaitable[Context]]
    work: Callable[[Scope, Receive], Work]
    graphql_path: str
    forms: FormReader
    caller: Callable[[Scope], str | None] = lambda scope: None
    log_in: Callable[[LoginCredentials, str | None], Awaitable[LoggedIn]] | None = None
    answers: Answers | None = None


def routes(vendors: Sequence[Vendor], gate: Gate, settings: Settings) -> list[BaseRoute]:
    """The routes of all vendors' paths, then routes that refuse all other paths under their prefixes.

    Raises:
        SettingError: the setting of retirements cannot be parsed, or matches no path.
    """
    retirements = parse_retirements(settings.legacy_retirements)
    found: list[BaseRoute] = []
    paths: list[str] = []
    for vendor in vendors:
        for documented in dict.fromkeys(each.path for each in vendor.endpoints):
            methods = {each.method: each for each in vendor.served if each.path == documented}
            for path in vendor.paths(documented):
                paths.append(path)
                found.append(
                    Route(path, Resource(gate, vendor, path, methods, headers_of(path, retirements)))
                )
    check_paths(retirements, paths)
    return found + _namespaces(gate, vendors)


def _namespaces(gate: Gate, vendors: Iterable[Vendor]) -> list[BaseRoute]:
    """Routes for all other paths under the vendors' prefixes, the longest prefix first."""
    spaces = sorted(
        ((space, vendor) for vendor in vendors for space in vendor.namespaces),
        key=lambda each: -len(each[0]),
    )
    return [
        Route(path, Resource(gate, vendor, path, {}, [], is_known=False))
        for space, vendor in spaces
        for path in ([space, f"{space}/{{rest:path}}"] if space else ["/{rest:path}"])
    ]


class Resource:
    """A path of a vendor with its methods (RFC 9110, section 3.1), as an ASGI application.

    Args:
        path: the pattern of the path.
        endpoints: the served endpoints, by method.
        headers: headers of every response.
        is_known: whether the vendor has such a path.
    """

    def __init__(
        self,
        gate: Gate,
        vendor: Vendor,
        path: str,
        endpoints: Mapping[str, Endpoint[Any]],
        headers: Headers,
        *,
        is_known: bool = True,
    ) -> None:
        self._gate = gate
        self._vendor = vendor
        self._path = path
        self._endpoints = dict(endpoints)
        if "GET" in endpoints:
            self._endpoints["HEAD"] = endpoints["GET"]
        self._allowed = allowed_methods(endpoints)
        documented = next((each.path for each in endpoints.values()), None)
        self._present = None if documented is None else vendor.shown_at(documented)
        self._headers = (*_FIXED, *headers)
        self._is_known = is_known
        self._links = {
            each.operation_id: f"<{gate.graphql_path}?documentId={document_id(document(vendor.package, each.document))}"
            for each in endpoints.values()
            if each.document is not None
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_head = scope["method"] == "HEAD"
        if is_head and self._vendor.head_status is not None:
            await _send(send, self._vendor.head_status, b"", (), is_head=True)
            return
        headers = self._headers
        endpoint = self._endpoints.get(scope["method"])
        self._note(endpoint)
        work = self._gate.work(scope, receive)
        try:
            try:
                status, body, more = await self._answer(scope, receive, endpoint, work)
            except ClientDisconnect:
                return
            except Exception as error:
                refusal = self._refusal(error, endpoint)
                status, body, more = refusal.status, orjson.dumps(refusal.body), refusal.headers
            await _send(send, status, body, (*headers, *more), is_head=is_head)
        finally:
            work.leave()

    def _note(self, endpoint: Endpoint[Any] | None) -> None:
        """Note in the request's log record what is requested."""
        record = current()
        record.vendor = self._vendor.name
        if self._is_known:
            record.path = self._path
        if endpoint is not None:
            record.endpoint = endpoint.operation_id

    async def _answer(
        self, scope: Scope, receive: Receive, endpoint: Endpoint[Any] | None, work: Work
    ) -> tuple[int, bytes, Headers]:
        vendor = self._vendor
        if not self._is_known:
            raise UnknownPath("There is no such path.")
        refused = MethodNotAllowed(scope["method"], self._allowed)
        if endpoint is None and not vendor.credential_first:
            raise refused
        call = Call(scope)
        if endpoint is not None and endpoint.entered is not None:
            return await self._log_in(call, scope, receive, endpoint)
        is_open = endpoint is None or endpoint.other is not None  # which scope it takes is not known yet
        scope_needed = TokenScope.READ if endpoint is None or is_open else endpoint.scope
        context = await self._gate.admit(vendor.credential(call), scope_needed)
        if endpoint is None:
            raise refused
        context.viewer.require(TokenScope.READ)  # or a write would be made whose answer is then refused
        if endpoint.is_form:
            async with self._gate.forms.read(call, receive, context, endpoint.request):
                # A file has come for as long as it took; only now others are kept waiting for it.
                if not work.take(context):
                    await work.wait()
                return await self._called(context, call, scope, endpoint, work)
        if not work.take(context):
            await work.wait()
        if endpoint.takes_body or endpoint.request is not None:
            call.body = await _body(call, receive)
        if endpoint.other is not None:
            endpoint = endpoint.meant(call)
            self._note(endpoint)
            context.viewer.require(endpoint.scope)
        return await self._called(context, call, scope, endpoint, work)

    async def _called(
        self, context: Context, call: Call, scope: Scope, endpoint: Endpoint[Any], work: Work
    ) -> tuple[int, bytes, Headers]:
        """The response to a call that was admitted and read completely."""
        vendor = self._vendor
        assert endpoint.arguments is not None
        assert endpoint.answer is not None
        arguments = endpoint.arguments(call)
        successor = self._successor(endpoint, arguments)
        if endpoint.is_change:
            context.door = vendor.name.upper()
            change = Change(vendor, endpoint, call, arguments, self._present, Call(scope), work.charge_bytes)
            with work:
                made = await change.make(context)
            return made.status, made.body, [*successor, *made.headers]
        with work:
            body, tag = await self._read(context, endpoint, call, arguments, work)
        headers = successor if tag is None else [*successor, (b"etag", tag.encode())]
        if body is None:
            return 304, b"", headers
        return endpoint.status, body, headers

    async def _read(
        self, context: Context, endpoint: Endpoint[Any], call: Call, arguments: Any, work: Work
    ) -> tuple[bytes | None, str | None]:
        """The response to a read with its entity tag, computed or reused (RFC 9110, section 13.1.2).

        Returns:
            The body, None if the caller's copy is current; and the entity tag, None if there is none.
        """
        assert endpoint.answer is not None
        field = call.header(b"if-none-match")

        def has(tag: str | None) -> bool:
            return field is not None and tag is not None and is_named(field, tag, weakly=True)

        question = None
        repeated = endpoint.repeated(call, arguments)
        if self._gate.answers is not None and repeated is not Repeated.NEVER:
            question = self._gate.answers.question(context, self._path, *call.said)
            await question.look_up()
            known = question.known
            tag = question.tag if not endpoint.shows_one else None if known is None else known.own_tag
            if has(tag):
                question.repeated()
                return None, tag
            if known is not None and known.body is not None:
                return known.body, tag
        answer = await endpoint.answer(context, arguments)
        body = b"" if endpoint.response is None else orjson.dumps(answer)
        work.charge_bytes(len(body))
        own_tag = entity_tag(body) if endpoint.shows_one else None
        tag = own_tag
        if question is not None:
            question.answered(body if repeated is Repeated.WHOLE else None, own_tag)
            tag = own_tag or question.tag
        return None if has(tag) else body, tag

    async def _log_in(
        self, call: Call, scope: Scope, receive: Receive, endpoint: Endpoint[Any]
    ) -> tuple[int, bytes, Headers]:
        """The response to a caller who logs in."""
        if self._gate.log_in is None:
            raise UnknownPath("There is no such path.")
        call.body = await _body(call, receive)
        assert endpoint.arguments is not None
        assert endpoint.entered is not None
        entered = await self._gate.log_in(endpoint.arguments(call), self._gate.caller(scope))
        record = current()
        record.organization_id, record.token_id = entered.organization_id, entered.token_id
        return endpoint.status, orjson.dumps(endpoint.entered(entered)), []

    def _successor(self, endpoint: Endpoint[Any], arguments: Any) -> Headers:
        """The link to the equivalent GraphQL document (RFC 5829, `successor-version`), with variables if short."""
        link = self._links.get(endpoint.operation_id)
        if link is None:
            return []
        if endpoint.variables is not None:
            variables = orjson.dumps(endpoint.variables(arguments))
            if len(variables) < MAX_LINK:
                with_variables = f"{link}&variables={quote(variables, safe='')}"
                link = with_variables if len(with_variables) + len(_RELATION) <= MAX_LINK else link
        return [(b"link", f"{link}{_RELATION}".encode())]

    def _refusal(self, error: Exception, endpoint: Endpoint[Any] | None) -> Refusal:
        record = current()
        if isinstance(error, Refusal):
            record.refused(f"HTTP_{error.status}")
            return error
        error = public(error)
        if isinstance(error, GatewayError) and status_of(error.code) != INTERNAL_SERVER_ERROR:
            record.refused(error.code, reason_of(error))
            return self._vendor.refusal(error, endpoint)
        place = f"{self._vendor.name}: {endpoint.operation_id if endpoint else 'a path'}"
        error_id = report(place, error)
        refusal = self._vendor.refusal(InternalServerError(), endpoint)
        refusal.headers.append((b"x-error-id", error_id.encode()))
        return refusal


async def _body(call: Call, receive: Receive) -> bytes:
    try:
        return await read_body(receive, MAX_BODY, call.header(b"content-length"))
    except BodyTooLong:
        raise BodyTooLarge(f"A body must not be longer than {MAX_BODY} bytes.") from None


async def _send(
    send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]], *, is_head: bool
) -> None:
    start = [field for field in headers if status != 204 or field[0] != b"content-type"]
    if status not in _BODILESS:
        start.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send_body(send, b"" if is_head else body)
