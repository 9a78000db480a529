"""Whether there are traces, and the traces of this process; what they take is imported only where they are wanted."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from gateway import __version__
from gateway.db.urls import is_sqlite
from gateway.settings import SettingError, Settings

if TYPE_CHECKING:
    from gateway.traces.tracing import OpenTelemetryTracing

_SERVICE: Final = "gateway"
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_ENDPOINT: Final = "http://localhost:4318"  # the SDK's own default
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


def open_traces(
    settings: Settings, environment: Mapping[str, str] = os.environ, /
) -> "OpenTelemetryTracing | None":
    """The traces of this process, whose thread exports them; None where none are wanted.

    The SDK reads its own variables, all from this process's environment
    (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).

    Raises:
        SettingError: the extra is not installed, or one of the variables cannot be followed.
    """
    if not settings.traces or not _is_followed(environment):
        return None
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        from gateway.traces.exporting import Exporter
        from gateway.traces.ids import DrawnIds
        from gateway.traces.tracing import OpenTelemetryTracing
    except ModuleNotFoundError as missing:
        raise SettingError(
            f"GATEWAY_TRACES needs the packages of the extra `traces` (there is no {missing.name}): "
            "pip install --require-hashes -r requirements-traces.lock"
        ) from None
    found = Resource.create({"service.version": __version__})
    if str(found.attributes["service.name"]).startswith("unknown_service"):
        found = found.merge(Resource({"service.name": _SERVICE}))
    try:
        exporter: Any = Exporter()
        processor = BatchSpanProcessor(exporter)
    except ValueError as error:
        raise SettingError(f"An OTEL_… variable cannot be followed: {error}") from None
    ids: Any = DrawnIds()
    provider = TracerProvider(resource=found, shutdown_on_exit=False, id_generator=ids)
    provider.add_span_processor(processor)
    return OpenTelemetryTracing(provider, ids, "sqlite" if is_sqlite(settings.database_url) else "postgresql")


def collector(environment: Mapping[str, str] = os.environ, /) -> str:
    """Where traces are sent, without the path and what else of the URL may be secret."""
    url = next((found for name in _ENDPOINTS if (found := environment.get(name, "").strip())), _ENDPOINT)
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _is_followed(environment: Mapping[str, str]) -> bool:
    """Whether the standard variables leave traces on.

    Raises:
        SettingError: they ask for what is not there.
    """
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    if exporter not in ("otlp", "none"):
        raise SettingError(f"OTEL_TRACES_EXPORTER must be otlp or none, not {exporter!r}.")
    for name in _PROTOCOLS:
        protocol = environment.get(name, "").strip() or "http/protobuf"
        if protocol != "http/protobuf":
            raise SettingError(f"{name} must be http/protobuf, not {protocol!r}.")
    return exporter == "otlp" and environment.get("OTEL_SDK_DISABLED", "").strip().lower() != "true"
