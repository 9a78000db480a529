"""An application that traces to a collector on this machine."""

import os

import pytest

from tests.data import NORTH, fill
from tests.patience import ENOUGH
from tests.traces.collector import open_collector
from tests.traces.traced import Traced


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch):
    for name in [each for each in os.environ if each.startswith("OTEL_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def collector(monkeypatch):
    with open_collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", str(ENOUGH))
        yield collector


@pytest.fixture
async def traced(database, database_url, collector):
    await fill(database, NORTH)
    made = Traced(database, database_url, collector)
    yield made
    made.traces.close()
