"""Kills servers in the middle of many changes, again and again: nothing is lost, made twice, or half made.

Every caller asks again, under the same key, until they are told what came of a change. So by the end the store has to
hold exactly what the callers were told, and its log one event for each of their changes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter

import httpx2

from gateway.administration import create_token
from gateway.db.database import open_database
from gateway.db.urls import is_sqlite
from tests.data import Rows, fill
from tests.patience import ENOUGH
from tests.torture import graph_changes, vendor_changes
from tests.torture.callers import Caller, Trial
from tests.torture.invariants import broken
from tests.torture.servers import Gateway, kill_a_backend
from tests.torture.states import Run, State, opened, state_of

STORIES = (*graph_changes.STORIES, *vendor_changes.STORIES)
SCOPES = ("read", "write", "approve", "secrets", "admin")
CROWD = "crowd"
ORGANIZATIONS = ("north", "south")
CONNECTIONS = httpx2.Limits(max_connections=100, max_keepalive_connections=100)


@dataclass(frozen=True)
class Plan:
    """How long to go on.

    Attributes:
        kills: one in each round.
        callers: each of them tells every story once in a round, 94 changes; half of them are of either organization.
        ways: what is killed, one way after the other, and started again where it does not start by itself.
        workers: processes of the gateway.
    """

    kills: int
    callers: int
    ways: tuple[str, ...] = ("gateway",)
    workers: int = 1
    seed: int = 1


@dataclass
class Figures:
    """What a run came to.

    Attributes:
        killed: how often, by what.
        unanswered: changes that were under way when something was killed.
        problems: what does not hold; empty where all is well.
    """

    trial: Trial
    killed: dict[str, int] = field(default_factory=dict)
    unanswered: int = 0
    seconds: float = 0.0
    events: int = 0
    problems: list[str] = field(default_factory=list)

    def line(self, name: str) -> str:
        """One row of a table."""
        trial = self.trial
        ways = ", ".join(f"{n} of {way}" for way, n in self.killed.items())
        slowest = max(trial.recoveries, default=0.0)
        cells = (
            name,
            ways,
            f"{trial.acknowledged:,}",
            f"{self.unanswered}",
            f"{trial.replayed} / {trial.lost - trial.replayed}",
            f"{self.events:,}",
            f"{median(trial.recoveries or [0.0]):.1f} s, {slowest:.1f} s",
            f"{trial.acknowledged / self.seconds:.0f}",
            "; ".join(self.problems[:3]) or "none",
        )
        return f"| {' | '.join(cells)} |"


HEAD = """| store | kills | acknowledged | under way at a kill | unanswered: committed / not | events |\
 until the next answer: median, most | changes/s | lost, twice or half made |
|---|---|--:|--:|--:|--:|--:|--:|---|"""


def rows_of(organization: str) -> Rows:
    """What is there before the first change."""
    return {
        "organizations": [{"id": organization, "name": organization}],
        "people": [{"id": "ada", "first_name": "Ada"}],
        "files": [{"id": f"f{n}", "name": f"{n}.csv"} for n in range(1, 5)],
        "connection_requests": [{"id": CROWD, "org_name": CROWD}],
    }


async def prepared(url: str) -> dict[str, str]:
    """A token of each organization, which a migrated store has from now on."""
    database = open_database(url)
    await database.start()
    try:
        tokens = {}
        for each in ORGANIZATIONS:
            await fill(database, rows_of(each))
            _, tokens[each] = await create_token(
                database, each, name="caller", scopes=SCOPES, person_id="ada"
            )
        return tokens
    finally:
        await database.stop()


async def killing(url: str, log: Path, plan: Plan) -> Figures:
    """Go through the rounds of a plan, on a migrated store with nothing in it."""
    tokens = await prepared(url)
    async with opened(url) as run:
        states = {each: await state_of(run, each) for each in ORGANIZATIONS}
    gateway = Gateway(url, log, plan.workers)
    figures = Figures(Trial(gateway))
    started = perf_counter()
    await gateway.start()
    try:
        for number, way in enumerate(islice(cycle(plan.ways), plan.kills)):
            await _round(figures, number, KILLS[way](gateway, url), plan, tokens, states)
            figures.killed[way] = figures.killed.get(way, 0) + 1
        figures.seconds = perf_counter() - started
    finally:
        gateway.kill()
    async with opened(url) as run:
        figures.problems = await broken(run, is_file=is_sqlite(url)) + await _compared(run, states)
        [(figures.events,)] = await run("SELECT count(*) FROM events")
    return figures


async def _round(
    figures: Figures,
    number: int,
    kill: Callable[[], Awaitable[None]],
    plan: Plan,
    tokens: Mapping[str, str],
    states: Mapping[str, State],
) -> None:
    """All callers tell all stories, each in an order of their own; in the middle of it something is killed."""
    trial, random = figures.trial, Random(f"{plan.seed} {number}")
    changes = plan.callers * CHANGES
    trial.kill_at = trial.acknowledged + random.randint(changes // 5, changes * 4 // 5)
    trial.due.clear()

    async def tell(name: str, organization: str) -> None:
        order = Random(f"{plan.seed} {name}").sample(STORIES, k=len(STORIES))
        async with httpx2.AsyncClient(base_url=trial.gateway.url, timeout=ENOUGH, limits=CONNECTIONS) as http:
            caller = Caller(
                trial, http, tokens[organization], name, states[organization], organization, CROWD
            )
            for story in order:
                await story(caller)

    async with asyncio.TaskGroup() as group:
        for n in range(plan.callers):
            group.create_task(tell(f"{number}-{n}", ORGANIZATIONS[n % len(ORGANIZATIONS)]))
        await trial.due.wait()
        figures.unanswered += trial.under_way
        trial.killed_at = perf_counter()
        await kill()


CHANGES = 94
"""In all stories together."""


def _gateway(gateway: Gateway, url: str) -> Callable[[], Awaitable[None]]:
    async def kill() -> None:
        gateway.kill()
        await gateway.start()

    return kill


def _worker(gateway: Gateway, url: str) -> Callable[[], Awaitable[None]]:
    async def kill() -> None:
        gateway.kill_a_worker()

    return kill


def _postgresql(gateway: Gateway, url: str) -> Callable[[], Awaitable[None]]:
    async def kill() -> None:
        await kill_a_backend(url)

    return kill


KILLS = {"gateway": _gateway, "worker": _worker, "postgresql": _postgresql}
"""By what is killed: the gateway with all of its processes, one of these, or a process of the database's server."""


async def _compared(run: Run, states: Mapping[str, State]) -> list[str]:
    """What the store has otherwise than callers were told."""
    return [
        f"{organization}: {each}"
        for organization, expected in states.items()
        for each in expected.differences(await state_of(run, organization))
    ]
