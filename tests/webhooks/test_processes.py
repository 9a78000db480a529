"""Several processes deliver: each event by one of them, and by another one when that is killed."""

import asyncio
import random
import sys
from collections import Counter
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.db.vault import Vault, new_key
from tests.data import NORTH, fill
from tests.graph import gid, open_graph
from tests.stores import open_store
from tests.webhooks.receiver import (
    ADD,
    ALL,
    RENAME,
    Clock,
    make_endpoint,
    open_deliveries,
    open_receiver,
    settings_of,
    settled,
)

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
SECONDS = 30.0  # for an attempt, which is killed long before


@pytest.fixture
def key():
    return new_key()


@pytest.fixture
async def caller(database, database_url, key):
    database.vault = Vault([key])
    await fill(database, NORTH)
    async with open_graph(database, database_url, "north", ALL, settings_of(database_url)) as graph:
        yield graph


async def test_what_a_killed_process_was_sending_another_one_sends(caller, database_url, key):
    async with open_receiver() as receiver:
        endpoint, _ = await make_endpoint(caller, receiver.url, "person.*")
        receiver.answer = lambda _: None
        command = ["-m", "tests.webhooks.courier", database_url, key, str(SECONDS)]
        courier = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT)
        try:
            await caller.ask(ADD, name="Eve")
            await receiver.came(1)
        finally:
            courier.kill()
            await courier.wait()
        receiver.answer = lambda _: (204, {}, b"")
        clock = Clock()
        clock.ahead = timedelta(seconds=4 * SECONDS)  # the dead one's lease is over by then
        async with open_deliveries(caller.database, settings_of(database_url), clock=clock):
            first, second = await receiver.came(2)
            found = await settled(caller, endpoint, 1)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert (first.event, first.body) == (second.event, second.body)
    # What the dead one sent, nobody has noted.
    assert [(each["number"], each["outcome"]) for each in found["attempts"]["nodes"]] == [(1, "DELIVERED")]


async def test_two_that_deliver_send_each_event_once_and_those_of_a_subject_in_order(
    caller, database_url, key
):
    drawn = random.Random(7)
    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(open_receiver())
        endpoint, _ = await make_endpoint(caller, receiver.url, "person.updated")
        for _ in range(2):
            store = await stack.enter_async_context(open_store(database_url))
            store.vault = Vault([key])
            await stack.enter_async_context(open_deliveries(store, settings_of(database_url)))
        for number in range(40):
            person = drawn.choice(("ada", "bob", "cat"))
            await caller.ask(RENAME, id=gid("Person", person), name=f"N{number}")
        requests = await receiver.came(40)
        await settled(caller, endpoint, 40)
    assert len(requests) == 40
    assert set(Counter(each.headers["webhook-id"] for each in requests).values()) == {1}
    names: dict[str, list[int]] = {}
    for each in requests:
        [change] = each.event["data"]["changes"]
        names.setdefault(change["uuid"], []).append(int(change["after"]["firstName"][1:]))
    assert names == {person: sorted(numbers) for person, numbers in names.items()}
