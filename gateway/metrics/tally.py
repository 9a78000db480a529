"""What one process has counted and has not told yet: plain dictionaries, so that counting costs next to nothing."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.metrics.families import Measure

Key = tuple[str, ...]
"""A series: its family's name, then the values of the family's labels in their order."""


@dataclass(slots=True)
class Report:
    """What a process reports: what was added since its last report, and its present state.

    Attributes:
        process: its number, by which its gauges are known.
        counts: what is to be added to each counter.
        histograms: what is to be added to each histogram: observations by bucket, then their sum.
        gauges: all of them; None where nothing is said of them, as in all parts of a long telling but the last.
        is_last: whether the process ends.
    """

    process: int
    counts: dict[Key, float] = field(default_factory=dict)
    histograms: dict[Key, list[float]] = field(default_factory=dict)
    gauges: dict[Key, float] | None = None
    is_last: bool = False


class Tally:
    """Counts and observations; used on one thread, the event loop's."""

    def __init__(self) -> None:
        self._counts: dict[Key, float] = {}
        self._histograms: dict[Key, list[float]] = {}

    def count(self, key: Key, number: float = 1) -> None:
        """Add to a counter."""
        counts = self._counts
        counts[key] = counts.get(key, 0) + number

    def observe(self, family: Measure, key: Key, value: float) -> None:
        """Add an observation to a histogram."""
        found = self._histograms.get(key)
        if found is None:
            found = self._histograms[key] = [0.0] * (len(family.bounds) + 2)
        found[bisect_left(family.bounds, value)] += 1
        found[-1] += value

    def take(self) -> tuple[dict[Key, float], dict[Key, list[float]]]:
        """What was counted since this was called last: counters and histograms."""
        taken = self._counts, self._histograms
        self._counts, self._histograms = {}, {}
        return taken

    def give_back(self, telling: Report) -> None:
        """Count again what could not be told."""
        for key, number in telling.counts.items():
            self.count(key, number)
        add_histograms(self._histograms, telling.histograms)


def add_histograms(to: dict[Key, list[float]], more: dict[Key, list[float]]) -> None:
    """Add histograms to others, series by series."""
    for key, numbers in more.items():
        known = to.get(key)
        to[key] = numbers if known is None else [a + b for a, b in zip(known, numbers, strict=True)]


def parts_of(telling: Report, most: int) -> Iterator[Report]:
    """A telling in parts of so many series at most; the last has the gauges."""
    series: list[tuple[Key, Any]] = [*telling.counts.items(), *telling.histograms.items()]
    for start in range(0, len(series), most):
        part = dict(series[start : start + most])
        yield Report(
            telling.process,
            {key: value for key, value in part.items() if key in telling.counts},
            {key: value for key, value in part.items() if key in telling.histograms},
        )
    yield Report(telling.process, gauges=telling.gauges, is_last=telling.is_last)
