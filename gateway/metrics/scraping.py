"""`/metrics` at an address of its own, for Prometheus and what reads the same.

The formats are those of https://prometheus.io/docs/instrumenting/exposition_formats/, as whoever asks prefers. A thread
answers, so that it is told while the event loop is busy, too.
"""

import socket
import threading
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics

from gateway.metrics.channels import Channel
from gateway.metrics.metrics import Tell
from gateway.metrics.sums import Sums

PATH: Final = "/metrics"
_PATIENCE: Final = 10.0  # seconds for which a connection may be silent


def show(sockets: Sequence[socket.socket], *, is_alone: bool) -> Tell:
    """Answer at listening sockets for as long as this process runs.

    Args:
        is_alone: whether this process is the only one that counts.

    Returns:
        What takes that which processes tell; where there are several, they get it when they are started.
    """
    sums = Sums()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(sums)
    handler = type("Handler", (_Handler,), {"registry": registry})
    for each in sockets:
        server = _Server(each, handler)
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    if is_alone:
        return sums.add
    channel = Channel()
    channel.listen(sums.add)
    return channel.tell


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(listener.getsockname()[:2], handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who asks went away."""


class _Handler(BaseHTTPRequestHandler):
    registry: CollectorRegistry
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if urlsplit(self.path).path != PATH:
            self._answer(
                HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", f"Metrics are at {PATH}.\n".encode()
            )
            return
        if "application/openmetrics-text" in self.headers.get("accept", ""):
            text: bytes = openmetrics.generate_latest(self.registry)  # type: ignore[no-untyped-call]
            self._answer(HTTPStatus.OK, openmetrics.CONTENT_TYPE_LATEST, text)
        else:
            self._answer(HTTPStatus.OK, CONTENT_TYPE_PLAIN_0_0_4, generate_latest(self.registry))

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        return "gateway"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged of what asks every few seconds."""
