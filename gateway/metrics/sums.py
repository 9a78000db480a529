"""What all processes have told, added up, and shown as prometheus-client's registries have it."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from gateway import __version__
from gateway.metrics.families import FAMILIES, INFO, Measure
from gateway.metrics.tally import Key, Report, add_histograms

SILENT_SECONDS: Final = 10.0
"""A process that has told nothing for so long is gone, or as good as gone: its gauges count no more."""


class Sums(Collector):
    """Adds up what processes tell, and keeps it when they are gone; any thread may tell, and any may look.

    Args:
        clock: seconds, of which only differences count.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[Key, float] = {}
        self._histograms: dict[Key, list[float]] = {}
        self._gauges: dict[int, tuple[float, dict[Key, float]]] = {}  # by process, with when it told them

    def add(self, telling: Report) -> bool:
        """Add what a process tells; it is always taken."""
        with self._lock:
            for key, number in telling.counts.items():
                self._counts[key] = self._counts.get(key, 0) + number
            add_histograms(self._histograms, telling.histograms)
            if telling.is_last:
                self._gauges.pop(telling.process, None)
            elif telling.gauges is not None:
                self._gauges[telling.process] = self._clock(), telling.gauges
        return True

    def collect(self) -> Iterator[Metric]:
        """Every metric with its series (prometheus-client's hook)."""
        with self._lock:
            counts = {**self._counts, **self._gauges_now()}
            histograms = {key: list(numbers) for key, numbers in self._histograms.items()}
        counts[INFO.name, __version__] = 1
        for family in FAMILIES:
            if family.kind == "histogram":
                yield _histogram(family, histograms)
            else:
                yield _metric(family, counts)

    def _gauges_now(self) -> dict[Key, float]:
        since = self._clock() - SILENT_SECONDS
        self._gauges = {process: each for process, each in self._gauges.items() if each[0] >= since}
        sums: dict[Key, float] = {}
        for _, gauges in self._gauges.values():
            for key, number in gauges.items():
                sums[key] = sums.get(key, 0) + number
        return sums


def _metric(family: Measure, numbers: dict[Key, float]) -> Metric:
    make = GaugeMetricFamily if family.kind == "gauge" else CounterMetricFamily
    metric = make(family.name, family.says, labels=family.labels)
    for key, number in numbers.items():
        if key[0] == family.name:
            metric.add_metric(list(key[1:]), number)
    return metric


def _histogram(family: Measure, numbers: dict[Key, list[float]]) -> Metric:
    metric = HistogramMetricFamily(family.name, family.says, labels=family.labels)
    for key, (*observations, total) in numbers.items():
        if key[0] == family.name:
            until, buckets = 0.0, []
            for bound, number in zip((*family.bounds, float("inf")), observations, strict=True):
                until += number
                buckets.append(("+Inf" if bound == float("inf") else str(bound), until))
            metric.add_metric(list(key[1:]), buckets, total)
    return metric
