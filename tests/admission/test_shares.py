"""One tenant never has every place: what is too much waits in order, for a while, and is then told to come back."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from gateway.admission import shares
from gateway.admission.shares import shares_of
from gateway.limits import Limits
from gateway.observe.records import NOBODY, RequestRecord
from gateway.resolvers.errors import Overloaded, Unavailable
from gateway.settings import Settings
from tests.data import NORTH, fill
from tests.graph import open_graph
from tests.observe.told import Told
from tests.patience import ENOUGH

pytestmark = pytest.mark.anyio

RECORD = RequestRecord(NOBODY, "", "", "")
ANN = ("acme", "ann", "1")
BOB = ("acme", "bob", "1")
EVE = ("other", "eve", "2")


class Few:
    """Places, taken and given back by names."""

    def __init__(self, connections=100, **limits):
        self.shares = shares_of(Limits().decided(**limits), connections)[0]

    def take(self, names, record=RECORD):
        return self.shares.take(self.shares.keys(*names), record)

    def give_back(self, names):
        self.shares.give_back(self.shares.keys(*names))

    async def wait(self, names):
        await self.shares.wait(self.shares.keys(*names), RECORD)


def test_places_are_counted_by_organization_token_and_address():
    few = Few(organization_requests=3, token_requests=2, address_requests=4)
    assert [few.take(ANN) for _ in range(3)] == [True, True, False]
    assert [few.take(BOB) for _ in range(2)] == [True, False]
    assert few.take(EVE)
    assert few.take(("third", "joe", "1"))
    assert not few.take(("fourth", "jim", "1"))
    few.give_back(ANN)
    assert few.take(BOB)


def test_one_connection_at_least_is_left_to_others():
    few = Few(connections=3, token_requests=10)
    assert [few.take(ANN) for _ in range(3)] == [True, True, False]


async def test_who_waits_longest_is_next_if_the_place_is_theirs():
    few = Few(organization_requests=2, token_requests=1)
    assert few.take(ANN)
    assert few.take(BOB)
    order = []

    async def wait(name, keys):
        await few.wait(keys)
        order.append(name)

    tasks = [asyncio.create_task(wait(*each)) for each in [("ann", ANN), ("bob", BOB), ("again", BOB)]]
    await asyncio.sleep(0)
    few.give_back(BOB)
    await tasks[1]
    tasks[2].cancel()
    few.give_back(ANN)
    await tasks[0]
    few.give_back(BOB)
    await asyncio.wait(tasks)
    assert order == ["bob", "ann"]
    assert few.take(BOB)


async def test_a_place_that_comes_to_one_who_is_just_leaving_goes_to_the_next():
    few = Few(token_requests=1)
    assert few.take(ANN)
    first, second = (asyncio.create_task(few.wait(ANN)) for _ in range(2))
    await asyncio.sleep(0)
    few.give_back(ANN)
    first.cancel()
    await second
    assert first.cancelled()
    assert not few.take(ANN)


async def test_waiting_is_bounded_in_number_and_in_time():
    few = Few(token_requests=1, waiting=1)
    assert few.take(ANN)
    waiting = asyncio.create_task(few.wait(ANN))
    await asyncio.sleep(0)
    with pytest.raises(
        Overloaded, match=r"^2 requests of the organization wait, 1 are allowed\. Try again later\.$"
    ):
        await few.wait(BOB)
    waiting.cancel()
    few = Few(token_requests=1, waiting=1, waiting_seconds=0.05)
    assert few.take(ANN)
    with pytest.raises(Overloaded) as late:
        await few.wait(ANN)
    assert late.value.extensions == {
        "code": "TOO_MANY_REQUESTS",
        "limit": "waiting_seconds",
        "price": 0.05,
        "cap": 0.05,
    }
    few.give_back(ANN)
    assert few.take(ANN)


async def test_a_place_is_not_given_to_one_who_has_just_given_up():
    few = Few(token_requests=1)
    assert few.take(ANN)
    first, second = (asyncio.create_task(few.wait(ANN)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    few.give_back(ANN)
    await second
    assert not few.take(ANN)
    few.give_back(ANN)
    assert few.take(ANN)


def test_what_is_observed_is_told_and_has_its_place():
    told = Told()
    record = RequestRecord(told, "", "", "")
    few = Few(token_requests="observe:1")
    assert [few.take(ANN, record) for _ in range(2)] == [True, True]
    assert told.limits == [("token_requests", 2, 1, "observe")]


def test_keys_of_which_nobody_has_a_place_are_not_kept_for_ever():
    few = Few(token_requests=1)
    assert few.take(ANN)
    for n in range(25_000):
        few.shares.keys("acme", f"token {n}", f"address {n}")
    assert not few.take(ANN)
    assert len(few.shares._each[1]) < 11_000


async def test_who_finds_the_places_for_waiting_taken_by_others_is_told_that_it_is_not_their_doing(
    monkeypatch,
):
    monkeypatch.setattr(shares, "MOST_WAITING", 1)
    few = Few(token_requests=1)
    for each in (ANN, EVE):
        assert few.take(each)
    waiting = asyncio.create_task(few.wait(ANN))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match=r"^Too many requests wait to be served\. Try again later\.$"):
        await few.wait(EVE)
    few.give_back(ANN)
    await waiting


async def test_three_hundred_requests_at_once_of_one_organization_are_all_answered(database, database_url):
    await fill(database, NORTH)
    async with open_graph(database, database_url, "north") as graph:
        query = "{ connectionRequests { totalCount } }"
        answers = await asyncio.gather(*[graph.post(query) for _ in range(300)])
    assert {each.status_code for each in answers} == {200}


async def test_callers_behind_a_trusted_proxy_are_told_apart_by_their_own_addresses(database, database_url):
    await fill(database, NORTH)
    limits = Limits().decided(address_requests=1, waiting_seconds=0.2)
    settings = Settings(database_url=database_url, count_seconds=10, limits=limits)
    async with open_graph(database, database_url, "north", settings=settings) as graph:
        hanging, over = asyncio.Event(), asyncio.Event()

        async def body():
            hanging.set()
            yield b'{"query":'
            await over.wait()
            yield b'"{ __typename }"}'

        def ask(address, content):
            headers = {"content-type": "application/json", "x-forwarded-for": f"203.0.113.9, {address}"}
            return graph.http.post("/graphql", content=content, headers=headers)

        long = asyncio.create_task(ask("198.51.100.7", body()))
        await hanging.wait()
        statuses = [
            (await ask(address, b'{"query": "{ __typename }"}')).status_code
            for address in ("198.51.100.7", "198.51.100.8")
        ]
        over.set()
        assert [*statuses, (await long).status_code] == [429, 200, 200]


@asynccontextmanager
async def a_caller_at_work(database, database_url, **limits):
    """A caller who may have one request at a time, and has one, whose body comes when the block ends."""
    settings = Settings(
        database_url=database_url, count_seconds=10, limits=Limits().decided(token_requests=1, **limits)
    )
    async with open_graph(database, database_url, "north", settings=settings) as graph:
        hanging, over = asyncio.Event(), asyncio.Event()

        async def body():
            hanging.set()
            yield b'{"query":'
            await over.wait()
            yield b'"{ __typename }"}'

        json = {"content-type": "application/json"}
        # A body of unknown length is read by those alone who are served.
        long = asyncio.create_task(graph.http.post("/graphql", content=body(), headers=json))
        await hanging.wait()
        try:
            yield graph
        finally:
            over.set()
        assert (await long).status_code == 200


COUNT = "{ connectionRequests { totalCount } }"


async def test_every_door_says_when_to_come_back_where_too_many_wait(database, database_url):
    await fill(database, NORTH)
    async with a_caller_at_work(database, database_url, waiting=1, waiting_seconds=ENOUGH) as graph:
        two = [asyncio.create_task(graph.post(COUNT)) for _ in range(2)]
        [refused], [waiting] = await asyncio.wait(two, return_when=asyncio.FIRST_COMPLETED)
        assert refused.result().status_code == 429
        refused = await graph.post(COUNT)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
        assert refused.json()["errors"][0]["extensions"] == {
            "code": "TOO_MANY_REQUESTS",
            "limit": "waiting",
            "price": 2,
            "cap": 1,
        }
        refused = await graph.http.get("/v1/requests")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    assert (await waiting).status_code == 200


async def test_every_door_says_when_to_come_back_where_it_takes_too_long(database, database_url):
    await fill(database, NORTH)
    async with a_caller_at_work(database, database_url, waiting_seconds=0.2) as graph:
        refused = await graph.http.get("/v1/requests")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
        assert refused.json()["Message"].startswith("The request has waited for 0.2 seconds")
        refused = await graph.post(COUNT)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
        assert refused.json()["errors"][0]["extensions"]["limit"] == "waiting_seconds"
