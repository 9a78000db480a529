"""What a run found: the Markdown tables and the JSON file."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from benchmarks.scenarios import KEEPING, UNCHANGED_MS, Scenario

RESULTS = Path(__file__).parent / "results"
BASELINES = {
    "idiomatic": "idiomatic",
    "mercurius": "mercurius",
    "handwritten": "handwritten",
    "gateway": "itself, keeping no answers",
}
"""What the gateway is compared to, with the words of the table."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One server's turn in one round. Processor times are milliseconds per request, latencies milliseconds."""

    server_ms: float
    database_ms: float
    p50_ms: float
    p99_ms: float
    per_second: float


@dataclass(slots=True)
class Series:
    """All turns of one server in one scenario."""

    server: str
    answer_bytes: int
    turns: list[Turn] = field(default_factory=list)
    resident_mb: float = 0.0

    def middle(self, figure: str) -> float:
        return median(getattr(turn, figure) for turn in self.turns)

    def spread(self, figure: str) -> tuple[float, float]:
        values = [getattr(turn, figure) for turn in self.turns]
        return min(values), max(values)


Results = dict[str, dict[str, Series]]
"""By scenario's name, then by server's name."""


def rounded(value: float) -> str:
    """Three significant digits."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def size_of(answer_bytes: int) -> str:
    return f"{answer_bytes} B" if answer_bytes < 1000 else f"{answer_bytes / 1000:.0f} kB"


def figures_table(scenarios: Iterable[Scenario], results: Results) -> str:
    lines = [
        "| scenario | server | CPU ms/request | spread | database CPU ms | p50 ms | p99 ms | requests/s | RSS MB |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for scenario in scenarios:
        for series in results.get(scenario.name, {}).values():
            low, high = series.spread("server_ms")
            cells = [
                f"{scenario.title} ({size_of(series.answer_bytes)})",
                series.server,
                f"**{rounded(series.middle('server_ms'))}**",
                f"{rounded(low)} to {rounded(high)}",
                rounded(series.middle("database_ms")) if "postgresql" in scenario.databases else "",
                rounded(series.middle("p50_ms")),
                rounded(series.middle("p99_ms")),
                f"{series.middle('per_second'):.0f}",
                f"{series.resident_mb:.0f}",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def ratios(scenario: Scenario, measured: dict[str, Series]) -> dict[str, float]:
    """The gateway's processor time by each baseline's: the median of the rounds' ratios.

    Within a round the machine's clock has hardly changed; between rounds it may have.
    """
    if scenario.own not in measured:
        return {}
    mine = measured[scenario.own].turns
    return {
        name: median(one.server_ms / other.server_ms for one, other in zip(mine, series.turns, strict=True))
        for name, series in measured.items()
        if name != scenario.own
    }


def ratio_cell(ratio: float, bars: tuple[float, float] | None) -> str:
    if bars is None:
        return f"{ratio:.3f}"
    bar, aim = bars
    verdict = "reaches the aim" if ratio <= aim else "within the bar" if ratio <= bar else "ABOVE THE BAR"
    return f"**{ratio:.3f}** (bar {bar:.3f}, aim {aim:.3f}): {verdict}"


def ratios_table(scenarios: Iterable[Scenario], results: Results) -> str:
    lines = [
        "The gateway's CPU by the baseline's, medians of the rounds' ratios:",
        "",
        f"| scenario | {' | '.join(BASELINES.values())} |",
        f"|---{'|---' * len(BASELINES)}|",
    ]
    for scenario in scenarios:
        found = ratios(scenario, results.get(scenario.name, {}))
        if found:
            cells = [
                ratio_cell(found[name], scenario.bars.get(name)) if name in found else ""
                for name in BASELINES
            ]
            lines.append(f"| {scenario.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def with_database_line(results: Results) -> str:
    """Server and database together on the page of 50, against mercurius and its database."""
    measured = results.get("page-50", {})
    if not {"gateway", "mercurius"} <= measured.keys():
        return ""
    ratio = median(
        (mine.server_ms + mine.database_ms) / (theirs.server_ms + theirs.database_ms)
        for mine, theirs in zip(measured["gateway"].turns, measured["mercurius"].turns, strict=True)
    )
    cell = ratio_cell(ratio, (0.9, 0.9))
    return f"Server and database together, page of 50: gateway by mercurius {cell}"


def unchanged_line(results: Results) -> str:
    """What a 304 takes."""
    measured = results.get("unchanged-page", {})
    if KEEPING not in measured:
        return ""
    took = measured[KEEPING].middle("server_ms")
    verdict = "within the bar" if took <= UNCHANGED_MS else "ABOVE THE BAR"
    return f"A 304 for the page of 50: **{rounded(took)} ms** (bar {UNCHANGED_MS} ms): {verdict}"


def write_json(settings: dict[str, Any], scenarios: Iterable[Scenario], results: Results) -> Path:
    """Everything measured, in a new file beside those of earlier runs."""
    RESULTS.mkdir(exist_ok=True)
    at = datetime.now(UTC)
    path = RESULTS / f"{at:%Y%m%dT%H%M%SZ}.json"
    found = {
        "at": at,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "settings": settings,
        "scenarios": {
            scenario.name: {
                "title": scenario.title,
                "servers": results[scenario.name],
                "ratios": ratios(scenario, results[scenario.name]),
                "bars": scenario.bars,
            }
            for scenario in scenarios
            if scenario.name in results
        },
    }
    path.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    return path
