"""Imports of long files by the `gateway import` command: records per second and peak memory.

python -m benchmarks.imports [--records 10000 --records 100000]
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from benchmarks.records import VENDORS, write_file
from benchmarks.stores import Postgresql, database_at
from gateway.administration import create_organization
from gateway.db.database import open_database
from gateway.db.migrate import migrate
from gateway.db.tables import OrganizationKind

MEMORY_BAR = 1.25
AIMS = {"postgresql": 3000, "sqlite": 5000}  # Crux records per second
COMMAND = [sys.executable, "-m", "gateway.cli", "import"]


@dataclass(frozen=True, slots=True)
class Import:
    """One run of the command.

    Attributes:
        seconds: on the clock, the command's start included.
        cpu: seconds of processor time of the command's process.
        peak: its largest resident memory in bytes.
    """

    vendor: str
    database: str
    records: int
    seconds: float
    cpu: float
    peak: int

    @property
    def per_second(self) -> float:
        return self.records / self.seconds


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


async def prepare(url: str) -> str:
    """Migrate an empty database; returns the id of its one organization."""
    await migrate(url)
    database = open_database(url)
    await database.start()
    try:
        return await create_organization(database, name="North", kind=OrganizationKind.NONE)
    finally:
        await database.stop()


def run_command(url: str, vendor: str, organization: str, path: Path, records: int) -> Import:
    """Import one file.

    Raises:
        RuntimeError: the command failed; the message holds what it said.
    """
    command = [*COMMAND, vendor, str(path), "--organization", organization, "--database", url]
    environment = {**os.environ, "GATEWAY_ENCRYPTION_KEYS": os.environ.get("GATEWAY_ENCRYPTION_KEYS", "")}
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise RuntimeError(f"gateway import {vendor}: {output.read().decode(errors='replace')[-2000:]}")
    kind = url.partition(":")[0]
    return Import(
        vendor, kind, records, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _maxrss_unit()
    )


def _maxrss_unit() -> int:
    return 1 if sys.platform == "darwin" else 1024


def measure(
    sizes: Sequence[int], postgresql: Postgresql, databases: Sequence[str] = tuple(AIMS)
) -> list[Import]:
    """Import a file of each size of each vendor into a fresh store of each database."""
    done = []
    with tempfile.TemporaryDirectory(prefix="gateway-imports-") as name:
        folder = Path(name)
        for vendor in VENDORS:
            for records in sizes:
                path = folder / f"{vendor}-{records}.json"
                write_file(path, vendor, records)
                for database in databases:
                    if database == "sqlite":
                        url = f"sqlite:///{folder}/{vendor}-{records}.db"
                    else:
                        url = database_at(postgresql.url, f"{vendor}_{records}")
                        asyncio.run(create_database(postgresql.url, f"{vendor}_{records}"))
                    organization = asyncio.run(prepare(url))
                    done.append(run_command(url, vendor, organization, path, records))
                    say(f"{vendor}, {database}: {records:,} records in {done[-1].seconds:.1f} s")
                path.unlink()
    return done


async def create_database(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()


def table(done: Sequence[Import]) -> tuple[str, bool]:
    """The Markdown table, and whether memory is independent of the files' sizes."""
    lines = [
        "| import | database | records | records/s | CPU ms/record | peak RSS MB | verdict |",
        "|---|---|--:|--:|--:|--:|---|",
    ]
    passed = True
    smallest = {(each.vendor, each.database): each for each in reversed(done)}
    for each in done:
        growth = each.peak / smallest[each.vendor, each.database].peak
        passed = passed and growth <= MEMORY_BAR
        cells = [
            each.vendor,
            each.database,
            f"{each.records:,}",
            f"{each.per_second:,.0f}",
            f"{1000 * each.cpu / each.records:.3f}",
            f"{each.peak / 1e6:.0f} ({growth:.2f})",
            "within the bar" if growth <= MEMORY_BAR else "ABOVE THE BAR: memory grows with the file",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    aims = ", ".join(f"{aim:,} on {database}" for database, aim in AIMS.items())
    lines += ["", f"Bar: memory by {MEMORY_BAR}. Aims for Crux: records/s {aims}."]
    return "\n".join(lines), passed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument(
        "--records", type=int, action="append", help="may be repeated; 10000 and 100000 by default"
    )
    parser.add_argument("--database", choices=AIMS, action="append")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every `finally` ends its processes
    with ExitStack() as stack, suppress(KeyboardInterrupt):
        postgresql = Postgresql()
        stack.callback(postgresql.end)
        sizes = given.records or [10_000, 100_000]
        text, passed = table(measure(sizes, postgresql, given.database or tuple(AIMS)))
        print(text)
        return 0 if passed else 1
    return 130


if __name__ == "__main__":
    sys.exit(main())
