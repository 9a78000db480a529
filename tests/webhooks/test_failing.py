"""What is not taken is tried again, in order, for three days; then it is given up, or the endpoint disabled."""

import socket
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from gateway.administration import erase_person, prune_events
from gateway.db.vault import Vault, new_key
from gateway.webhooks.schedule import next_attempt
from tests.data import NORTH, at, fill
from tests.graph import gid, open_graph
from tests.webhooks.receiver import (
    ADD,
    ALL,
    ENDPOINT,
    RENAME,
    Clock,
    change,
    make_endpoint,
    open_deliveries,
    open_receiver,
    settings_of,
    settled,
)

pytestmark = pytest.mark.anyio

BOB, CAT = gid("Person", "bob"), gid("Person", "cat")
GOOD, BAD = (204, {}, b""), (500, {}, b"no " * 20_000)


@pytest.fixture
async def caller(database, database_url):
    database.vault = Vault([new_key()])
    await fill(database, NORTH)
    async with open_graph(database, database_url, "north", ALL, settings_of(database_url)) as graph:
        yield graph


def sending(caller, clock=None, **settings):
    """What sends, whose clock a test moves."""
    given = settings_of("sqlite:///unused", **settings)
    return open_deliveries(caller.database, given, clock=clock or Clock())


@asynccontextmanager
async def failing(receiver, *names):
    """A receiver that does not take what is about these people."""

    def answer(request):
        node = request.event["data"]["node"] or {}
        return BAD if not names or node.get("uuid") in names else GOOD

    receiver.answer = answer
    yield
    receiver.answer = lambda _: GOOD


async def test_a_later_event_of_a_subject_waits_and_those_of_others_do_not(caller):
    clock = Clock()
    async with open_receiver() as receiver, sending(caller, clock):
        endpoint, _ = await make_endpoint(caller, receiver.url, "person.*")
        async with failing(receiver, "bob"):
            for person, name in ((BOB, "B1"), (BOB, "B2"), (CAT, "C1"), (BOB, "B3")):
                await caller.ask(RENAME, id=person, name=name)
            found = await settled(caller, endpoint, 2, waiting=3)
        [failed] = [each for each in found["attempts"]["nodes"] if each["outcome"] == "FAILED"]
        assert (failed["status"], failed["number"], failed["error"]) == (500, 1, None)
        assert failed["nextAttemptAt"] is not None
        clock.ahead += timedelta(seconds=7)
        await settled(caller, endpoint, 5)
    sent = [(each.event["data"]["changes"][0]["after"]["firstName"]) for each in receiver.requests]
    assert sorted(sent[:2]) == ["B1", "C1"]
    assert sent[2:] == ["B1", "B2", "B3"]
    ids = {each.headers["webhook-id"] for each in receiver.requests}
    assert len(ids) == 4


def test_attempts_come_later_and_later_for_three_days_each_a_little_otherwise():
    begun = now = at("2026-01-01")
    delays = []
    while (again := next_attempt(len(delays) + 1, begun, now, None)) is not None:
        delays.append((again - now).total_seconds())
        now = again
    assert now == begun + timedelta(days=3)
    expected = [5, 20, 80, 320, 1280, 5120, 20480, *[21600] * 20]
    assert all(
        0.8 * wanted <= got <= 1.2 * wanted for wanted, got in zip(expected, delays[:-1], strict=False)
    )
    assert 14 <= len(delays) <= 22
    assert len({round(each % 1, 6) for each in delays}) > 3
    assert next_attempt(1, begun, begun, timedelta(hours=1)) == begun + timedelta(hours=1)
    assert next_attempt(1, begun, begun, timedelta(days=9)) == begun + timedelta(days=3)
    assert next_attempt(1, begun, begun, timedelta(days=3_000_000)) == begun + timedelta(days=3)


async def test_an_event_is_given_up_after_three_days_and_the_next_one_of_its_subject_comes(caller):
    clock = Clock()
    async with open_receiver() as receiver, sending(caller, clock):
        endpoint, _ = await make_endpoint(caller, receiver.url, "person.*")
        async with failing(receiver, "bob"):
            await caller.ask(RENAME, id=BOB, name="B1")
            await settled(caller, endpoint, 1)
            await caller.ask(RENAME, id=CAT, name="C1")  # which is taken, so that the endpoint is not failing
            await settled(caller, endpoint, 2)
            await caller.ask(RENAME, id=BOB, name="B2")
            clock.ahead += timedelta(days=3)
            found = await settled(caller, endpoint, 3)
        async with failing(receiver, "nobody"):
            found = await settled(caller, endpoint, 4)
    outcomes = [(each["outcome"], each["number"]) for each in reversed(found["attempts"]["nodes"])]
    assert outcomes[:3] == [("FAILED", 1), ("DELIVERED", 1), ("GIVEN_UP", 2)]
    assert found["isEnabled"]
    assert receiver.requests[3].event["data"]["changes"][0]["after"] == {"firstName": "B2"}


async def test_who_was_erased_is_in_no_later_attempt(caller):
    clock = Clock()
    async with open_receiver() as receiver, sending(caller, clock):
        endpoint, _ = await make_endpoint(caller, receiver.url, "person.*")
        async with failing(receiver):
            await caller.ask(RENAME, id=CAT, name="Catherine")
            await settled(caller, endpoint, 1)
            await erase_person(caller.database, "north", "cat")
        clock.ahead += timedelta(seconds=7)
        requests = await receiver.came(2)
    assert b"Catherine" in requests[0].body
    assert b"Catherine" not in b"".join(each.body for each in requests[1:])
    assert requests[1].event["data"]["changes"] == [
        {"type": "Person", "uuid": "cat", "before": {}, "after": {}}
    ]


async def test_an_endpoint_that_takes_nothing_for_three_days_is_disabled_and_told_what_it_missed(caller):
    clock = Clock()
    async with open_receiver() as receiver, sending(caller, clock):
        endpoint, _ = await make_endpoint(caller, receiver.url, "person.*")
        async with failing(receiver):
            before = (await caller.ask("{ eventCursor }"))["eventCursor"]
            for name in ("E1", "E2"):
                await caller.ask(ADD, name=name)
            await settled(caller, endpoint, 2)
            kept = await prune_events(caller.database, timedelta(days=-1))
            assert kept.kept_for_followers
            clock.ahead += timedelta(days=3)
            found = await settled(caller, endpoint, 3)
        assert (found["isEnabled"], found["disabledReason"], found["undeliveredAfter"]) == (
            *(False, "FAILING", before),
        )
        assert found["progress"]["waiting"] == 0
        happened = "{ events(first: 1) { nodes { type door subjectUuid } } }"
        assert (await caller.ask(happened))["events"]["nodes"][0]["type"] == "webhook_endpoint.disabled"
        assert (await caller.ask(happened))["events"]["nodes"][0]["door"] == "WEBHOOKS"
        number = len(receiver.requests)
        await caller.ask(ADD, name="E3")
        refused = "mutation ($id: ID!) { sendTestEvent(input: {id: $id}) { errors { code path } } }"
        assert await caller.ask(refused, id=endpoint) == {
            "sendTestEvent": {"errors": [{"code": "CONFLICT", "path": ["id"]}]}
        }
        await change(caller, "updateWebhookEndpoint", id=endpoint, isEnabled=True)
        await change(caller, "redeliverWebhookEvents", id=endpoint)
        requests = await receiver.came(number + 3)
        names = [each.event["data"]["changes"][0]["after"]["firstName"] for each in requests[number:]]
        assert sorted(names) == ["E1", "E2", "E3"]
        assert (await caller.ask(ENDPOINT, id=endpoint))["webhookEndpoint"]["undeliveredAfter"] is None


async def test_an_endpoint_that_is_gone_is_disabled_at_once_and_holds_no_log(caller):
    async with open_receiver() as receiver, sending(caller):
        endpoint, _ = await make_endpoint(caller, receiver.url, "person.*")
        receiver.answer = lambda _: (410, {}, b"")
        await caller.ask(ADD, name="E1")
        found = await settled(caller, endpoint, 1)
    assert (found["disabledReason"], found["attempts"]["nodes"][0]["outcome"]) == ("GONE", "GIVEN_UP")
    pruned = await prune_events(caller.database, timedelta(days=-1))
    assert not pruned.kept_for_followers


async def test_a_redirection_is_not_followed_and_retry_after_is_kept_to(caller):
    clock = Clock()
    async with open_receiver() as receiver, open_receiver() as other, sending(caller, clock):
        endpoint, _ = await make_endpoint(caller, receiver.url, "person.*")
        receiver.answer = lambda _: (307, {"location": other.url, "retry-after": "3600"}, b"")
        await caller.ask(ADD, name="E1")
        await settled(caller, endpoint, 1)
        clock.ahead += timedelta(minutes=59)
        receiver.answer = lambda _: GOOD
        await caller.ask(ADD, name="E2")
        await settled(caller, endpoint, 2)
        clock.ahead += timedelta(minutes=2)
        await settled(caller, endpoint, 3)
    assert [each.event["data"]["changes"][0]["after"]["firstName"] for each in receiver.requests] == [
        *("E1", "E2", "E1"),
    ]
    assert other.requests == []


@pytest.mark.parametrize("status", [410, 500])
async def test_an_endpoint_that_is_changed_during_an_attempt_is_tried_at_once(caller, status):
    async with open_receiver() as former, open_receiver() as receiver, sending(caller):
        endpoint, _ = await make_endpoint(caller, former.url, "person.*")
        former.answer = lambda _: (status, {"retry-after": "3600"}, b"")
        former.may_answer.clear()
        await caller.ask(ADD, name="E1")
        await former.came(1)
        await change(caller, "updateWebhookEndpoint", id=endpoint, url=receiver.url)
        former.may_answer.set()
        await receiver.came(1)
        found = await settled(caller, endpoint, 2)
    assert (found["isEnabled"], found["progress"]["firstFailedAt"]) == (True, None)
    assert [(each["number"], each["outcome"]) for each in found["attempts"]["nodes"]] == [
        *((1, "DELIVERED"), (1, "FAILED")),
    ]


async def test_what_is_redelivered_during_an_attempt_is_tried_at_once(caller):
    async with open_receiver() as receiver, sending(caller):
        endpoint, _ = await make_endpoint(caller, receiver.url, "person.*")
        receiver.answer = lambda _: (503, {"retry-after": "3600"}, b"")
        receiver.may_answer.clear()
        await caller.ask(ADD, name="E1")
        await receiver.came(1)
        await change(caller, "redeliverWebhookEvents", id=endpoint)
        receiver.answer = lambda _: GOOD
        receiver.may_answer.set()
        await settled(caller, endpoint, 2)
    assert len(receiver.requests) == 2


async def test_what_waits_is_sent_where_something_later_is_asked_for_again(caller):
    clock = Clock()
    async with open_receiver() as receiver, sending(caller, clock):
        endpoint, _ = await make_endpoint(caller, receiver.url, "person.*")
        async with failing(receiver, "bob"):
            await caller.ask(RENAME, id=BOB, name="B1")
            await settled(caller, endpoint, 1)
            await caller.ask(RENAME, id=CAT, name="C1")
            await settled(caller, endpoint, 2)
        latest = (await caller.ask("{ eventCursor }"))["eventCursor"]
        await change(caller, "redeliverWebhookEvents", id=endpoint, after=latest)
        clock.catch_up()
        await receiver.came(3)
        await settled(caller, endpoint, 3, waiting=0)
    assert [each.event["data"]["changes"][0]["after"]["firstName"] for each in receiver.requests] == [
        *("B1", "C1", "B1"),
    ]


async def test_what_was_missed_stays_so_where_something_later_is_asked_for(caller):
    endpoint, _ = await make_endpoint(caller, "https://example.com/", "person.*")
    missed = (await caller.ask(ENDPOINT, id=endpoint))["webhookEndpoint"]["progress"]["cursor"]
    for is_enabled in (False, True):
        await change(caller, "updateWebhookEndpoint", id=endpoint, isEnabled=is_enabled)
        await caller.ask(RENAME, id=CAT, name="C1")
    latest = (await caller.ask("{ eventCursor }"))["eventCursor"]
    for after, left in ((latest, missed), (missed, None)):
        await change(caller, "redeliverWebhookEvents", id=endpoint, after=after)
        found = (await caller.ask(ENDPOINT, id=endpoint))["webhookEndpoint"]
        assert found["undeliveredAfter"] == left
    assert found["progress"]["cursor"] == missed


async def test_a_receiver_that_does_not_answer_and_one_that_is_not_there_are_told_apart(caller):
    async with open_receiver() as receiver, sending(caller, webhook_seconds=0.2):
        slow, _ = await make_endpoint(caller, receiver.url, "person.*")
        receiver.answer = lambda _: None
        await caller.ask(ADD, name="E1")
        told = [(await settled(caller, slow, 1))["attempts"]["nodes"][0]]
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        async with sending(caller):
            away, _ = await make_endpoint(caller, f"http://127.0.0.1:{deaf.getsockname()[1]}/", "person.*")
            await caller.ask(ADD, name="E2")
            told.append((await settled(caller, away, 1))["attempts"]["nodes"][0])
    assert [(each["error"], each["status"]) for each in told] == [("timeout", None), ("unreachable", None)]


async def test_addresses_that_are_not_public_are_not_connected_to(caller):
    async with open_receiver() as receiver:
        async with sending(caller):  # made while loopback is allowed
            endpoint, _ = await make_endpoint(
                caller, receiver.url.replace("127.0.0.1", "localhost"), "person.*"
            )
        secure = f"https://localhost:{receiver.port}/"
        await change(caller, "updateWebhookEndpoint", id=endpoint, url=secure)
        async with sending(caller, webhook_allowed_networks=""):
            await caller.ask(ADD, name="E1")
            found = await settled(caller, endpoint, 1)
    assert found["attempts"]["nodes"][0]["error"] == "refused_address"
    assert receiver.requests == []
