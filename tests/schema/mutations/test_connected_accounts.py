"""Connected accounts by mutations: what goes in, what comes out, what is refused, and what it costs."""

import re

import pytest

from gateway.db.vault import Vault, new_key
from tests.data import events_of
from tests.graph import gid, open_graph

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def key(two):
    """Settings are sealed."""
    two.vault = Vault([new_key()])


CREATE = """mutation ($input: CreateConnectedAccountInput!) { createConnectedAccount(input: $input) {
    connectedAccount { number kind service externalRef externalId name status isInternal isSyncing disabled
        customerId metadata settings version connectionRequest { uuid } }
    connectedAccountEdge { node { service } }
    errors { code message path } } }"""
UPDATE = """mutation ($input: UpdateConnectedAccountInput!) { updateConnectedAccount(input: $input) {
    connectedAccount { service externalId name status disabled metadata settings version }
    errors { code message path } } }"""
DISABLE = """mutation ($input: DisableConnectedAccountInput!) { disableConnectedAccount(input: $input) {
    connectedAccount { disabled version } errors { code message path } } }"""
DELETE = """mutation ($input: DeleteConnectedAccountInput!) { deleteConnectedAccount(input: $input) {
    deletedId connectedAccount { name } errors { code message path } } }"""
ACC1, ACC2 = gid("ConnectedAccount", "acc1"), gid("ConnectedAccount", "acc2")


async def types_of(database, after):
    return [(event.type, event.subject_type) for event in (await events_of(database, "north"))[after:]]


async def test_a_shops_account_gets_a_number_and_a_connectors_a_reference(ada, two):
    before = len(await events_of(two, "north"))
    shop = {"kind": "COMMERCE", "service": "shop", "externalId": "shop-10", "name": "Ten"}
    made = (await ada.ask(CREATE, input=shop))["createConnectedAccount"]
    assert made["errors"] == []
    assert made["connectedAccount"] == {
        "number": 3,
        "kind": "COMMERCE",
        "service": "shop",
        "externalRef": None,
        "externalId": "shop-10",
        "name": "Ten",
        "status": "HEALTHY",
        "isInternal": False,
        "isSyncing": False,
        "disabled": False,
        "customerId": None,
        "metadata": None,
        "settings": None,
        "version": 1,
        "connectionRequest": None,
    }
    given = {
        "kind": "CONNECTOR",
        "service": "hubspot",
        "customerId": "cus9",
        "metadata": {"z": [1, None], "a": {"é": 1.5}},
        "settings": {"oauth": {"credentials": {"access_token": "t0p"}}},
        "connectionRequestId": gid("ConnectionRequest", "r2"),
    }
    made = (await ada.ask(CREATE, input=given))["createConnectedAccount"]
    account = made["connectedAccount"]
    assert re.fullmatch(r"conn_hubspot_[0-9A-HJKMNP-TV-Z]{26}", account.pop("externalRef"))
    assert account == {
        "number": None,
        "kind": "CONNECTOR",
        "service": "hubspot",
        "externalId": None,
        "name": None,
        "status": "UNKNOWN",
        "isInternal": False,
        "isSyncing": False,
        "disabled": False,
        "customerId": "cus9",
        "metadata": {"z": [1, None], "a": {"é": 1.5}},
        "settings": {"oauth": {"credentials": {"access_token": "t0p"}}},
        "version": 1,
        "connectionRequest": {"uuid": "r2"},
    }
    assert made["connectedAccountEdge"] == {"node": {"service": "hubspot"}}
    assert await types_of(two, before) == [("connected_account.created", "connected_accounts")] * 2


async def test_what_an_account_cannot_be_is_said_all_at_once(ada):
    given = {
        "kind": "CONNECTOR",
        "service": "hub_spot",
        "externalRef": "conn_x",
        "logoUrl": "nowhere",
        "metadata": [1],
        "connectionRequestId": gid("ConnectionRequest", "nobody"),
    }
    refused = (await ada.ask(CREATE, input=given))["createConnectedAccount"]
    assert refused["connectedAccount"] is None
    assert [(each["code"], each["path"]) for each in refused["errors"]] == [
        ("BAD_USER_INPUT", ["logoUrl"]),
        ("BAD_USER_INPUT", ["metadata"]),
        ("BAD_USER_INPUT", ["service"]),
        ("NOT_FOUND", ["connectionRequestId"]),
    ]
    for wrong, path in (
        ({"kind": "COMMERCE", "service": " "}, ["service"]),
        ({"kind": "COMMERCE", "service": "shop", "externalRef": "conn_shop_1"}, ["externalRef"]),
        ({"kind": "CONNECTOR", "service": "hubspot", "externalRef": "conn_other_1"}, ["externalRef"]),
    ):
        [error] = (await ada.ask(CREATE, input=wrong))["createConnectedAccount"]["errors"]
        assert (error["code"], error["path"]) == ("BAD_USER_INPUT", path)


async def test_an_account_that_is_there_is_a_conflict_that_shows_it(ada, two):
    before = len(await events_of(two, "north"))
    twin = {"kind": "COMMERCE", "service": "shop", "externalId": "shop-9"}
    refused = (await ada.ask(CREATE, input=twin))["createConnectedAccount"]
    assert refused["connectedAccount"]["name"] == "Shop"
    assert refused["connectedAccountEdge"] is None
    assert refused["errors"] == [
        {
            "code": "CONFLICT",
            "message": "There is an account of this service with this id already.",
            "path": ["externalId"],
        }
    ]
    same = {"kind": "CONNECTOR", "service": "hubspot", "externalRef": "conn_hubspot_1"}
    [error] = (await ada.ask(CREATE, input=same))["createConnectedAccount"]["errors"]
    assert (error["code"], error["path"]) == ("CONFLICT", ["externalRef"])
    moved = {"id": ACC1, "externalId": "shop-9", "service": "shop"}
    [error] = (await ada.ask(UPDATE, input=moved))["updateConnectedAccount"]["errors"]
    assert (error["code"], error["path"]) == ("BAD_USER_INPUT", ["service"])
    assert await types_of(two, before) == []


async def test_a_twin_that_the_viewer_does_not_see_is_a_conflict_that_shows_nothing(two, database_url):
    async with open_graph(two, database_url, "north", ["read", "write"], customer_id="cus1") as caller:
        twin = {"kind": "COMMERCE", "service": "shop", "externalId": "shop-9"}
        refused = (await caller.ask(CREATE, input=twin))["createConnectedAccount"]
        assert refused["connectedAccount"] is None
        assert [(each["code"], each["path"]) for each in refused["errors"]] == [("CONFLICT", ["externalId"])]


async def test_a_customers_token_makes_and_changes_its_own(two, database_url):
    async with open_graph(two, database_url, "north", ["read", "write"], customer_id="cus1") as caller:
        given = {"kind": "CONNECTOR", "service": "hubspot", "settings": {"key": "k"}}
        made = (await caller.ask(CREATE, input=given))["createConnectedAccount"]
        assert made["errors"] == []
        assert made["connectedAccount"]["customerId"] == "cus1"
        assert made["connectedAccount"]["settings"] is None  # it lacks the scope `secrets`
        changed = (await caller.ask(UPDATE, input={"id": ACC1, "name": "Mine"}))["updateConnectedAccount"]
        assert changed["connectedAccount"]["name"] == "Mine"
        [error] = (await caller.ask(UPDATE, input={"id": ACC2, "name": "x"}))["updateConnectedAccount"][
            "errors"
        ]
        assert (error["code"], error["path"]) == ("NOT_FOUND", ["id"])
        given = {"input": {"id": ACC1, "customerId": "cus2"}}
        assert [code for code, _ in await caller.refused(UPDATE, **given)] == ["FORBIDDEN"]


async def test_an_update_changes_what_is_given_and_nothing_else(ada, two):
    before = len(await events_of(two, "north"))
    given = {"id": ACC2, "name": None, "status": "HEALTHY", "metadata": {"a": 1}, "expectedVersion": 1}
    assert (await ada.ask(UPDATE, input=given))["updateConnectedAccount"] == {
        "connectedAccount": {
            "service": "shop",
            "externalId": "shop-9",
            "name": None,
            "status": "HEALTHY",
            "disabled": False,
            "metadata": {"a": 1},
            "settings": None,
            "version": 2,
        },
        "errors": [],
    }
    stale = (await ada.ask(UPDATE, input=given))["updateConnectedAccount"]
    assert stale["connectedAccount"]["version"] == 2
    assert [(each["code"], each["path"]) for each in stale["errors"]] == [("CONFLICT", ["expectedVersion"])]
    same = {**given, "expectedVersion": 2}
    assert (await ada.ask(UPDATE, input=same))["updateConnectedAccount"]["errors"] == []
    assert await types_of(two, before) == [("connected_account.updated", "connected_accounts")]


async def test_an_account_is_switched_off_and_on_again(ada, two):
    before = len(await events_of(two, "north"))
    for _ in range(2):
        assert (await ada.ask(DISABLE, input={"id": ACC2}))["disableConnectedAccount"] == {
            "connectedAccount": {"disabled": True, "version": 2},
            "errors": [],
        }
    on = (await ada.ask(UPDATE, input={"id": ACC2, "disabled": False}))["updateConnectedAccount"]
    assert on["connectedAccount"]["disabled"] is False
    assert await types_of(two, before) == [
        ("connected_account.disabled", "connected_accounts"),
        ("connected_account.updated", "connected_accounts"),
    ]


async def test_a_deleted_account_is_gone_and_its_number_is_not_used_again(ada, two):
    before = len(await events_of(two, "north"))
    assert (await ada.ask(DELETE, input={"id": ACC2}))["deleteConnectedAccount"] == {
        "deletedId": ACC2,
        "connectedAccount": None,
        "errors": [],
    }
    [error] = (await ada.ask(DELETE, input={"id": ACC2}))["deleteConnectedAccount"]["errors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["id"])
    again = {"kind": "COMMERCE", "service": "shop", "externalId": "shop-9"}
    made = (await ada.ask(CREATE, input=again))["createConnectedAccount"]
    assert made["connectedAccount"]["number"] == 3
    assert await types_of(two, before) == [
        ("connected_account.deleted", "connected_accounts"),
        ("connected_account.created", "connected_accounts"),
    ]


async def test_what_changes_of_accounts_cost(ada, database_url):
    create, update, delete = (
        f"mutation ($input: {name}ConnectedAccountInput!) {{ {name.lower()}ConnectedAccount(input: $input) {{"
        "errors { code } } }"
        for name in ("Create", "Update", "Delete")
    )
    costs = {}
    for name, query, given in (
        ("create", create, {"kind": "COMMERCE", "service": "shop", "externalId": "n"}),
        ("update", update, {"id": ACC2, "name": "n"}),
        ("delete", delete, {"id": ACC2}),
    ):
        costs[name] = len(await ada.statements(query, input=given))
    # PostgreSQL is told the event and the counters together.
    fewer = database_url.startswith("postgresql:")
    assert costs == {"create": 7 - fewer, "update": 3, "delete": 6 - fewer}
