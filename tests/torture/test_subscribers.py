"""A short sample of `make torture`: subscribers whose connections are cut, while a process is killed."""

import pytest

from tests.torture.subscribers import FollowPlan, following

pytestmark = pytest.mark.anyio


async def test_every_subscriber_is_told_of_every_event_once_and_in_order(database_url, tmp_path):
    processes = 1 if database_url.startswith("sqlite") else 2
    plan = FollowPlan(subscribers=2, writes=30, writers=3, cuts=3, processes=processes)
    figures = await following(database_url, tmp_path / "gateway.log", plan)
    assert figures.problems == []
    assert figures.events == 31
    assert [len(each.cursors) for each in figures.followers] == [31] * 4
