"""Callers who stay are looked after for as long as they do, whatever goes wrong in a look."""

import asyncio

import pytest

from gateway.admission import vigils
from gateway.admission.vigils import Vigil
from tests.patience import ENOUGH

pytestmark = pytest.mark.anyio


async def test_a_look_that_fails_is_not_the_last_one(monkeypatch):
    monkeypatch.setattr(vigils, "LOOK_SECONDS", 0)
    looks = iter([ZeroDivisionError, {"good", "bad"}, {"good"}])
    ended = asyncio.Queue()

    async def still_good(tokens):
        found = next(looks, {"good"})
        if found is ZeroDivisionError:
            raise ZeroDivisionError
        return found

    vigil = Vigil(still_good)
    leave = [
        vigil.stay({"authorization": f"Bearer {token}"}, lambda token=token: ended.put_nowait(token))
        for token in ("good", "bad")
    ]
    try:
        async with asyncio.timeout(ENOUGH):
            assert await ended.get() == "bad"
    finally:
        await vigil.stop()
    assert ended.empty()
    for each in leave:
        each()
