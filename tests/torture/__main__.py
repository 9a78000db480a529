"""Long runs against faults: python -m tests.torture [--run kills] [--database sqlite] [--kills 20]

Each run prints a table of its figures and says what it found broken, on which the exit code is 1.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from gateway.db.migrate import migrate
from tests.postgresql import own_server
from tests.torture import deliveries, kills, subscribers

DATABASES = ("sqlite", "postgresql")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--run", action="append", choices=RUNS, help="may be repeated; all by default")
    parser.add_argument("--database", action="append", choices=DATABASES, help="both by default")
    parser.add_argument("--kills", type=int, default=20, help="in each store (20)")
    parser.add_argument("--callers", type=int, default=13, help="at the same time (13)")
    parser.add_argument("--seed", type=int, default=1, help="of what happens in which order (1)")
    return parser.parse_args()


@contextmanager
def new_store(kind: str, folder: Path):
    """The URL of a migrated store with nothing in it, on the disk, as durable as it comes."""
    if kind == "sqlite":
        url = f"sqlite:///{folder}/torture.db"
        asyncio.run(migrate(url))
        yield url
        return
    with own_server(is_durable=True) as server:
        asyncio.run(migrate(server.url))
        yield server.url


def run_kills(given: argparse.Namespace) -> bool:
    """Servers that are killed; whether nothing was lost, made twice or half made."""
    plans = {
        "sqlite": kills.Plan(given.kills, given.callers, seed=given.seed),
        "postgresql": kills.Plan(
            given.kills, given.callers, ("gateway", "worker", "postgresql"), workers=2, seed=given.seed
        ),
    }
    return _on_each(given.database or DATABASES, plans, kills.killing, kills.HEAD)


def run_subscribers(given: argparse.Namespace) -> bool:
    """Subscribers whose connections are cut, and a process that is killed; whether each was told everything once."""
    plans = {
        "sqlite": subscribers.FollowPlan(10, 500, 4, cuts=10, processes=1, seed=given.seed),
        "postgresql": subscribers.FollowPlan(50, 2000, 8, cuts=10, processes=2, seed=given.seed),
    }
    return _on_each(given.database or DATABASES, plans, subscribers.following, subscribers.HEAD)


def run_deliveries(given: argparse.Namespace) -> bool:
    """Webhooks of which many are not taken at first, and processes that are killed; whether each came, in order."""
    plan = deliveries.DeliveryPlan(40, 25, 4, failing=0.1, attempts=2, kills=6, processes=1, seed=given.seed)
    plans = {"sqlite": plan, "postgresql": replace(plan, subjects=100, writers=8, kills=12, processes=2)}
    return _on_each(given.database or DATABASES, plans, deliveries.delivering, deliveries.HEAD)


def _on_each(kinds, plans, run, head):
    """Run the plan of each kind of store on a new one, and print the figures; whether all was well."""
    lines, is_well = [], True
    for kind in kinds:
        with (
            tempfile.TemporaryDirectory(prefix="gateway-torture-") as name,
            new_store(kind, Path(name)) as url,
        ):
            log = Path(name) / "gateway.log"
            try:
                figures = asyncio.run(run(url, log, plans[kind]))
            except BaseException:
                print(*_faults(log), sep="\n", file=sys.stderr)
                raise
            lines.append(figures.line(kind))
            if figures.problems:
                is_well = False
                print(*figures.problems, log.read_text()[-3000:], sep="\n", file=sys.stderr)
    print(head, *lines, sep="\n")
    return is_well


def _faults(log: Path) -> list[str]:
    """The last lines of a log that tell of faults, which go with the folder that it lies in."""
    lines = log.read_text().splitlines() if log.exists() else []
    return [each for each in lines if '"level":"error"' in each][-5:]


RUNS: dict[str, Callable[[argparse.Namespace], bool]] = {
    "kills": run_kills,
    "subscribers": run_subscribers,
    "deliveries": run_deliveries,
}
"""By name; another one is a function that prints its figures and says whether all was well."""


def main() -> int:
    given = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every `finally` ends its processes
    passed = [RUNS[name](given) for name in given.run or RUNS]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
