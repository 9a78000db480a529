"""Rows are loaded once, all keys of a tick together, and cancelled callers disturb nobody."""

import asyncio

import pytest

from gateway.db.loaders import RowLoader

pytestmark = pytest.mark.anyio


class Store:
    """Counts what is asked of it; answers when told, or at once."""

    def __init__(self, gate=None):
        self.asked = []
        self.gate = gate
        self.begun = asyncio.Semaphore(0)

    async def fetch(self, keys):
        self.asked.append(keys)
        self.begun.release()
        if self.gate is not None:
            await self.gate.wait()
        if "bad" in keys:
            raise ValueError("bad")
        return {key: key.upper() for key in keys if key != "absent"}


async def test_what_is_asked_in_one_tick_is_one_fetch():
    store = Store()
    loader = RowLoader(store.fetch)
    answers = await asyncio.gather(
        loader.load_many(["a", "b", "a"]), loader.load("c"), loader.load_many(["b", "absent"])
    )
    assert answers == [["A", "B", "A"], "C", ["B", None]]
    assert store.asked == [["a", "b", "c", "absent"]]
    assert await loader.load_many(["c", "absent", "a"]) == ["C", None, "A"]
    assert len(store.asked) == 1
    assert await loader.load_many([]) == []


async def test_what_is_on_its_way_is_not_asked_again():
    store = Store(asyncio.Event())
    loader = RowLoader(store.fetch)
    first = asyncio.ensure_future(loader.load_many(["a", "b"]))
    await store.begun.acquire()
    second = asyncio.ensure_future(loader.load_many(["b", "c"]))
    await store.begun.acquire()
    store.gate.set()
    assert await second == ["B", "C"]
    assert await first == ["A", "B"]
    assert store.asked == [["a", "b"], ["c"]]


async def test_a_cancelled_caller_takes_nothing_from_the_others():
    store = Store(asyncio.Event())
    loader = RowLoader(store.fetch)
    cancelled = asyncio.ensure_future(loader.load("a"))
    other = asyncio.ensure_future(loader.load_many(["a", "b"]))
    await store.begun.acquire()
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    store.gate.set()
    assert await other == ["A", "B"]
    assert await loader.load("a") == "A"
    assert store.asked == [["a", "b"]]


async def test_a_failure_reaches_everyone_and_is_not_remembered():
    store = Store()
    loader = RowLoader(store.fetch)
    answers = await asyncio.gather(loader.load("bad"), loader.load("a"), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ValueError, ValueError]
    assert await loader.load("a") == "A"


async def test_what_is_expected_comes_with_the_next_fetch():
    store = Store()
    loader = RowLoader(store.fetch)
    loader.expect(["b", "a", "absent"])
    assert await loader.load_at_once("a") == "A"
    assert store.asked == [["a", "b", "absent"]]
    assert await loader.load_many(["absent", "b"]) == [None, "B"]
    loader.expect(["a"])
    assert await loader.load("c") == "C"
    assert store.asked == [["a", "b", "absent"], ["c"]]


async def test_an_expected_key_that_fails_is_asked_for_again_by_the_one_who_wants_it():
    store = Store()
    loader = RowLoader(store.fetch)
    loader.expect(["bad"])
    with pytest.raises(ValueError, match="bad"):
        await loader.load("a")
    assert await loader.load("a") == "A"
    with pytest.raises(ValueError, match="bad"):
        await loader.load("bad")
