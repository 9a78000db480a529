"""What is written by one door is read by every other at once, member for member, with its counts and its events."""

from random import Random

import pytest

from gateway.administration import create_organization
from gateway.db.vault import Vault, new_key
from tests.data import events_of
from tests.graph import gid
from tests.lengths import cases
from tests.schema.mutations.examples import MUTATION
from tests.torture.invariants import broken
from tests.torture.states import opened
from tests.vendors import (
    account_changes,  # noqa: F401
    request_changes,  # noqa: F401
    test_activecampaign_parity,
    test_crux_parity,
    test_opal_parity,
    test_openint_parity,
    webhook_changes,  # noqa: F401
)
from tests.vendors.changes import CHANGES, World
from tests.vendors.gateway import insert, make_token
from tests.vendors.parity import compare, open_gateway
from tests.vendors.writes import endpoints

pytestmark = pytest.mark.anyio

AC, CRUX, OPAL, OPENINT = (
    module.PROJECTIONS
    for module in (test_activecampaign_parity, test_crux_parity, test_opal_parity, test_openint_parity)
)

STATE = """{
  connectionRequests(first: 1000) { totalCount nodes {
    uuid kind status orgName orgContactFullName primaryContactPhone primaryContactEmail retailerAccountNumber
    supplierAccountNumber additionalInformation reason durationMinutes targetGroupId
    requester { uuid } targetUser { uuid } decision { outcome comment decidedBy { uuid } }
    integrations { totalCount nodes { integrationType updateFrequency feedSourceFileLocations fileSpecs rules } }
    uploadedFiles { totalCount nodes { uuid } }
    comments { totalCount nodes { body author { uuid } } }
    requestedItems { totalCount nodes { resourceId groupId accessLevelName } } } }
  pending: connectionRequests(filter: {status: {eq: PENDING}}) { totalCount }
  access: connectionRequests(filter: {kind: {eq: ACCESS}}) { totalCount }
  connectedAccounts(first: 1000) { totalCount nodes {
    uuid kind number externalRef service externalId name status statusMessage isSyncing logoUrl linkUrl listId
    customerId connectorConfigId disabled metadata settings connectionRequest { uuid } } }
  commerce: connectedAccounts(filter: {kind: {eq: COMMERCE}}) { totalCount }
  files(first: 1000) { totalCount nodes { uuid name contentType size } }
  people(first: 1000) { totalCount nodes { uuid firstName lastName email phone jobTitle } }
  webhookEndpoints(first: 100) { totalCount nodes { uuid url types isEnabled } }
  viewer { organization { name timezone } } }"""
TOKEN = """query ($id: ID!) { node(id: $id) { ... on ApiToken {
    uuid customerId revokedAt person { uuid } } } }"""


def plain(value):
    """An object with the ids of those that it names, and its lists, which are as long as they say."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"uuid"}:
        return value["uuid"]
    if value.keys() == {"totalCount", "nodes"}:
        assert value["totalCount"] == len(value["nodes"])
        return [plain(each) for each in value["nodes"]]
    return {name: plain(each) for name, each in value.items()}


def different(rows, wanted):
    """What is other than it was written: each object's members with what is shown and what there should be."""
    found = {row["uuid"]: row for row in rows}
    assert found.keys() == wanted.keys()
    told = {
        uuid: {name: (found[uuid].get(name), row[name]) for name in row if found[uuid].get(name) != row[name]}
        for uuid, row in wanted.items()
    }
    return {uuid: members for uuid, members in told.items() if members}


async def check_graph(world):
    """The graph says of everything what was written of it."""
    answer = (await world.http.post("/graphql", json={"query": STATE})).json()
    assert "errors" not in answer
    found = answer["data"]
    requests, accounts = list(world.requests.values()), list(world.accounts.values())
    for name, wanted in {
        "connectionRequests": world.requests,
        "connectedAccounts": world.accounts,
        "files": world.files,
        "people": world.people,
        "webhookEndpoints": world.endpoints,
    }.items():
        assert different(plain(found[name]), wanted) == {}
    assert found["viewer"] == {"organization": world.organization}
    assert {name: found[name]["totalCount"] for name in ("pending", "access", "commerce")} == {
        "pending": sum(each["status"] == "PENDING" for each in requests),
        "access": sum(each["kind"] == "ACCESS" for each in requests),
        "commerce": sum(each["kind"] == "COMMERCE" for each in accounts),
    }


async def check_tokens(world):
    for uuid, token in world.tokens.items():
        variables = {"id": gid("ApiToken", uuid)}
        answer = (await world.http.post("/graphql", json={"query": TOKEN, "variables": variables})).json()
        node = plain(answer["data"]["node"])
        node["isRevoked"] = node.pop("revokedAt") is not None
        assert node == token


async def check_requests(world):
    """Crux's and Opal's lists say what the graph says, of all that was written."""
    page = await compare(world.http, CRUX_PATH, CRUX, {"limit": "100"})
    kinds = {uuid: each["kind"] for uuid, each in world.requests.items()}
    partners = {uuid for uuid, kind in kinds.items() if kind == "TRADING_PARTNER"}
    assert {each["record_uuid"] for each in page["requests"]} == partners
    assert page["pagination"]["total_count"] == len(partners)
    page = await compare(world.http, "/v1/requests", OPAL, {"page_size": "1000"})
    assert {each["id"] for each in page["requests"]} == kinds.keys() - partners


async def check_accounts(world):
    """So do ActiveCampaign's and OpenInt's."""
    page = await compare(world.http, "/api/3/connections", AC, {"limit": "100"})
    numbers = {str(each["number"]) for each in world.accounts.values() if each["kind"] == "COMMERCE"}
    assert {each["id"] for each in page["connections"]} == numbers
    page = await compare(world.http, "/v1/connection", OPENINT, SECRETS)
    references = {each["externalRef"] for each in world.accounts.values() if each["kind"] == "CONNECTOR"}
    assert {each["id"] for each in page["items"]} == references


async def check_objects(world):
    """So does each object's own path; what only a vendor's paths show is what was written."""
    http = world.http
    await compare(http, "/organizations/connections/", CRUX)
    for uuid, each in world.requests.items():
        if each["kind"] == "TRADING_PARTNER":
            await compare(http, f"{CRUX_PATH}{uuid}/", CRUX)
        else:
            await compare(http, f"/v1/requests/{uuid}", OPAL)
            await compare(http, f"/v1/requests/{uuid}/comments", OPAL)
    for each in world.accounts.values():
        if each["kind"] == "COMMERCE":
            await compare(http, f"/api/3/connections/{each['number']}", AC)
        else:
            await compare(http, f"/v1/connection/{each['externalRef']}", OPENINT, SECRETS)
    found = await world.rest("GET", "/v2/connector-config")
    shown = [{"uuid": each["id"], **each} for each in found["items"]]
    assert different(shown, world.configs) == {}
    found = await world.rest("GET", "/api/3/ecomCustomers")
    shown = [{"uuid": each["id"], **each} for each in found["ecomCustomers"]]
    assert different(shown, world.customers) == {}


OF_ACCOUNTS = ("connected_accounts", "organizations", "webhook_endpoints")
CRUX_PATH, SECRETS = "/organizations/connections/request/", {"include_secrets": "true"}


def test_every_mutation_and_every_vendors_write_is_a_door():
    operations = {f"{vendor} {operation}" for vendor, operation in endpoints()}
    assert set(CHANGES) == set(MUTATION.fields) | operations


def door_of(door):
    return door.split()[0].upper() if " " in door else "GRAPHQL"


@pytest.fixture
async def world(database, database_url):
    database.vault = Vault([new_key()])
    await create_organization(database, "North", organization_id="north")
    ada = {"id": "ada", "first_name": "Ada"}
    await insert(database, "north", people=[ada], connectors=[{"id": "acme"}])
    scopes = ("read", "write", "approve", "secrets", "admin")
    token = await make_token(database, "north", *scopes, person_id="ada")
    async with open_gateway(database, database_url) as http:
        http.headers.update({"Authorization": f"Bearer {token}", "Api-Token": token})
        found = World(http, Random(7), "ada", "North")
        none = dict.fromkeys(("lastName", "email", "phone", "jobTitle"))
        found.people["ada"] = {"uuid": "ada", "firstName": "Ada", **none}
        yield found


async def test_what_one_door_writes_every_other_reads(world, database, database_url):
    for _ in range(cases(1, at_most=200)):
        doors = sorted(CHANGES)
        world.random.shuffle(doors)
        for door in doors:
            before = (await events_of(database, "north"))[-1].id
            world.told.clear()
            await CHANGES[door](world, door)
            events = await events_of(database, "north", before)
            assert [each.type for each in events] == world.told, door
            assert events[-1].door == door_of(door)
            assert all(each.person_id == "ada" for each in events)
            try:
                await check_graph(world)
                await (check_accounts if events[-1].subject_type in OF_ACCOUNTS else check_requests)(world)
            except AssertionError as wrong:
                wrong.add_note(f"after {door}")
                raise
        await check_objects(world)
    await check_tokens(world)
    async with opened(database_url) as run:
        assert await broken(run, is_file=database_url.startswith("sqlite")) == []
