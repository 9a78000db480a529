"""The traces of one process: which requests are sampled, the records of those, and their end."""

import asyncio
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    Link,
    Span,
    SpanKind,
    Status,
    StatusCode,
    format_trace_id,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import Scope

from gateway import __version__
from gateway.db.ids import new_id
from gateway.http.heads import found_in
from gateway.masking import mask_credentials
from gateway.observe.deliveries import DeliveryTarget
from gateway.observe.observers import Observer
from gateway.observe.records import RequestRecord
from gateway.traces.ids import DrawnIds
from gateway.traces.parents import NO_PARENT, parent_of
from gateway.traces.spans import METHODS, Trace, name_of

FINISH_SECONDS: Final = 3.0

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_PATH_SHOWN: Final = 200  # characters


class OpenTelemetryTracing:
    """Makes records of the requests of a process, by which those that are sampled are traced.

    Args:
        provider: samples, and exports what ends.
        ids: the provider's.
        system: of the database, `db.system.name`.

    Attributes:
        finish_seconds: how long the end of a process waits for what is to be exported yet.
    """

    def __init__(self, provider: TracerProvider, ids: DrawnIds, system: str) -> None:
        self._provider = provider
        self._ids = ids
        self._tracer = provider.get_tracer("gateway", __version__)
        self._system = system
        self._routes: frozenset[str] = frozenset()
        self._closing = threading.Lock()
        self.finish_seconds = FINISH_SECONDS

    def know(self, routes: Iterable[str]) -> None:
        """Name the served paths, by which spans are called."""
        self._routes = frozenset(routes)

    def begin(self, observer: Observer, id: str, scope: Scope) -> RequestRecord:
        """The record of a request that begins, and is sampled or not: what its caller has decided counts."""
        parent = found_in(scope, parent_of)
        method, path = scope.get("method", "GET"), scope["path"]
        is_known = path in self._routes
        name = name_of(method, path if is_known else None)
        attributes = {
            "http.request.method": method if method in METHODS else "_OTHER",
            "url.path": path if is_known else _shown(path),
            "url.scheme": scope.get("scheme", "http"),
        }
        is_socket = scope["type"] == "websocket"
        if parent is NO_PARENT and not is_socket and self._drops(name, attributes):
            return RequestRecord(observer, id, method, path)
        span = self._tracer.start_span(name, parent, SpanKind.SERVER, attributes)
        if is_socket:
            return _SocketRecord(self, span, parent, observer, id, method, path)
        if not span.is_recording():
            return RequestRecord(observer, id, method, path)
        return _TracedRecord(self._trace(span, observer), span, observer, id, method, path)

    def _drops(self, name: str, attributes: Mapping[str, str]) -> bool:
        """Whether a request is not sampled; to begin its span, which comes to the same, takes three times as long."""
        trace_id = self._ids.draw()
        sampled = self._provider.sampler.should_sample(NO_PARENT, trace_id, name, SpanKind.SERVER, attributes)
        if is_dropped := sampled.decision is Decision.DROP:
            self._ids.forget()
        return is_dropped

    def begin_on_socket(
        self, observer: Observer, method: str, path: str, parent: Context, socket: Span
    ) -> RequestRecord:
        """The record of an operation on a WebSocket: a trace of its own, since a socket lasts for hours.

        Args:
            parent: what the request that opened the socket was told to go on with.
            socket: the span of that request, which the operation's own points to.
        """
        links = [Link(socket.get_span_context())] if socket.is_recording() else []
        span = self._tracer.start_span(
            f"{method} {path}",
            parent,
            SpanKind.SERVER,
            {"url.path": path, "network.protocol.name": "websocket"},
            links,
        )
        if not span.is_recording():
            return RequestRecord(observer, new_id(), method, path)
        trace = self._trace(span, observer, is_http=False)
        return _TracedRecord(trace, span, observer, new_id(), method, path)

    def attempt(self, target: DeliveryTarget) -> "Attempt":
        """Begin an attempt to deliver an event, a trace of its own."""
        address = urlsplit(target.url)
        span = self._tracer.start_span(
            "POST",
            NO_PARENT,
            SpanKind.CLIENT,
            {
                "http.request.method": "POST",
                "http.request.resend_count": target.number - 1,
                "server.address": address.hostname or "",
                "server.port": address.port or (443 if address.scheme == "https" else 80),
                "gateway.organization_id": target.organization_id,
                "gateway.webhook.endpoint_id": target.endpoint_id,
                "gateway.webhook.id": target.webhook_id,
                "gateway.webhook.event_type": target.type,
            },
        )
        return Attempt(span)

    def close(self) -> None:
        """Export what waits, for half a minute at most; nothing is traced any more."""
        with self._closing:  # a second caller waits, too
            self._provider.shutdown()

    async def finish(self) -> None:
        """Export what waits, for `finish_seconds` at most."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def shut_down() -> None:
            self.close()
            with suppress(RuntimeError):  # the loop has ended, since it took too long
                loop.call_soon_threadsafe(done.set)

        # A thread that nobody waits for at the end of the process: the collector may not answer.
        threading.Thread(target=shut_down, name="traces-finish", daemon=True).start()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.finish_seconds):
                await done.wait()

    def _trace(self, span: Span, observer: Observer, *, is_http: bool = True) -> Trace:
        return Trace(self._tracer, span, observer, self._system, self._routes, is_http=is_http)


class _TracedRecord(RequestRecord):
    """A request that is traced; what is run for each event of its subscription is not, since that never ends."""

    def __init__(self, trace: Trace, span: Span, told: Observer, id: str, method: str, path: str) -> None:
        super().__init__(trace, id, method, path)
        self.trace_id = format_trace_id(span.get_span_context().trace_id)
        self._told = told

    def part(self, method: str) -> RequestRecord:
        return RequestRecord(self._told, new_id(), method, self.path)


class _SocketRecord(RequestRecord):
    """A request that opened a WebSocket, traced or not; each operation on it is sampled for itself."""

    def __init__(
        self,
        traces: OpenTelemetryTracing,
        span: Span,
        parent: Context,
        told: Observer,
        id: str,
        method: str,
        path: str,
    ) -> None:
        observer = told
        if span.is_recording():
            observer = traces._trace(span, told)
            self.trace_id = format_trace_id(span.get_span_context().trace_id)
        super().__init__(observer, id, method, path)
        self._traces = traces
        self._span = span
        self._parent = parent
        self._told = told

    def part(self, method: str) -> RequestRecord:
        return self._traces.begin_on_socket(self._told, method, self.path, self._parent, self._span)


class Attempt:
    """One attempt to deliver an event, sampled or not.

    Attributes:
        fields: of its request, by which the endpoint goes on with the trace.
    """

    def __init__(self, span: Span) -> None:
        self._span = span
        self.fields: Mapping[str, str] = {}
        _PROPAGATOR.inject(fields := dict[str, str](), set_span_in_context(span, NO_PARENT))
        self.fields = fields

    def ended(self, status: int | None, error: str | None) -> None:
        """Note what came of it; everything but 2xx is an error."""
        if status is not None:
            self._span.set_attribute("http.response.status_code", status)
        if status is None or not 200 <= status < 300:
            said = error or str(status)
            self._span.set_attribute("error.type", said)
            self._span.set_status(Status(StatusCode.ERROR, error))
        self._span.end()


def _shown(path: str) -> str:
    """The path of what no route is named after; what could not be sent as UTF-8 is written otherwise."""
    return mask_credentials(path[:_PATH_SHOWN]).encode(errors="backslashreplace").decode()
