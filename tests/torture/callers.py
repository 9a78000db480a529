"""Callers who change things, and ask again under the same key until they are told what came of it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import httpx2

from tests.graph import form_of
from tests.patience import ENOUGH
from tests.torture.servers import Gateway
from tests.torture.states import State

LATER = (409, 503)  # a twin is under way; the store is not there
PATIENCE = 180  # seconds: a database that recovers on a busy machine takes its time


@dataclass
class Trial:
    """What callers have met so far.

    Attributes:
        operations: how many changes of each kind were acknowledged.
        under_way: how many wait for their answer now.
        lost: changes whose first answer did not come, or was to ask again.
        replayed: those of them that had been committed all the same, as the answer to the repetition said.
        recoveries: seconds from a kill to the first answer to a change that was asked for since then.
        kill_at: so many acknowledged changes make a kill due.
    """

    gateway: Gateway
    operations: Counter[str] = field(default_factory=Counter)
    under_way: int = 0
    lost: int = 0
    replayed: int = 0
    recoveries: list[float] = field(default_factory=list)
    kill_at: int = 0
    due: asyncio.Event = field(default_factory=asyncio.Event)
    killed_at: float | None = None

    @property
    def acknowledged(self) -> int:
        return self.operations.total()

    def acknowledge(self, operation: str, asked_at: float, *, was_lost: bool, is_replayed: bool) -> None:
        """Note the answer to a change that was last asked for then."""
        self.operations[operation] += 1
        self.lost += was_lost
        self.replayed += is_replayed
        if self.killed_at is not None and asked_at > self.killed_at:
            self.recoveries.append(perf_counter() - self.killed_at)
            self.killed_at = None
        if self.acknowledged >= self.kill_at:
            self.due.set()


@dataclass
class Caller:
    """One who changes an organization; nobody else changes the rows that they make.

    Attributes:
        name: of the caller and the round; no other has it.
        state: what the organization has by all that callers were told.
        organization: its id.
        crowd: the record's own id of a request that all callers add to.
    """

    trial: Trial
    http: httpx2.AsyncClient
    token: str
    name: str
    state: State
    organization: str
    crowd: str
    calls: int = 0

    @property
    def mark(self) -> str:
        """A text that stands in what one change makes, and nowhere else."""
        return f"{self.name} {self.calls}"

    async def change(
        self, operation: str, method: str, path: str, body: Any = None, **sent: Any
    ) -> httpx2.Response:
        """Make a change, once, however often it has to be asked for."""
        self.calls += 1
        key = f'"{self.name} {self.calls}"'
        if not sent:
            parts = form_of(body)
            sent = {"files": parts} if parts else {"json": body}
        answer, asked_at, was_lost = await self._answer(method, path, {"idempotency-key": key}, **sent)
        assert answer.is_success, f"{operation}: {answer.status_code} {answer.text}"
        is_replayed = answer.headers.get("idempotency-replayed") == "true"
        assert was_lost or not is_replayed, f"{operation} was made before it was asked for"
        self.trial.acknowledge(operation, asked_at, was_lost=was_lost, is_replayed=is_replayed)
        self.state.keys += 1
        return answer

    async def mutate(self, name: str, shows: str, /, **given: Any) -> Any:
        """The payload of a mutation."""
        kind = name[0].upper() + name[1:]
        document = f"""mutation ($input: {kind}Input!) {{
            {name}(input: $input) {{ errors {{ code message path }} {shows} }} }}"""
        body = {"query": document, "variables": {"input": given}}
        answer = (await self.change(name, "POST", "/graphql", body)).json()
        assert "errors" not in answer, f"{name}: {answer['errors']}"
        payload = answer["data"][name]
        assert payload["errors"] == [], f"{name}: {payload['errors']}"
        return payload

    async def ask(self, query: str) -> Any:
        """What a query answers."""
        answer, _, _ = await self._answer("POST", "/graphql", {}, json={"query": query})
        return answer.json()["data"]

    async def transfer(self, method: str, url: str, content: bytes | None = None) -> bytes:
        """Send the bytes of a file to a URL, or fetch them."""
        answer, _, _ = await self._answer(method, url, {}, content=content)
        assert answer.is_success, f"{method} {url}: {answer.status_code} {answer.text}"
        return answer.content

    async def _answer(
        self, method: str, path: str, headers: dict[str, str], **body: Any
    ) -> tuple[httpx2.Response, float, bool]:
        """An answer, when it was asked for, and whether an earlier one was lost."""
        was_lost = False
        headers = {**headers, "authorization": f"Bearer {self.token}", "api-token": self.token}
        until = perf_counter() + PATIENCE
        while perf_counter() < until:
            await self.trial.gateway.ready.wait()
            self.trial.under_way += 1
            asked_at = perf_counter()
            try:
                answer = await self.http.request(method, path, headers=headers, **body)
            except httpx2.TransportError:
                was_lost = True
            else:
                is_half = b"SERVICE_UNAVAILABLE" in answer.content  # what was changed could not be shown
                if answer.status_code not in LATER and not is_half:
                    return answer, asked_at, was_lost
                was_lost = True  # a twin, too, may be one's own that was cut short, and is committed by now
            finally:
                self.trial.under_way -= 1
            await asyncio.sleep(0.02)  # as who asks again does
        raise AssertionError(f"{method} {path} was never answered.")


async def change(
    gateways: Sequence[Gateway],
    token: str,
    changes: Mapping[str, Any],
    changed: Callable[[], Awaitable[None]],
) -> None:
    """Make changes one behind the other, each once, however often it has to be asked for, by several processes in turn.

    Args:
        changes: of the graph, by their idempotency keys: the bodies of the requests.
        changed: called behind each.
    """
    async with httpx2.AsyncClient(timeout=ENOUGH) as http:
        for number, (key, body) in enumerate(changes.items()):
            headers = {"authorization": f"Bearer {token}", "idempotency-key": f'"{key}"'}
            attempt = number
            while True:
                gateway = gateways[attempt % len(gateways)]
                attempt += 1
                with suppress(httpx2.TransportError):
                    answer = await http.post(f"{gateway.url}/graphql", json=body, headers=headers)
                    if answer.status_code not in LATER and b"SERVICE_UNAVAILABLE" not in answer.content:
                        [payload] = answer.json()["data"].values()
                        assert payload["errors"] == [], answer.text
                        break
                await asyncio.sleep(0.02)
            await changed()
