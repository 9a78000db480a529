"""Exports spans on a thread of the SDK, and says of a collector that cannot be reached once that it is so."""

import logging
import threading
from collections.abc import Sequence
from typing import Any, Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

from gateway.db.outages import Outage
from gateway.masking import mask_credentials

logger = logging.getLogger(__name__)

_EXPORTER: Final = logging.getLogger("opentelemetry.exporter.otlp.proto.http.trace_exporter")
"""By which the SDK says each failure, several times in ten seconds."""

_NO_ANSWER: Final = "no answer in time"
_KIND: Final = "spans"
_REASON_SHOWN: Final = 100  # characters


class _Exporting(threading.local):
    """What is being exported on a thread.

    Attributes:
        reason: why it fails.
    """

    reason: str = _NO_ANSWER


_exporting = _Exporting()


def _keep_reason(record: logging.LogRecord) -> bool:
    """Keep why it fails, which the SDK tells its log alone: a status with its phrase, or an exception's type.

    The exception's message is not kept, since the collector's URL is in it, which may hold a credential.
    """
    told = record.args if isinstance(record.args, tuple) else ()
    reasons = [
        type(each).__qualname__ if isinstance(each, Exception) else str(each)
        for each in told
        if isinstance(each, Exception | str | int) and each != _KIND
    ]
    if reasons:
        _exporting.reason = mask_credentials(" ".join(reasons))[:_REASON_SHOWN]
    return False


_EXPORTER.addFilter(_keep_reason)


class Exporter:
    """The SDK's exporter (OTLP over HTTP, as the OTEL_EXPORTER_OTLP_… variables say), whose failures are an outage.

    Raises:
        ValueError: a variable cannot be read.
    """

    def __init__(self) -> None:
        self._exporter: Any = OTLPSpanExporter()  # one of its methods has no types
        self._outage = Outage(logger, "traces cannot be exported")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans to the collector, again for a few seconds where it cannot take them; they are lost then."""
        _exporting.reason = _NO_ANSWER
        result: SpanExportResult = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            self._outage.ended()
        else:
            self._outage.failed(_exporting.reason)
        return result

    def shutdown(self) -> None:
        """End what is being sent."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing waits here."""
        return True
