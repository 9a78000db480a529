"""One scenario on several servers: their answers compared, then their turns in rounds A B C A B C …"""

import asyncio
import secrets
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import psutil

from benchmarks import load
from benchmarks.processes import Server, processor_seconds, resident_bytes
from benchmarks.report import Series, Turn
from benchmarks.scenarios import DEEP, KEEPING, STEP, WALK, Facts, Scenario


class Different(Exception):
    """Two servers answer the same request differently, so that timing them would compare nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure.

    Attributes:
        turn_seconds: about how long one server's turn lasts.
        least: the fewest requests of a turn, whatever they last.
    """

    rounds: int
    turn_seconds: float
    warm_up_seconds: float
    concurrency: int
    least: int = 8


def requests_of(scenario: Scenario, facts: Facts, token: str) -> load.Source:
    """Makes the requests of a scenario: always the same, but for writes."""
    if scenario.is_write:
        return lambda: load.graphql_request(
            scenario.document, scenario.variables(facts), token, secrets.token_hex(8)
        )
    if scenario.is_unchanged and facts.tag is not None:
        request = load.get_request(path_of(scenario), token, facts.tag)
    elif scenario.path is not None:
        request = load.get_request(scenario.path, token)
    else:
        request = load.graphql_request(scenario.document, scenario.variables(facts), token)
    return lambda: request


def path_of(scenario: Scenario) -> str:
    """A GraphQL scenario's path for a GET request, where nothing has to be known for its variables."""
    return load.graphql_path(scenario.document, scenario.variables(Facts("", None)))


async def page_tag(server: Server, scenario: Scenario, token: str) -> str:
    """The entity tag of a page.

    Raises:
        Different: it has none.
    """
    tag = await load.tag_of(server.port, load.get_request(path_of(scenario), token))
    if tag is None:
        raise Different(f"{server.name} gives the page no entity tag")
    return tag


async def deep_cursor(server: Server, token: str) -> str | None:
    """The server's own cursor of the row that precedes the deep page."""
    cursor: str | None = None
    for _ in range(DEEP // STEP):
        request = load.graphql_request(WALK, {"first": STEP, "after": cursor}, token)
        answer = orjson.loads(await load.ask_once(server.port, request))
        cursor = answer["data"]["connectionRequests"]["pageInfo"]["endCursor"]
    return cursor


def difference(one: Any, other: Any, path: str = "") -> str | None:
    """The first place where two JSON values differ; members' order counts."""
    if isinstance(one, dict) and isinstance(other, dict):
        if list(one) != list(other):
            return f"{path}: members {list(one)} and {list(other)}"
        return next(
            (found for key in one if (found := difference(one[key], other[key], f"{path}.{key}"))), None
        )
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{path}: {len(one)} and {len(other)} items"
        pairs = enumerate(zip(one, other, strict=True))
        return next((found for at, pair in pairs if (found := difference(*pair, f"{path}[{at}]"))), None)
    return None if one == other else f"{path}: {one!r} and {other!r}"


async def compare(servers: Sequence[Server], requests: dict[str, load.Source], exact: bool) -> dict[str, int]:
    """Ask every server once; returns the sizes of their answers in bytes.

    Raises:
        Different: not every answer says the same (``exact``: is the same, byte for byte).
    """
    answers = {server.name: await load.ask_once(server.port, requests[server.name]()) for server in servers}
    first, *others = servers
    expected = orjson.loads(answers[first.name])
    if "errors" in expected:
        raise Different(f"{first.name} answers with errors: {expected['errors'][:3]}")
    for server in others:
        found = difference(expected, orjson.loads(answers[server.name]))
        if found is None and exact and answers[server.name] != answers[first.name]:
            found = "the bytes, though not what they say"
        if found is not None:
            raise Different(f"{first.name} and {server.name} differ at {found}")
    return {name: len(answer) for name, answer in answers.items()}


async def turn(
    server: Server,
    source: load.Source,
    count: int,
    plan: Plan,
    database: psutil.Process | None,
    change: load.Change | None = None,
) -> Turn:
    """Send ``count`` requests to one server and say what each cost."""
    before = processor_seconds(server.process), processor_seconds(database) if database else 0.0
    seen = await load.send(server.port, source, count, plan.concurrency, change)
    after = processor_seconds(server.process), processor_seconds(database) if database else 0.0
    latencies = seen.latencies
    return Turn(
        server_ms=1000 * (after[0] - before[0]) / count,
        database_ms=1000 * (after[1] - before[1]) / count,
        p50_ms=1000 * latencies[len(latencies) // 2],
        p99_ms=1000 * latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))],
        per_second=count / seen.seconds,
    )


async def warm_up(server: Server, source: load.Source, plan: Plan, change: load.Change | None = None) -> int:
    """Send requests for a while; returns how many fill a turn."""
    started, count, seconds = time.perf_counter(), 2 * plan.concurrency, 0.0
    while True:
        seconds = (await load.send(server.port, source, count, plan.concurrency, change)).seconds
        if time.perf_counter() - started >= plan.warm_up_seconds:
            return max(plan.least, round(count * plan.turn_seconds / seconds))
        count = max(plan.concurrency, round(count * plan.warm_up_seconds / 4 / seconds))


async def run(
    scenario: Scenario,
    servers: Sequence[Server],
    facts: dict[str, Facts],
    token: str,
    plan: Plan,
    database: psutil.Process | None,
    change: load.Change | None = None,
) -> dict[str, Series]:
    """Compare, warm up and measure one scenario, with a change before each request if there is one.

    Raises:
        Different: the servers' answers differ.
    """
    requests = {server.name: requests_of(scenario, facts[server.name], token) for server in servers}
    if scenario.is_unchanged:
        sizes = {each.name: len(await load.ask_once(each.port, requests[each.name]())) for each in servers}
        if sizes.get(KEEPING):
            raise Different("the gateway answers more than that nothing has changed")
    else:
        sizes = await compare(servers, requests, exact=scenario.path is not None)
    measured = {server.name: Series(server.name, sizes[server.name]) for server in servers}
    counts = {server.name: await warm_up(server, requests[server.name], plan, change) for server in servers}
    for number in range(plan.rounds):
        print(
            f"\r{scenario.title}: round {number + 1} of {plan.rounds} ", end="", file=sys.stderr, flush=True
        )
        for server in servers:
            measured[server.name].turns.append(
                await turn(server, requests[server.name], counts[server.name], plan, database, change)
            )
            await asyncio.sleep(0)
    print(file=sys.stderr)
    for server in servers:
        measured[server.name].resident_mb = resident_bytes(server.process) / 1e6
    return measured
