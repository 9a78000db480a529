"""Attempts to deliver events to endpoints of webhooks: their spans, and what the endpoints are told to go on with."""

from contextlib import asynccontextmanager

import pytest

from gateway.db.vault import Vault, new_key
from gateway.traces.opening import open_traces
from tests.data import NORTH, fill
from tests.graph import gid, open_graph
from tests.webhooks.receiver import (
    ALL,
    RENAME,
    make_endpoint,
    open_deliveries,
    open_receiver,
    settings_of,
    settled,
)

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def traced(database, database_url):
    """A caller and a receiver of what is delivered; at the end everything is exported."""
    database.vault = Vault([new_key()])
    await fill(database, NORTH)
    settings = settings_of(database_url, traces=True)
    traces = open_traces(settings)
    async with (
        open_graph(database, database_url, "north", ALL, settings, person_id="ada") as caller,
        open_receiver() as receiver,
        open_deliveries(database, settings, traces=traces),
    ):
        yield caller, receiver
    traces.close()


async def test_an_attempt_is_a_trace_that_the_endpoint_goes_on_with(
    database, database_url, collector, monkeypatch
):
    async with traced(database, database_url) as (caller, receiver):
        answers = iter([(500, {}, b""), (204, {}, b"")])
        receiver.answer = lambda _: next(answers)
        endpoint, _ = await make_endpoint(caller, receiver.url, "person.updated")
        for number, person in enumerate(("bob", "ada"), 1):
            await caller.ask(RENAME, id=gid("Person", person), name="hunter2")
            requests = await receiver.came(number)
            await settled(caller, endpoint, number)
    failed, delivered = collector.spans
    assert [each.headers["traceparent"] for each in requests] == [
        f"00-{each.trace}-{each.id}-{flags}" for each, flags in ((failed, "03"), (delivered, "03"))
    ]
    assert (failed.name, failed.kind, failed.status, failed.parent) == ("POST", "CLIENT", "ERROR", "")
    assert (delivered.name, delivered.kind, delivered.status, delivered.parent) == (
        "POST",
        "CLIENT",
        "UNSET",
        "",
    )
    assert len(failed.attributes.pop("gateway.webhook.endpoint_id")) == 36
    assert failed.attributes == {
        "http.request.method": "POST",
        "http.request.resend_count": 0,
        "http.response.status_code": 500,
        "error.type": "500",
        "server.address": "127.0.0.1",
        "server.port": receiver.port,
        "gateway.organization_id": "north",
        "gateway.webhook.id": requests[0].headers["webhook-id"],
        "gateway.webhook.event_type": "person.updated",
    }
    assert delivered.attributes["http.response.status_code"] == 204
    assert "tenant" not in str([each.attributes for each in (failed, delivered)])
    assert "hunter2" not in str([each.attributes for each in (failed, delivered)])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_attempt_that_is_not_sampled_says_so(database, database_url, collector, monkeypatch):
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    async with traced(database, database_url) as (caller, receiver):
        await make_endpoint(caller, receiver.url, "person.updated")
        await caller.ask(RENAME, id=gid("Person", "bob"), name="Robert")
        [request] = await receiver.came(1)
    assert request.headers["traceparent"].endswith(("-00", "-02"))
    assert collector.bodies == []
