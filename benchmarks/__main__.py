"""Measures the gateway beside other servers that answer the same requests: python -m benchmarks [--quick]"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks import deliveries, imports, load, measure, processes, report, subscribers
from benchmarks.processes import Server
from benchmarks.scenarios import DEEP, KEEPING, SCENARIOS, Facts, Scenario
from benchmarks.stores import Postgresql, Store

SERVERS = ("gateway", KEEPING, "handwritten", "idiomatic", "mercurius")
ON = {"postgresql": SERVERS, "sqlite": ("gateway", "idiomatic")}
PENDING = 60_000  # more than are decided on in all turns
IMPORTS, SUBSCRIBERS, DELIVERIES = "imports", "subscribers", "deliveries"


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run of about half a minute")
    parser.add_argument(
        "--scenario",
        action="append",
        choices=[*(each.name for each in SCENARIOS), IMPORTS, SUBSCRIBERS, DELIVERIES],
    )
    parser.add_argument("--server", action="append", choices=SERVERS, help="may be repeated; all by default")
    parser.add_argument("--rounds", type=int, help="turns of each server in each scenario (5)")
    parser.add_argument("--seconds", type=float, help="about how long a turn lasts (1.2)")
    parser.add_argument("--requests", type=int, default=20_000, help="connection requests in the table")
    parser.add_argument("--concurrency", type=int, default=4, help="connections of the client")
    parser.add_argument("--records", type=int, default=10_000, help="of each imported file")
    return parser.parse_args()


def plan_of(given: argparse.Namespace) -> measure.Plan:
    return measure.Plan(
        rounds=given.rounds or (1 if given.quick else 5),
        turn_seconds=given.seconds or (0.3 if given.quick else 1.2),
        warm_up_seconds=0.2 if given.quick else 1.5,
        concurrency=given.concurrency,
        least=4 if given.quick else 8,
    )


def start_server(name: str, kind: str, store: Store, logs: Path) -> Server | None:
    """Start one of the servers; None, and one line that says why, where it cannot run here."""
    port, environment = processes.free_port(), {}
    if name in ("gateway", KEEPING):
        command = processes.gateway_command(port, store.url)
        environment = {"GATEWAY_DATABASE_CONNECTIONS": str(processes.POOL)}
        if name == "gateway":
            environment["GATEWAY_KEPT_ANSWERS_BYTES"] = "0"
    elif name == "mercurius":
        found = processes.mercurius_command(port, store.organization)
        if isinstance(found, str):
            say(found)
            return None
        command, environment = found, {"NODE_ENV": "production", **processes.libpq_environment(store.url)}
    else:
        command = processes.python_command(f"benchmarks.{name}", port, store.url, store.organization)
    return processes.launch(name, kind, command, port, environment, log_of(name, kind, logs))


def log_of(name: str, kind: str, logs: Path) -> Path:
    return logs / f"{kind}-{name}.log"


async def facts_of(server: Server, scenarios: list[Scenario], store: Store) -> Facts:
    deep = any(scenario.deep for scenario in scenarios) and server.name != KEEPING
    unchanged = [each for each in scenarios if each.is_unchanged] if server.name == KEEPING else []
    return Facts(
        store.request_id,
        await measure.deep_cursor(server, store.token) if deep else None,
        await measure.page_tag(server, unchanged[0], store.token) if unchanged else None,
    )


async def measure_on(
    kind: str, store: Store, given: argparse.Namespace, postgresql: Postgresql | None, logs: Path
) -> report.Results:
    """Every chosen scenario of one database, on every chosen server that it has."""
    scenarios = [each for each in chosen(given) if kind in each.databases]
    wanted = [
        name
        for name in given.server or SERVERS
        if name in ON[kind] and any(each.is_for(name) for each in scenarios)
    ]
    servers: list[Server] = []
    results: report.Results = {}
    try:
        for name in wanted:
            if server := start_server(name, kind, store, logs):
                servers.append(server)
                processes.wait_until_ready(server, log_of(name, kind, logs))
        facts = {server.name: await facts_of(server, scenarios, store) for server in servers}
        for scenario in scenarios:
            asked = [each for each in servers if scenario.is_for(each.name)]
            if not asked:
                continue
            if scenario.is_write:
                pending = iter(await store.add_pending(PENDING))
                facts = {name: replace(each, pending=pending) for name, each in facts.items()}
            try:
                async with AsyncExitStack() as stack:
                    change = await stack.enter_async_context(store.changes()) if scenario.is_changed else None
                    results[scenario.name] = await measure.run(
                        scenario,
                        asked,
                        facts,
                        store.token,
                        plan_of(given),
                        postgresql and postgresql.process,
                        change,
                    )
            except (measure.Different, load.Refused) as problem:
                say(f"{scenario.name}: {problem}")
    finally:
        for server in servers:
            server.end()
    return results


def chosen(given: argparse.Namespace) -> list[Scenario]:
    """The scenarios asked for, without a deep page where the table ends before it."""
    deep_enough = given.requests > DEEP + 1000
    return [
        each
        for each in SCENARIOS
        if (not given.scenario or each.name in given.scenario) and (deep_enough or not each.deep)
    ]


async def run(given: argparse.Namespace, folder: Path) -> report.Results:
    results: report.Results = {}
    kinds = {kind for scenario in chosen(given) for kind in scenario.databases}
    if "postgresql" in kinds:
        postgresql = Postgresql()
        try:
            store = Store(postgresql.url)
            await fill(store, given.requests, "PostgreSQL")
            postgresql.tidy()
            results |= await measure_on("postgresql", store, given, postgresql, folder)
        finally:
            postgresql.end()
    if "sqlite" in kinds:
        store = Store(f"sqlite:///{folder}/benchmark.db")
        await fill(store, given.requests, "SQLite")
        results |= await measure_on("sqlite", store, given, None, folder)
    return results


async def fill(store: Store, requests: int, name: str) -> None:
    started = time.perf_counter()
    await store.fill(requests)
    say(f"{name}: {requests} requests seeded in {time.perf_counter() - started:.1f} s")


def print_imports(given: argparse.Namespace) -> bool:
    """Import files into both databases, if that is asked for; whether it went within its bar."""
    if given.server or (given.scenario and IMPORTS not in given.scenario):
        return True
    postgresql = Postgresql()
    try:
        done = imports.measure([given.records // 10 if given.quick else given.records], postgresql)
    finally:
        postgresql.end()
    text, passed = imports.table(done)
    print(text, end="\n\n")
    return passed


def print_subscribers(given: argparse.Namespace) -> bool:
    """What subscribers cost, if that is asked for; whether it is within its bars, which a smoke run says nothing of."""
    if given.server or (given.scenario and SUBSCRIBERS not in given.scenario):
        return True
    passed = subscribers.measure_new(*((100, 5) if given.quick else (1000, 30)))
    print()
    return passed or given.quick


def print_deliveries(given: argparse.Namespace) -> bool:
    """What webhooks cost, if that is asked for; whether it is within its bars, which a smoke run says nothing of."""
    if given.server or (given.scenario and DELIVERIES not in given.scenario):
        return True
    passed = deliveries.measure_new(200 if given.quick else 2000)
    print()
    return passed or given.quick


def print_results(given: argparse.Namespace, results: report.Results) -> None:
    """The tables, and where everything measured is written."""
    print(report.figures_table(SCENARIOS, results), end="\n\n")
    print(report.ratios_table(SCENARIOS, results), end="\n\n")
    print(report.with_database_line(results), end="\n\n")
    print(report.unchanged_line(results), end="\n\n")
    if given.quick:
        print(
            "A smoke run: too short for figures, above all for mercurius, whose engine compiles while it runs."
        )
    settings = {**asdict(plan_of(given)), "requests": given.requests}
    say(f"Written to {report.write_json(settings, SCENARIOS, results)}")


def main() -> int:
    given = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every `finally` ends its processes
    with tempfile.TemporaryDirectory(prefix="gateway-benchmark-") as folder, suppress(KeyboardInterrupt):
        try:
            results = asyncio.run(run(given, Path(folder)))
            passed = [print_imports(given), print_subscribers(given), print_deliveries(given)]
        except (load.Refused, RuntimeError) as problem:
            say(f"benchmarks: {problem}")
            return 1
        if results:
            print_results(given, results)
        return 0 if all(passed) and len(results) == len(chosen(given)) else 1
    return 130


if __name__ == "__main__":
    sys.exit(main())
