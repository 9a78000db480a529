"""Webhooks whose receiver fails and hangs while processes are killed: each event comes, those of a subject in order.

The receiver notes what it has taken, which is what it has answered by 204 in time. So in the end it has to have taken
every event, and no event may have come before it took all earlier ones of the same subject.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, Protocol

import orjson

from gateway.administration import create_token
from gateway.db.database import open_database
from tests.data import fill
from tests.graph import gid
from tests.patience import ENOUGH
from tests.torture.callers import change
from tests.torture.servers import Gateway
from tests.torture.states import Run, opened
from tests.webhooks.receiver import CREATE, RENAME, Receiver, Request, open_receiver

ORGANIZATION = "told"
SECONDS = 1.0  # that an attempt may take: what a killed process had is another one's three times later
SETTINGS = {"GATEWAY_WEBHOOK_SECONDS": str(SECONDS), "GATEWAY_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"}
SILENT_SECONDS = ENOUGH  # until the sender is taken for one that has forgotten something
FAULTS = ("500", "503", "hangs", "cut")


Write = Callable[[Mapping[str, Any]], Awaitable[None]]
"""Makes changes of the graph, each once, by their keys: the documents and their variables."""


class Killable(Protocol):
    """A process that sends."""

    async def start(self) -> None: ...

    def kill(self) -> None: ...


@dataclass(frozen=True)
class DeliveryPlan:
    """What happens.

    Attributes:
        subjects: people, each of whom is renamed again and again.
        changes: of each of them.
        failing: the part of the events that are not taken at first.
        attempts: of these, at most, until one is.
        kills: in each of the processes in turn, or of the only one.
        processes: gateways at the same store.
    """

    subjects: int
    changes: int
    writers: int
    failing: float
    attempts: int
    kills: int
    processes: int
    seed: int = 1


class FailingReceiver(Receiver):
    """Takes what comes, though some of it not at first.

    Attributes:
        taken: how many events of each subject it has taken; they are numbered in their order.
        attempts: how often each event came, by subject and number.
        faults: how often it failed, by the way.
        problems: what came that should not have come.
    """

    def __init__(self, plan: DeliveryPlan) -> None:
        super().__init__()
        self.taken: Counter[str] = Counter()
        self.attempts: Counter[tuple[str, int]] = Counter()
        self.faults: Counter[str] = Counter()
        self.problems: list[str] = []
        self._bodies: dict[str, bytes] = {}
        self._plan = plan
        self.answer = self._answered

    @property
    def number_taken(self) -> int:
        return self.taken.total()

    def _answered(self, request: Request) -> tuple[int, dict[str, str], bytes] | None:
        event = orjson.loads(request.body)
        [changed] = event["data"]["changes"]
        subject, number = changed["uuid"], int(changed["after"]["firstName"][1:])
        if self._bodies.setdefault(request.headers["webhook-id"], request.body) != request.body:
            self.problems.append(f"{subject} {number} is another event under the same id")
        if number > self.taken[subject]:
            self.problems.append(f"{subject} {number} came where only {self.taken[subject]} were taken")
        self.attempts[subject, number] += 1
        if (fault := self._fault(subject, number)) is not None:
            self.faults[fault] += 1
            if fault == "cut":
                raise ConnectionResetError
            return {"500": (500, {}, b"no"), "503": (503, {"retry-after": "1"}, b"")}.get(fault)
        if number == self.taken[subject]:
            self.taken[subject] += 1
        return 204, {}, b""

    def _fault(self, subject: str, number: int) -> str | None:
        """How the event is not taken this time; None where it is."""
        chance = Random(f"{self._plan.seed} {subject} {number}")
        if chance.random() >= self._plan.failing or number < self.taken[subject]:
            return None
        faults = chance.choices(FAULTS, k=chance.randint(1, self._plan.attempts))
        attempt = self.attempts[subject, number]
        return faults[attempt - 1] if attempt <= len(faults) else None

    async def took(self, number: int) -> bool:
        """Wait until so many events were taken; false where nothing more is for a long time."""
        while (before := self.number_taken) < number:
            try:
                async with asyncio.timeout(SILENT_SECONDS), self._came:
                    await self._came.wait_for(lambda before=before: self.number_taken > before)
            except TimeoutError:
                return False
        return True


@dataclass
class DeliveryFigures:
    """What came of it.

    Attributes:
        events: in the log.
        attempts: at all of them.
        taken: how many the receiver has taken.
        faults: how often it failed, by the way.
        repeated: how often it was sent again what it had taken.
    """

    events: int = 0
    attempts: int = 0
    taken: int = 0
    repeated: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    def line(self, kind: str) -> str:
        return (
            f"{kind:<12}{self.events:>8}{self.taken:>8}{self.attempts:>10}{self.faults.total():>8}"
            f"{self.repeated:>10}{self.kills:>7}{self.seconds:>9.1f}{len(self.problems):>10}"
        )


HEAD = (
    f"{'store':<12}{'events':>8}{'taken':>8}{'attempts':>10}{'failed':>8}"
    f"{'repeated':>10}{'kills':>7}{'seconds':>9}{'problems':>10}"
)


async def prepared(url: str, plan: DeliveryPlan) -> str:
    """An organization with its people, and a token of it."""
    database = open_database(url)
    await database.start()
    try:
        people = [{"id": f"p{n}", "first_name": "New"} for n in range(plan.subjects)]
        await fill(database, {"organizations": [{"id": ORGANIZATION, "name": "Told"}], "people": people})
        scopes = ["read", "write", "admin"]
        return (await create_token(database, ORGANIZATION, name="torture", scopes=scopes))[1]
    finally:
        await database.stop()


async def delivering(url: str, log: Path, plan: DeliveryPlan) -> DeliveryFigures:
    """Go through a plan, on a migrated store with nothing in it."""
    token = await prepared(url, plan)
    gateways = [Gateway(url, log, environment=SETTINGS) for _ in range(plan.processes)]

    async def write(changes: Mapping[str, Any]) -> None:
        await change(gateways, token, changes, _nothing)

    try:
        for each in gateways:
            await each.start()
        return await go_through(plan, url, write, gateways)
    finally:
        for each in gateways:
            each.kill()


async def go_through(
    plan: DeliveryPlan, url: str, write: Write, senders: Sequence[Killable]
) -> DeliveryFigures:
    """Change everybody again and again, and kill who sends of it, until all was taken; then look at what came of it."""
    figures, begun, total = DeliveryFigures(), perf_counter(), plan.subjects * plan.changes
    async with open_receiver(FailingReceiver(plan)) as receiver:

        async def kill() -> None:
            for number in range(plan.kills):
                await receiver.took(total * (number + 1) // (plan.kills + 2))
                sender = senders[number % len(senders)]
                sender.kill()
                figures.kills += 1
                await sender.start()

        endpoint = {"input": {"url": receiver.url, "types": ["person.updated"]}}
        await write({"endpoint": {"query": CREATE, "variables": endpoint}})
        async with asyncio.TaskGroup() as group:
            group.create_task(kill())
            for n in range(plan.writers):
                group.create_task(write(renames(plan, n)))
        if not await receiver.took(total):
            figures.problems.append("nothing more came for a long time")
        async with opened(url) as run:
            await _check(figures, receiver, run, plan)
    figures.seconds = perf_counter() - begun
    return figures


def renames(plan: DeliveryPlan, writer: int) -> dict[str, Any]:
    """The changes of one writer, by their keys: each of its people is given the next number in every round."""
    people = range(plan.subjects)[writer :: plan.writers]
    return {
        f"p{person} {number}": {
            "query": RENAME,
            "variables": {"id": gid("Person", f"p{person}"), "name": f"N{number}"},
        }
        for number in range(plan.changes)
        for person in people
    }


async def _nothing() -> None:
    pass


async def _check(figures: DeliveryFigures, receiver: FailingReceiver, run: Run, plan: DeliveryPlan) -> None:
    """Note what came of it, and what does not hold."""
    [(figures.events,)] = await run("SELECT count(*) FROM events WHERE type = 'person.updated'")
    figures.taken, figures.faults = receiver.number_taken, receiver.faults
    figures.attempts = receiver.attempts.total()
    figures.repeated = figures.attempts - figures.taken - figures.faults.total()
    figures.problems += receiver.problems
    for person in range(plan.subjects):
        if receiver.taken[f"p{person}"] != plan.changes:
            figures.problems.append(f"of p{person} {receiver.taken[f'p{person}']} changes were taken")
    # What a killed process had sent, another one sends again, and only then notes.
    for _ in range(int(SILENT_SECONDS * 10)):
        [(waiting,)] = await run("SELECT count(*) FROM webhook_deliveries")
        if not waiting:
            break
        await asyncio.sleep(0.1)
    else:
        figures.problems.append(f"{waiting} deliveries are still noted as waiting")
