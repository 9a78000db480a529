"""A collector that keeps what it is sent by OTLP over HTTP, and spans of it as plain data."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.patience import ENOUGH

KINDS = {1: "INTERNAL", 2: "SERVER", 3: "CLIENT"}
STATUSES = {0: "UNSET", 2: "ERROR"}


def plain(value: Any) -> Any:
    """What an attribute's value is in Python."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(each) for each in value.array_value.values]
    return getattr(value, kind)


def attributes_of(holder: Any) -> dict[str, Any]:
    return {each.key: plain(each.value) for each in holder.attributes}


class Span:
    """A span that was exported."""

    def __init__(self, span: Any, resource: dict[str, Any]) -> None:
        self.name, self.kind = span.name, KINDS[span.kind]
        self.status, self.said = STATUSES[span.status.code], span.status.message
        self.trace, self.id, self.parent = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
        self.began, self.ended = span.start_time_unix_nano, span.end_time_unix_nano
        self.attributes = attributes_of(span)
        self.links = [(each.trace_id.hex(), each.span_id.hex()) for each in span.links]
        self.state = span.trace_state
        self.resource = resource
        self.text = str(span)


class Collector:
    """What was sent to an address on this machine.

    Attributes:
        url: for OTEL_EXPORTER_OTLP_ENDPOINT.
        bodies: of the requests.
        fields: of the last request, by lower-case name.
        status: what it answers.
        may_answer: until it is set, answers wait.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.bodies: list[bytes] = []
        self.fields: dict[str, str] = {}
        self.paths: set[str] = set()
        self.status = 200
        self._came = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def came(self) -> None:
        """Note that something has come."""
        self._came.set()

    def wait(self) -> None:
        """Wait until something has come."""
        assert self._came.wait(ENOUGH), "no spans came"

    @property
    def spans(self) -> list[Span]:
        """All spans that came, by when they began."""
        found = []
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                about = attributes_of(resource.resource)
                found += [Span(span, about) for scope in resource.scope_spans for span in scope.spans]
        return sorted(found, key=lambda each: (each.began, -each.ended))

    def tree(self) -> list[Any]:
        """The spans' names, as each hangs on its parent: a name, or a name and what hangs on it."""
        spans = self.spans
        known = {each.id for each in spans}

        def below(parent: str | None) -> list[Any]:
            here = [
                each
                for each in spans
                if (each.parent == parent if parent is not None else each.parent not in known)
            ]
            return [(each.name, *below(each.id)) if below(each.id) else each.name for each in here]

        return below(None)


@contextmanager
def open_collector() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.fields = {name.lower(): value for name, value in self.headers.items()}
            collector.paths.add(self.path)
            collector.bodies.append(body)
            collector.may_answer.wait(ENOUGH)
            collector.came()
            self.send_response(collector.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing is said."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
