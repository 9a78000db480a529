"""The spans of a request, made of what an observer is told: of the request, its operations and its statements.

They are made when it ends, with the times at which things happened, so that nothing is done for a span while anybody
waits. Names are those of https://opentelemetry.io/docs/specs/semconv/ (HTTP, database, GraphQL) as far as it has any.
No value is in them: no variables, no literals, no headers, no query strings.
"""

from collections.abc import Collection, Sequence
from time import time_ns
from typing import Final, NamedTuple

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from gateway.http.methods import SERVED
from gateway.observe.observers import Observer
from gateway.observe.records import OperationRecord, RequestRecord
from gateway.traces.parents import NO_PARENT
from gateway.traces.statements import summary_of

MOST_STATEMENTS: Final = 128
"""Spans of statements in one request; further ones are counted alone."""

METHODS: Final = frozenset({*SERVED, "OPTIONS"})

_NAME_SHOWN: Final = 100  # characters
_UNNAMED: Final = "GraphQL Operation"


def name_of(method: str, route: str | None = None) -> str:
    """What the span of a request is called: no caller can have spans of any name."""
    method = method if method in METHODS else "HTTP"
    return method if route is None else f"{method} {route}"


class _Statement(NamedTuple):
    """A statement that was answered.

    Attributes:
        ended_at: nanoseconds since the epoch.
    """

    sql: str
    rows: int
    seconds: float
    ended_at: int


class Trace:
    """The observer of one traced request: notes what it is told, and tells it to the process's own.

    Args:
        tracer: makes spans.
        span: of the request, which has begun.
        told: the process's observer.
        system: of the database, `db.system.name`.
        routes: the served paths.
        is_http: whether it is a request of HTTP, and not one on a WebSocket.
    """

    def __init__(
        self,
        tracer: Tracer,
        span: Span,
        told: Observer,
        system: str,
        routes: Collection[str],
        *,
        is_http: bool = True,
    ) -> None:
        self._tracer = tracer
        self._span = span
        self._context = set_span_in_context(span, NO_PARENT)
        self._told = told
        self._system = system
        self._routes = routes
        self._is_http = is_http
        self._statements: list[_Statement] = []
        self._room = MOST_STATEMENTS
        # What is no span of its own.
        self.fallback, self.rerun, self.refusal = told.fallback, told.rerun, told.refusal
        self.limit, self.delivery, self.failure = told.limit, told.delivery, told.failure

    def statement(self, sql: str, rows: int, seconds: float) -> None:
        if self._room:
            self._room -= 1
            self._statements.append(_Statement(sql, rows, seconds, time_ns()))
        self._told.statement(sql, rows, seconds)

    def operation(self, record: OperationRecord) -> None:
        ended_at = time_ns()
        began_at = ended_at - int(record.seconds * 1e9)
        span = self._tracer.start_span(
            record.type or _UNNAMED,
            self._context,
            # Not SERVER, as the conventions would have it: what counts requests by such spans counted each twice.
            SpanKind.INTERNAL,
            _of_operation(record),
            start_time=began_at,
        )
        statements, self._statements = self._statements, []
        before = [each for each in statements if each.ended_at < began_at]  # the caller's token, say
        self._export(before, self._context)
        self._export(statements[len(before) :], set_span_in_context(span, NO_PARENT))
        if record.errors or record.code:
            span.set_status(Status(StatusCode.ERROR, record.code))
        span.end(ended_at)
        self._told.operation(record)

    def request(self, record: RequestRecord) -> None:
        if not record.is_probe:  # machines send it every few seconds; a span that has no end goes nowhere
            self._export(self._statements, self._context)
            self._end(record)
        self._told.request(record)

    def _export(self, statements: Sequence[_Statement], parent: Context) -> None:
        for sql, rows, seconds, ended_at in statements:
            summary = summary_of(sql)
            span = self._tracer.start_span(
                summary,
                parent,
                SpanKind.CLIENT,
                {
                    "db.system.name": self._system,
                    "db.query.summary": summary,
                    "db.query.text": sql,
                    "db.response.returned_rows": rows,
                },
                start_time=ended_at - int(seconds * 1e9),
            )
            span.end(ended_at)

    def _end(self, record: RequestRecord) -> None:
        span, status, code = self._span, record.status, record.code
        known: dict[str, str | int | Sequence[str] | None] = {
            "gateway.request_id": record.id,
            "gateway.organization_id": record.organization_id,
            "gateway.vendor": record.vendor,
            "gateway.endpoint": record.endpoint,
            "gateway.fallback": record.fallback,
            "gateway.error_ids": record.error_ids or None,
            "gateway.statements": record.statements,
        }
        if self._is_http:
            known["http.response.status_code"] = status
            if record.path in self._routes:
                known["http.route"] = record.path
                span.update_name(name_of(record.method, record.path))
        if status is not None and status >= 500:
            known["error.type"] = code or str(status)
            span.set_status(Status(StatusCode.ERROR, code))
        elif code is not None and status != 200:
            known["error.type"] = code
        span.set_attributes({name: value for name, value in known.items() if value is not None})
        span.end(time_ns())


def _of_operation(record: OperationRecord) -> dict[str, str | int]:
    attributes: dict[str, str | int] = {}
    if record.type is not None:
        attributes["graphql.operation.type"] = record.type
        if record.name is not None:  # as the document has it: what was asked for may be any text
            attributes["graphql.operation.name"] = record.name[:_NAME_SHOWN]
    if record.digest is not None:
        attributes["gateway.document_id"] = record.digest.hex()
    if record.errors:
        attributes["gateway.errors"] = record.errors
    if record.code is not None:
        attributes["error.type"] = record.code
    return attributes
