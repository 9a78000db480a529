"""GraphQL over HTTP: the endpoint, from an ASGI request to its JSON answer.

Specification: https://github.com/graphql/graphql-over-http; error codes as Apollo Server names them
(https://www.apollographql.com/docs/apollo-server/data/errors), others where it has none.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import strawberry
from graphql import OperationType
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.answers import Answers
from gateway.http.bodies import BodyTooLong, read_body, send_body
from gateway.http.headers import PRIVATE, RETRY_LATER, encoded
from gateway.http.heads import found_in, length_in
from gateway.http.media_types import JSON
from gateway.limits import Limits
from gateway.observe.records import current
from gateway.observe.work import Unbounded, Work
from gateway.resolvers.errors import GatewayError
from gateway.streams.streams import Follower, Streams
from gateway.transport.draining import Draining
from gateway.transport.errors import RETRIED, Defect, RequestError, refusal, telling_status
from gateway.transport.json_output import dump_json
from gateway.transport.limits import check
from gateway.transport.methods import check_for_get, check_for_post, check_for_query, other_method
from gateway.transport.multipart import MultipartRequests
from gateway.transport.negotiation import (
    EVENT_STREAM,
    MULTIPART,
    RESPONSE_JSON,
    Accepted,
)
from gateway.transport.operations import Operations
from gateway.transport.parted import Delivery, headers_of, only_part
from gateway.transport.posted import check_posted, parse_posted
from gateway.transport.preflight import check_preflighted
from gateway.transport.profiles import PROFILES, ProfileName
from gateway.transport.repeating import AskedAgain, Repeatable
from gateway.transport.request_heads import RequestHead
from gateway.transport.requests import (
    GraphQLRequest,
    check_encoding,
    check_query_content,
    names_a_query,
    names_an_operation,
    parse_body,
    parse_operations,
    parse_query_string,
    parse_request,
)
from gateway.transport.result_streams import RESULTS_FORMS, ResultStream, Stay, nothing_comes, unwatched
from gateway.transport.server_timing import WANTED, server_timing
from gateway.transport.subscriptions import Subscriber

Headers = Sequence[tuple[bytes, bytes]]

_HEADERS: Final = {
    media_type: (
        (b"content-type", f"{media_type}; charset=utf-8".encode()),
        (b"vary", b"Accept, Authorization"),
        *encoded(PRIVATE),
    )
    for media_type in (JSON, RESPONSE_JSON)
}

_SAID_IN_PARTS: Final = (Defect.UNPARSABLE, Defect.UNFIT)
"""What is wrong with a document or its variables, which a stream of events says itself (graphql-sse)."""

_STREAMS: Final = (Follower, Delivery)
"""What is no answer yet."""

_NOT_ACCEPTABLE: Final = (
    f"The answer can be {RESPONSE_JSON}, {JSON}, {EVENT_STREAM} or {MULTIPART}; "
    "the header Accept of the request allows none of them."
)

NOT_MODIFIED: Final = 304

_SHORT_LENGTH: Final = 4
"""Digits of the length of a body that a server has read anyway, before anybody asks for it."""


def _tagged(form: str | None, headers: Mapping[str, str]) -> AskedAgain | None:
    """How a safe method asks for what may be given again."""
    known, codings = headers.get("if-none-match"), headers.get("accept-encoding")
    return AskedAgain(form, True, known, codings) if form else None


class GraphQLEndpoint:
    """An ASGI application that answers GraphQL requests on the path where it is mounted.

    Args:
        schema: what is served.
        admit: makes the context of a request's operations from its headers, by lower-case name, before anything else
            of the request is looked at; or raises a GatewayError (Unauthenticated: 401, Forbidden: 403).
        work: bounds a request under way.
        ide: the application that browsers get when they open the path; None for none.
        profile: the reading of the GraphQL over HTTP specification.
        limits: of what a document that is not trusted may ask for.
        documents: the trusted documents by identifier.
        trusting: makes of a caller's context that of a trusted document.
        answered: makes of a context, when its operations were run, what fields the answer has beside its own.
        introspection: whether the schema may be asked for, and errors name what is like a name that is wrong.
        rows: how many rows a context's viewer has, by their GraphQL types, as far as that is known.
        multipart: reads requests with files; without it none are taken.
        streams: follow what subscriptions ask for; None where none are served.
        stay: looks after the tokens of those who stay.
        draining: announces the end of the process.
        answers: those that may be given again; None where each is computed.

    Attributes:
        operations: run what is asked for; doors of other protocols ask them, too.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        admit: Callable[[Mapping[str, str]], Awaitable[Any]],
        work: Callable[[Scope, Receive], Work] = Unbounded,
        ide: ASGIApp | None = None,
        profile: ProfileName = "audit-2025",
        limits: Limits | None = None,
        documents: Mapping[str, str] | None = None,
        trusting: Callable[[Any], Any] | None = None,
        answered: Callable[[Any], Headers] = lambda context: (),
        introspection: bool = True,
        rows: Callable[[Any], Awaitable[Mapping[str, int]]] | None = None,
        multipart: MultipartRequests | None = None,
        streams: Streams | None = None,
        stay: Stay = unwatched,
        draining: Draining | None = None,
        answers: Answers | None = None,
    ) -> None:
        self._admit = admit
        self._multipart = multipart
        self._work = work
        self._ide = ide
        self._answered = answered
        self._profile = PROFILES[profile]
        self._read_head = partial(RequestHead, default=self._profile.default)
        self._limits = limits or Limits()
        self._most_bytes = self._limits.bytes.cap
        self.operations = Operations(
            schema,
            self._limits,
            documents=documents,
            trusting=trusting,
            introspection=introspection,
            rows=rows,
            streams=streams,
            answers=answers,
        )
        self._stay = stay
        self._draining = draining or Draining()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = found_in(scope, self._read_head)
        headers, accepted = head.headers, head.accepted
        if accepted.prefers_html and self._ide is not None and _opens_page(scope, headers):
            await self._ide(scope, receive, send)
            return
        label, alone = accepted.media_type or self._profile.default, accepted.alone
        work = self._work(scope, receive)
        delivery = Delivery(accepted.parts, send, self._limits, self._answered) if accepted.parts else None
        try:
            try:
                status, payload, extra = await self._answer(scope, receive, head, work, delivery)
                if payload.__class__ in _STREAMS:
                    await self._finish(payload, accepted, receive, send, headers, work)
                    return
                body = self._text(payload)
                if status in RETRIED:
                    extra = (*extra, *encoded(RETRY_LATER))
                if WANTED in headers:
                    extra = (*extra, *server_timing(headers, current()))
            except ClientDisconnect:
                return
            except Exception as error:
                failure = _told(error)
                if delivery is not None and delivery.is_begun:
                    await delivery.fail(failure.errors, work)
                    return
                status = self._profile.status(failure.status, label)
                body, extra = dump_json({"errors": failure.errors}), failure.headers
                alone = alone if failure.status in _SAID_IN_PARTS else None
            fixed: Headers = _HEADERS[self._profile.label(status, label)]
            if alone is not None:
                status, fixed, body = 200, headers_of(alone), only_part(alone, body)
            if status != NOT_MODIFIED:
                extra = ((b"content-length", str(len(body)).encode()), *extra)
            await send({"type": "http.response.start", "status": status, "headers": [*fixed, *extra]})
            await send_body(send, body)
        finally:
            work.leave()
            if delivery is not None:
                delivery.cancel()

    def _text(self, payload: Any) -> bytes:
        body = payload.body or b"" if isinstance(payload, Repeatable) else dump_json(payload)
        if len(body) > self._most_bytes:
            check(self._limits.bytes, len(body))
        return body

    async def _finish(
        self,
        stream: Delivery | Follower,
        accepted: Accepted,
        receive: Receive,
        send: Send,
        headers: Mapping[str, str],
        work: Work,
    ) -> None:
        """Have the rest of an answer sent that comes in parts, or all of a subscription's."""
        work.leave()
        if isinstance(stream, Delivery):
            await stream.finish()
        else:
            form = RESULTS_FORMS[accepted.results or EVENT_STREAM]
            await ResultStream(form, stream, receive, send).run(headers, self._stay, self._draining)

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        head: RequestHead,
        work: Work,
        delivery: Delivery | None,
    ) -> tuple[int, Any, Headers]:
        headers, accepted = head.headers, head.accepted
        context = await self._admit(headers)
        if accepted.media_type is None and accepted.alone is None:
            raise RequestError(406, "BAD_REQUEST", _NOT_ACCEPTABLE)
        method, form = scope["method"], accepted.media_type
        # Nobody would see what followed in an answer to HEAD.
        follow = self._follow(scope, headers) if accepted.results and method != "HEAD" else None
        if method in ("GET", "HEAD"):
            check_preflighted(headers)
            request = parse_query_string(scope["query_string"])
            if not work.take(context):
                await work.wait()
            return await self._run(
                request, context, work, accepted, follow, _tagged(form, headers), delivery, check_for_get
            )
        if method == "POST":
            if head.is_form and self._multipart is not None:
                check_preflighted(headers)
                check_encoding(headers)
                async with self._multipart.read(headers, receive, context) as (value, text):
                    # Files have come for as long as they took; only now others are kept waiting for it.
                    if not work.take(context):
                        await work.wait()
                    return await self._run(
                        parse_operations(value, text), context, work, accepted, follow, None, delivery
                    )
            if not head.is_json:
                check_posted(headers)
            body = await self._body(scope, receive, context, work)
            again = AskedAgain(form, False, None, headers.get("accept-encoding")) if form else None
            parsed = head.parsed(body) if head.is_json else parse_posted(scope, headers, body, self._limits)
            return await self._run(parsed, context, work, accepted, follow, again, delivery)
        if method == "QUERY":
            check_query_content(headers)
            body = await self._body(scope, receive, context, work)
            again = _tagged(form, headers)
            return await self._run(
                parse_body(body), context, work, accepted, follow, again, delivery, check_for_query
            )
        raise other_method()

    async def _body(self, scope: Scope, receive: Receive, context: Any, work: Work) -> bytes:
        """The body, once the request has its place.

        Raises:
            RequestError: it is too long.
        """
        limit = self._limits.body
        # What waits to be served holds no long body: the rest of one stays with its caller until then.
        length = length_in(scope)
        is_long = not 0 < len(length) <= _SHORT_LENGTH
        if is_long and not work.take(context):
            await work.wait()
        try:
            body = await read_body(receive, limit.enforced, length)
        except BodyTooLong:
            message = f"A body must not be longer than {limit.number} bytes."
            raise RequestError(413, "BAD_REQUEST", message) from None
        check(limit, len(body))
        if not is_long and not work.take(context):
            await work.wait()
        return body

    async def _run(
        self,
        parsed: GraphQLRequest | list[Any],
        context: Any,
        work: Work,
        accepted: Accepted,
        follow: Callable[[], Subscriber] | None,
        again: AskedAgain | None,
        delivery: Delivery | None,
        may_run: Callable[[OperationType], None] = check_for_post,
    ) -> tuple[int, Any, Headers]:
        """Run what is asked for; the request has its place."""
        if isinstance(parsed, list):
            payloads = await self._answer_batch(parsed, context, work, accepted, may_run)
            statuses = {telling_status(each) for each in payloads}
            status = next((each for each in RETRIED if statuses == {each}), 200)
            return status, payloads, self._answered(context)
        with work:
            payload = await self.operations.answer(parsed, context, may_run, follow, again, delivery)
        fields = self._answered(context)
        if isinstance(payload, Repeatable):
            tag = ((b"etag", payload.tag.encode()),) if payload.tag is not None else ()
            fields = (*fields, *tag, *payload.fields)
        return self._status(payload, accepted), payload, fields

    def _status(self, payload: Any, accepted: Accepted) -> int:
        if isinstance(payload, Repeatable):
            return NOT_MODIFIED if payload.body is None else 200
        if payload.__class__ in _STREAMS or "errors" not in payload:
            return 200
        profile = self._profile
        telling = telling_status(payload) if profile.tells_of_nulls or payload["data"] is None else None
        return telling or profile.partial[accepted.media_type or profile.default]

    def _follow(self, scope: Scope, headers: Mapping[str, str]) -> Callable[[], Subscriber]:
        """Makes of a caller who takes results as they come the subscriber of a subscription."""

        def subscriber() -> Subscriber:
            admit = partial(self._admit, {"authorization": headers.get("authorization", "")})
            work = partial(self._work, scope, nothing_comes)
            return Subscriber(admit, work, headers.get("last-event-id", "").strip() or None)

        return subscriber

    async def _answer_batch(
        self,
        entries: list[Any],
        context: Any,
        work: Work,
        accepted: Accepted,
        may_run: Callable[[OperationType], None],
    ) -> list[dict[str, Any]]:
        """Answer several operations in turn, so that one request never takes more connections than another."""
        if accepted.media_type is None:
            raise RequestError(406, "BAD_REQUEST", "A batch is answered as JSON alone.")
        limit = self._limits.batch
        if limit.enforced <= 1:
            raise RequestError(Defect.MALFORMED, "BAD_REQUEST", "Batches of operations are not served.")
        if not 0 < len(entries) <= limit.enforced:
            message = f"A batch must have between 1 and {limit.number} operations."
            raise RequestError(Defect.MALFORMED, "BAD_REQUEST", message)
        check(limit, len(entries))
        payloads: list[dict[str, Any]] = []
        for entry in entries:
            try:
                request = parse_request(entry)
                with work:
                    payloads.append(await self.operations.answer(request, context, may_run))
            except (RequestError, GatewayError) as error:
                failure = _told(error)
                payloads.append({"errors": failure.errors})
        return payloads


def _told(error: Exception) -> RequestError:
    """What a caller is told of an error, which is noted."""
    failure = error if isinstance(error, RequestError) else refusal(error)
    current().refused(failure.code, failure.reason)
    return failure


def _opens_page(scope: Scope, headers: Mapping[str, str]) -> bool:
    if scope["method"] not in ("GET", "HEAD"):
        return False
    if not names_an_operation(scope["query_string"]):
        return True
    # A browser's address bar sends no token: the page, which shows the query, is of more use than a refusal.
    return "authorization" not in headers and names_a_query(scope["query_string"])
