"""Endpoints: who sees and changes them, what is refused, what stays secret, and what they cost where there are none."""

import re
from pathlib import Path

import pytest

from gateway.administration import create_organization
from gateway.db import tables as db
from gateway.db.rotation import rotate_keys
from gateway.db.vault import Vault, new_key
from gateway.resolvers.webhook_types import SUBJECTS, problem_of
from tests.data import NORTH, SOUTH, at, fill
from tests.graph import gid, open_graph
from tests.webhooks.receiver import (
    ADD,
    ALL,
    CREATE,
    change,
    make_endpoint,
    open_deliveries,
    open_receiver,
    settings_of,
    settled,
)

pytestmark = pytest.mark.anyio

HOOK = gid("WebhookEndpoint", "hook")
LIST = """query ($filter: WebhookEndpointFilter, $orderBy: [WebhookEndpointOrder!]) {
    webhookEndpoints(filter: $filter, orderBy: $orderBy) { totalCount nodes { uuid } } }"""
ATTEMPTS = """query ($id: ID!, $filter: WebhookAttemptFilter) { webhookEndpoint(id: $id) {
    attempts(filter: $filter) { nodes { number } } } }"""


@pytest.fixture
async def two(database):
    database.vault = Vault([new_key()])
    await fill(database, NORTH)
    await fill(database, SOUTH)
    return database


@pytest.fixture
async def caller(two, database_url):
    async with open_graph(two, database_url, "north", ALL, settings_of(database_url)) as graph:
        yield graph


async def test_who_lacks_the_scope_or_is_of_another_organization_sees_none(two, database_url):
    by_id = f'webhookEndpoint(id: "{HOOK}") {{ url }} node(id: "{HOOK}") {{ id }}'
    query = f"{{ webhookEndpoints {{ nodes {{ uuid }} }} {by_id} }}"
    nothing = {"webhookEndpoint": None, "node": None}
    async with open_graph(two, database_url, "north", ["read", "write", "secrets"]) as reader:
        assert await reader.ask(query) == {"webhookEndpoints": None, **nothing}
    async with open_graph(two, database_url, "north", ALL, customer_id="cus1") as customer:
        assert await customer.ask(query) == {"webhookEndpoints": None, **nothing}
        assert await customer.refused(CREATE, input={"url": "https://x.example"}) == [
            ("FORBIDDEN", "This token may make connected accounts of its customer and nothing else.")
        ]
    async with open_graph(two, database_url, "south", ALL) as south:
        assert await south.ask(query) == {"webhookEndpoints": {"nodes": []}, **nothing}
    async with open_graph(two, database_url, "north", ["write", "admin"]) as blind:
        assert {code for code, _ in await blind.refused(query)} == {"FORBIDDEN"}


async def problems(caller, **given):
    payload = (await caller.ask(CREATE, input=given))["createWebhookEndpoint"]
    assert (payload["secret"], payload["webhookEndpoint"]) == (None, None)
    return [(each["code"], "/".join(each["path"])) for each in payload["errors"]]


@pytest.mark.parametrize(
    "url",
    [
        *("", "hooks", "ftp://x.example/", "https://", "https://x.example/#part", "https://u:p@x.example/"),
        *("https://ä.example/", "https://x.example/" + "y" * 2000, "https://10.0.0.1/", "https://[::1]/"),
        *(
            "https://169.254.169.254/latest",
            "https://[::ffff:10.0.0.1]/",
            "https://0.0.0.0/",
            "http://8.8.8.8:0/",
        ),
        *("https://[fe80::1]/", "https://100.64.0.1/", "https://224.0.0.1/", "https://[64:ff9b::10.0.0.1]/"),
    ],
)
async def test_a_url_that_is_none_or_not_public_is_refused(caller, url):
    assert await problems(caller, url=url) == [("BAD_USER_INPUT", "url")]


async def test_what_else_an_endpoint_may_not_be(caller, two, database_url):
    types = ["person.created", "person", "nobody.created", "person.created other", "*"]
    assert await problems(caller, url="https://x.example/", types=types) == [
        ("BAD_USER_INPUT", f"types/{index}") for index in (1, 2, 3, 4)
    ]
    settings = settings_of(database_url, webhook_allowed_networks="")
    async with open_graph(two, database_url, "north", ALL, settings) as strict:
        assert await problems(strict, url="http://x.example/") == [("BAD_USER_INPUT", "url")]
        two.vault = Vault([])
        [(code, message)] = await strict.refused(CREATE, input={"url": "https://x.example/"})
        assert (code, message) == (
            "SERVICE_UNAVAILABLE",
            "There are no webhooks: the gateway has no encryption keys. Its operator has to set them.",
        )
    more = {
        "webhook_endpoints": [{"id": f"h{n}", "url": "https://x.example/", "types": ""} for n in range(49)]
    }
    two.vault = Vault([new_key()])
    await fill(two, more, "north")
    assert await problems(caller, url="https://x.example/") == [("CONFLICT", "")]


async def test_a_secret_is_shown_once_and_lies_sealed_under_the_newest_key(caller, two, tmp_path):
    caller.http.headers["idempotency-key"] = '"once"'
    made = (await caller.ask(CREATE, input={"url": "https://x.example/"}))["createWebhookEndpoint"]
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made["secret"])
    again = await caller.answer(CREATE, input={"url": "https://x.example/"})
    assert again["data"]["createWebhookEndpoint"]["secret"] is None
    assert again["data"]["createWebhookEndpoint"]["webhookEndpoint"] == made["webhookEndpoint"]
    assert [each["extensions"]["code"] for each in again["errors"]] == ["SHOWN_ONCE"]
    two.vault = Vault([new_key(), *[key.text for key in two.vault.keys.values()]])
    assert (await rotate_keys(two)).sealed == 1
    rows = await two.fetch(two.prepare(("secrets of a test",), db.webhook_secrets.select), {})
    assert [two.vault.open("north", row.id, row.secret) for row in rows] == [made["secret"]]
    assert rows[0].secret.startswith(two.vault.newest.label)
    for table in (db.events, db.idempotency_keys, db.webhook_endpoints):
        stored = await two.fetch(two.prepare(("all of a test", table.name), table.select), {})
        assert made["secret"] not in repr(stored)


async def test_lists_are_filtered_and_ordered(caller, two):
    rows = [
        {"id": "h1", "url": "https://a.example/", "types": "", "created_at": at("2018-01-01")},
        {
            "id": "h2",
            "url": "https://b.example/",
            "types": "",
            "created_at": at("2019-01-01"),
            "disabled_at": at("2019-02-01"),
            "disabled_reason": "gone",
        },
    ]
    await fill(two, {"webhook_endpoints": rows}, "north")
    by_time = {"field": "CREATED_AT", "direction": "ASC"}
    cases = [
        ({"disabledAt": {"isNull": True}}, ["h1", "hook"]),
        ({"not": {"disabledAt": {"eq": None}}}, ["h2"]),
        ({"createdAt": {"gt": "2018-06-01T00:00:00Z"}}, ["h2"]),
        ({"or": [{"createdAt": {"lt": "2018-02-01T00:00:00Z"}}, {"disabledAt": {"ne": None}}]}, ["h1", "h2"]),
        ({"and": [{"createdAt": {"lt": "2018-02-01T00:00:00Z"}}]}, ["h1"]),
    ]
    for given, expected in cases:
        found = (await caller.ask(LIST, filter=given, orderBy=[by_time]))["webhookEndpoints"]
        assert (found["totalCount"], [each["uuid"] for each in found["nodes"]]) == (len(expected), expected)


async def test_attempts_are_filtered(caller):
    async with open_receiver() as receiver, open_deliveries(caller.database, settings_of("sqlite:///unused")):
        endpoint, _ = await make_endpoint(caller, receiver.url, "person.*")
        receiver.answer = lambda each: (
            (204, {}, b"") if each.event["type"] == "person.created" else (500, {}, b"")
        )
        await caller.ask(ADD, name="Eve")
        await change(caller, "sendTestEvent", id=endpoint)
        found = await settled(caller, endpoint, 2)
    [failed] = [each for each in found["attempts"]["nodes"] if each["outcome"] == "FAILED"]
    for given, number in (
        ({"outcome": {"eq": "FAILED"}}, 1),
        ({"outcome": {"ne": "FAILED"}}, 1),
        ({"outcome": {"in": ["FAILED", "DELIVERED"]}}, 2),
        ({"outcome": {"notIn": ["FAILED", "DELIVERED"]}}, 0),
        ({"webhookId": {"eq": failed["webhookId"]}, "eventType": {"startsWith": "webhook_endpoint"}}, 1),
        ({"status": {"gte": 500}}, 1),
        ({"startedAt": {"lt": "2020-01-01T00:00:00Z"}}, 0),
        ({"or": [{"status": {"eq": 500}}, {"not": {"status": {"eq": 500}}}], "and": []}, 2),
    ):
        found = await caller.ask(ATTEMPTS, id=endpoint, filter=given)
        assert len(found["webhookEndpoint"]["attempts"]["nodes"]) == number, given


async def test_where_there_is_no_endpoint_a_write_costs_nothing_and_no_log_is_looked_at(
    database, database_url
):
    organization = await create_organization(database, "Without")
    async with (
        open_graph(database, database_url, organization, ALL, settings_of(database_url)) as caller,
        open_deliveries(database, settings_of(database_url)),
    ):
        await change_name(caller, "once")
        seen = await caller.statements(ADD, name="Eve")
        looks = [each for each in seen if "webhook" in each]
        assert set(looks) <= {LOOK}


LOOK = (
    "SELECT DISTINCT webhook_endpoints.organization_id \n"
    "FROM webhook_endpoints \nWHERE webhook_endpoints.disabled_at IS NULL"
)
"""The one look in ten seconds at which organizations have endpoints."""


async def change_name(caller, name):
    query = "mutation ($name: String!) { updateOrganization(input: {name: $name}) { errors { message } } }"
    assert await caller.ask(query, name=name) == {"updateOrganization": {"errors": []}}


def test_every_event_of_the_program_can_be_wanted():
    root = Path(__file__).parents[2] / "gateway"
    sources = "\n".join(path.read_text() for path in root.rglob("*.py"))
    types = set(re.findall(r'Event\(\s*"([a-z_.]+)"', sources)) | {f"{each}.imported" for each in SUBJECTS}
    assert len(types) > 40
    assert {each: problem for each in sorted(types) if (problem := problem_of(each)) is not None} == {}
