"""Subscribers whose connections are cut at random while writers write and a process is killed: each sees all events."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import httpx2
import orjson
from websockets.exceptions import WebSocketException

from gateway.administration import create_organization, create_token
from gateway.db.data_versions import Version
from gateway.db.database import open_database
from tests.patience import ENOUGH
from tests.servers import open_socket
from tests.streams.events import open_events
from tests.torture.callers import change
from tests.torture.servers import Gateway
from tests.torture.states import opened

ORGANIZATION = "followed"
QUERY = """subscription ($after: String) {
  connectionRequestEvents(after: $after) { cursor type node { id orgName } } }"""
WRITE = """mutation ($name: String!) {
  createConnectionRequest(input: {orgName: $name}) { connectionRequest { id } errors { code } } }"""
LAST = "the last"
SILENT_SECONDS = ENOUGH  # until a subscriber is taken for one that misses something
LOST = (OSError, EOFError, WebSocketException, asyncio.IncompleteReadError, ValueError, AssertionError)


@dataclass(frozen=True)
class FollowPlan:
    """What happens.

    Attributes:
        subscribers: over each transport.
        writes: of all writers together.
        cuts: of each subscriber's connection.
        processes: gateways at the same store, the first of which is killed in the middle.
    """

    subscribers: int
    writes: int
    writers: int
    cuts: int
    processes: int
    seed: int = 1


@dataclass
class Follower:
    """One subscriber, and what it was told.

    Attributes:
        cursors: of every message behind the first of a connection, in order.
        cuts: how often its connection was cut.
        problem: why it has stopped too early; None where it has not.
    """

    name: str
    open: Callable[..., Any]
    cursors: list[str] = field(default_factory=list)
    cuts: int = 0
    problem: str | None = None


@dataclass
class FollowFigures:
    """What came of it."""

    followers: list[Follower] = field(default_factory=list)
    events: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    def line(self, kind: str) -> str:
        told = sum(len(each.cursors) for each in self.followers)
        cuts = sum(each.cuts for each in self.followers)
        return (
            f"{kind:<12}{len(self.followers):>12}{self.events:>8}{told:>10}{cuts:>8}"
            f"{self.seconds:>9.1f}{len(self.problems):>10}"
        )


HEAD = (
    f"{'store':<12}{'subscribers':>12}{'events':>8}{'messages':>10}{'cuts':>8}{'seconds':>9}{'problems':>10}"
)


async def prepared(url: str) -> str:
    """An organization with nothing in it, and a token of it."""
    database = open_database(url)
    await database.start()
    try:
        await create_organization(database, "Followed", organization_id=ORGANIZATION)
        scopes = ["read", "write"]
        return (await create_token(database, ORGANIZATION, name="torture", scopes=scopes))[1]
    finally:
        await database.stop()


@asynccontextmanager
async def by_socket(address: str, token: str, after: str) -> AsyncIterator[Any]:
    """Reads results over a WebSocket."""
    async with open_socket(address, token) as socket:
        await socket.ask("1", QUERY, variables={"after": after})

        async def read() -> Any:
            message = await socket.read()
            return {"errors": message["payload"]} if message["type"] == "error" else message["payload"]

        try:
            yield read
        finally:
            socket.connection.transport.abort()


@asynccontextmanager
async def by_events(address: str, token: str, after: str) -> AsyncIterator[Any]:
    """Reads results of a stream of events."""
    async with open_events(address, token, QUERY, {}, Last_Event_ID=after) as reader:

        async def read() -> Any:
            event = await reader.read()
            if event is None:
                raise EOFError
            return orjson.loads(event.data)

        yield read


async def follow(
    follower: Follower, gateways: Sequence[Gateway], token: str, plan: FollowPlan, after: str
) -> None:
    """Be told of everything up to the last write, over as many connections as it takes."""
    random = Random(f"{plan.seed} {follower.name}")
    while True:
        gateway = random.choice(gateways)
        cut_behind = (
            random.randint(1, max(1, plan.writes // plan.cuts)) if follower.cuts < plan.cuts else None
        )
        try:
            async with follower.open(gateway.url.removeprefix("http://"), token, after) as read:
                number = 0
                while number != cut_behind:
                    async with asyncio.timeout(SILENT_SECONDS):
                        result = await read()
                    if "errors" in result:
                        follower.problem = f"was refused: {result['errors']}"
                        return
                    told = result["data"]["connectionRequestEvents"]
                    after = told["cursor"]
                    if told["type"] is None:
                        continue
                    number += 1
                    follower.cursors.append(after)
                    if told["node"]["orgName"] == LAST:
                        return
                follower.cuts += 1
        except TimeoutError:
            follower.problem = "was told nothing for a long time"
            return
        except LOST:
            await asyncio.sleep(0.05)


def writes(names: Sequence[str]) -> dict[str, Any]:
    """What makes a request of each name, once, however often it has to be asked for."""
    return {name: {"query": WRITE, "variables": {"name": name}} for name in names}


async def following(url: str, log: Path, plan: FollowPlan) -> FollowFigures:
    """Go through a plan, on a migrated store with nothing in it."""
    token = await prepared(url)
    gateways = [Gateway(url, log) for _ in range(plan.processes)]
    for each in gateways:
        await each.start()
    figures = FollowFigures(
        [Follower(f"socket {n}", by_socket) for n in range(plan.subscribers)]
        + [Follower(f"events {n}", by_events) for n in range(plan.subscribers)]
    )
    begun = perf_counter()
    try:
        await _follow_and_write(figures, gateways, token, plan)
    finally:
        for each in gateways:
            each.kill()
    figures.seconds = perf_counter() - begun
    async with opened(url) as run:
        rows = await run(
            "SELECT id, mark FROM events WHERE organization_id = 'followed' "
            "AND subject_type = 'connection_requests' ORDER BY id"
        )
    cursors = [Version(*row).cursor for row in rows]
    figures.events = len(cursors)
    figures.problems += _broken(figures.followers, cursors, plan)
    return figures


async def _follow_and_write(
    figures: FollowFigures, gateways: Sequence[Gateway], token: str, plan: FollowPlan
) -> None:
    """Subscribers follow from before the first write to behind the last; in the middle one process is killed."""
    count, half = 0, asyncio.Event()

    async def written() -> None:
        nonlocal count
        count += 1
        if count == plan.writes // 2:
            half.set()

    async def kill() -> None:
        await half.wait()
        gateways[0].kill()
        await gateways[0].start()

    beginning = await cursor_of(gateways[0], token)
    following = [
        asyncio.create_task(follow(each, gateways, token, plan, beginning)) for each in figures.followers
    ]
    names = [f"write {n}" for n in range(plan.writes)]
    async with asyncio.TaskGroup() as group:
        group.create_task(kill())
        for n in range(plan.writers):
            group.create_task(change(gateways, token, writes(names[n :: plan.writers]), written))
    await change(gateways, token, writes([LAST]), written)
    await asyncio.gather(*following)


async def cursor_of(gateway: Gateway, token: str) -> str:
    """Where the log ends."""
    async with httpx2.AsyncClient(timeout=ENOUGH) as http:
        headers = {"authorization": f"Bearer {token}"}
        answer = await http.post(f"{gateway.url}/graphql", json={"query": "{ eventCursor }"}, headers=headers)
    cursor: str = answer.json()["data"]["eventCursor"]
    return cursor


def _broken(followers: Sequence[Follower], cursors: Sequence[str], plan: FollowPlan) -> list[str]:
    """What subscribers were told otherwise than it happened."""
    problems = []
    for each in followers:
        if each.problem is not None:
            problems.append(f"{each.name} {each.problem}")
        elif each.cursors != cursors:
            missed = len(set(cursors) - set(each.cursors))
            twice = len(each.cursors) - len(set(each.cursors))
            problems.append(f"{each.name} missed {missed} events and was told {twice} twice, or out of order")
        elif plan.cuts and not each.cuts:
            problems.append(f"{each.name} was never cut")
    return problems
