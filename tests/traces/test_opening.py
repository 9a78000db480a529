"""What the operator says, by our setting and OpenTelemetry's variables, and a collector that is not there."""

import asyncio
import sys

import pytest

from gateway.observe.records import NOBODY
from gateway.settings import SettingError, Settings
from gateway.traces.opening import collector as shown
from gateway.traces.opening import open_traces
from tests.patience import ENOUGH
from tests.ports import free_port

pytestmark = pytest.mark.anyio

SCOPE = {"type": "http", "method": "GET", "path": "/x", "headers": []}


def trace_one(traces):
    traces.begin(NOBODY, "the-id", SCOPE).ended()


def test_nothing_is_traced_unless_the_operator_says_so(collector):
    assert open_traces(Settings()) is None
    assert Settings.from_environment({"GATEWAY_TRACES": "true"}).traces


@pytest.mark.parametrize(("name", "value"), [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")])
def test_the_standard_variables_turn_it_off(name, value):
    assert open_traces(Settings(traces=True), {name: value}) is None


@pytest.mark.parametrize(
    ("name", "value", "refusal"),
    [
        ("OTEL_TRACES_EXPORTER", "console", "OTEL_TRACES_EXPORTER must be otlp or none, not 'console'."),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "grpc",
            "OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, not 'grpc'.",
        ),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0", "An OTEL_… variable cannot be followed: "),
    ],
)
def test_what_cannot_be_followed_is_refused(name, value, refusal, monkeypatch):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError, match=f"^{refusal}"):
        open_traces(Settings(traces=True))


def test_without_the_extra_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(SettingError) as refused:
        open_traces(Settings(traces=True))
    assert str(refused.value) == (
        "GATEWAY_TRACES needs the packages of the extra `traces` (there is no opentelemetry.sdk.trace): "
        "pip install --require-hashes -r requirements-traces.lock"
    )


@pytest.mark.parametrize(
    ("variables", "name", "more"),
    [
        ({}, "gateway", {}),
        ({"OTEL_SERVICE_NAME": "ours"}, "ours", {}),
        (
            {"OTEL_RESOURCE_ATTRIBUTES": "service.name=ours,deployment.environment.name=test"},
            "ours",
            {"deployment.environment.name": "test"},
        ),
    ],
)
def test_a_process_says_what_it_is(collector, monkeypatch, variables, name, more):
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    traces = open_traces(Settings(traces=True))
    trace_one(traces)
    traces.close()
    [span] = collector.spans
    assert span.resource.pop("service.version")
    assert len(span.resource.pop("service.instance.id")) == 36
    about = {key: value for key, value in span.resource.items() if not key.startswith("telemetry.sdk.")}
    assert about == {"service.name": name, **more}
    assert collector.paths == {"/v1/traces"}
    assert collector.fields["content-type"] == "application/x-protobuf"


def test_header_fields_for_the_collector_are_sent(collector, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret")
    traces = open_traces(Settings(traces=True))
    trace_one(traces)
    traces.close()
    assert collector.fields["api-key"] == "secret"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "http://localhost:4318"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://u:secret@c.example/base?key=secret"}, "https://c.example"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://b:1/v"},
            "http://b:1",
        ),
    ],
)
def test_where_they_go_is_shown_without_what_is_secret(variables, expected):
    assert shown(variables) == expected


def test_a_collector_that_refuses_is_told_once(collector, caplog):
    collector.status = 400
    traces = open_traces(Settings(traces=True))
    for _ in range(1_200):  # more than two batches
        trace_one(traces)
    traces.close()
    assert len(collector.bodies) >= 3
    said = [each for each in caplog.records if each.name.startswith(("gateway", "opentelemetry"))]
    assert [each.getMessage() for each in said] == ["traces cannot be exported: 400 Bad Request"]


async def test_the_end_of_a_process_waits_for_a_collector_for_a_moment_alone(collector):
    collector.may_answer.clear()
    traces = open_traces(Settings(traces=True))
    traces.finish_seconds = 0.1
    trace_one(traces)
    async with asyncio.timeout(ENOUGH / 2):
        await traces.finish()
    collector.may_answer.set()
    traces.close()
    assert [each.name for each in collector.spans] == ["GET"]


def test_a_collector_that_is_not_there_is_told_once_and_without_its_credentials(monkeypatch, caplog):
    url = f"http://u:hunter2@127.0.0.1:{free_port()}/base?key=hunter2"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")  # seconds: less than the pause before another try
    traces = open_traces(Settings(traces=True))
    trace_one(traces)
    traces.close()
    [said] = [each for each in caplog.records if each.name.startswith(("gateway", "opentelemetry"))]
    assert said.getMessage().startswith("traces cannot be exported: ")
    assert "hunter2" not in caplog.text
