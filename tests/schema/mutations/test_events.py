"""The event log in the graph: who did what by which door, what it changed, each object's history, and who sees that."""

import orjson
import pytest

from gateway.db.data_versions import version
from gateway.events import Event
from gateway.resolvers.writes import writing
from tests.data import events_of
from tests.graph import gid, open_graph

pytestmark = pytest.mark.anyio

SECRET = "ftp://foo:hunter2@baz.blerg/items"
SHOWN = "ftp://***@baz.blerg/items"

CREATE = """mutation ($input: CreateConnectionRequestInput!) {
    createConnectionRequest(input: $input) {
      connectionRequest { uuid integrations { nodes { uuid } } } errors { message } } }"""
RENAME = """mutation ($id: ID!) {
    updatePerson(input: {id: $id, firstName: "Augusta"}) { errors { message } } }"""
ALL = """query ($first: Int, $after: String, $last: Int, $before: String,
    $filter: EventFilter, $orderBy: [EventOrder!]) {
    events(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
      totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { number } }
      nodes {
        number cursor type occurredAt door actor { uuid } token { name } subjectType subjectUuid resync
        subject { __typename id } changes { type uuid before after } counts { type inserted updated removed } } } }"""
HISTORY = """query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $offset: Int) {
      node(id: $id) { ...H } }
    fragment H on Node {
      ... on ConnectionRequest { h: history(first: $first, after: $after, last: $last, before: $before,
        offset: $offset) { ...P } }
      ... on Integration { history { ...P } } ... on Person { history { ...P } } }
    fragment P on EventConnection { totalCount pageInfo { hasNextPage hasPreviousPage } edges { cursor }
        nodes { number type changes { type uuid after } } }"""


async def make_request(ada):
    feeds = [{"integrationType": "items", "feedSourceFileLocations": SECRET}]
    given = {"orgName": "Acme", "integrations": feeds, "comment": "please"}
    made = (await ada.ask(CREATE, input=given))["createConnectionRequest"]
    assert made["errors"] == []
    request = made["connectionRequest"]
    return request["uuid"], request["integrations"]["nodes"][0]["uuid"]


async def import_people(two, **data):
    async with writing(two, "north", None) as write:
        write.happened(Event("people.imported", "people", data={"rows": {"people": {"inserted": 2}}, **data}))


async def test_an_event_says_what_happened(ada, two):
    request, feed = await make_request(ada)
    await import_people(two)
    [imported, commented, created] = (await ada.ask(ALL, first=3))["events"]["nodes"]
    assert created.pop("occurredAt").endswith("Z")
    assert created.pop("cursor")
    changes = created.pop("changes")
    number = created.pop("number")
    assert created == {
        "type": "connection_request.created",
        "door": "GRAPHQL",
        "actor": {"uuid": "ada"},
        "token": {"name": "test"},
        "subjectType": "ConnectionRequest",
        "subjectUuid": request,
        "subject": {"__typename": "ConnectionRequest", "id": gid("ConnectionRequest", request)},
        "resync": False,
        "counts": None,
    }
    assert [(each["type"], each["uuid"], each["before"]) for each in changes] == [
        ("ConnectionRequest", request, None),
        ("Integration", feed, None),
    ]
    after = changes[0]["after"]
    assert (after["orgName"], after["status"], after["requesterId"]) == ("Acme", "pending", "ada")
    assert changes[1]["after"] == {
        "connectionRequestId": request,
        "position": 0,
        "integrationType": "items",
        "feedSourceFileLocations": SHOWN,
    }
    assert (commented["type"], commented["subjectType"], commented["number"]) == (
        "comment.created",
        "Comment",
        number + 1,
    )
    assert imported == {
        "number": number + 2,
        "cursor": (await version(two, "north")).cursor,
        "type": "people.imported",
        "occurredAt": imported["occurredAt"],
        "door": "CLI",
        "actor": None,
        "token": None,
        "subjectType": "Person",
        "subjectUuid": None,
        "subject": None,
        "resync": True,
        "changes": None,
        "counts": [{"type": "Person", "inserted": 2, "updated": 0, "removed": 0}],
    }


async def test_the_log_is_a_list(ada, two):
    request, _ = await make_request(ada)
    await ada.ask(RENAME, id=gid("Person", "ada"))
    log = await events_of(two, "north")
    numbers = [each.id for each in log]

    async def found(**given):
        return [each["number"] for each in (await ada.ask(ALL, **given))["events"]["nodes"]]

    assert await found() == numbers[::-1]
    assert await found(orderBy=[{"field": "NUMBER"}]) == numbers
    page = (await ada.ask(ALL, first=2))["events"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (len(log), True)
    assert await found(first=2, after=page["pageInfo"]["endCursor"]) == numbers[-3:-5:-1]
    assert await found(last=1) == numbers[:1]
    assert await found(last=5, before=page["edges"][1]["cursor"]) == numbers[-1:]
    of_request = [each.id for each in log if each.subject_id == request]
    for filter, expected in (
        ({"type": {"eq": "person.updated"}}, numbers[-1:]),
        ({"subject": {"eq": gid("ConnectionRequest", request)}}, of_request),
        ({"subject": {"in": [gid("Person", "ada"), "nonsense"]}, "door": {"eq": "GRAPHQL"}}, numbers[-1:]),
        ({"actor": {"id": {"eq": gid("Person", "ada")}}}, numbers[-3:]),
        ({"actor": {"isNull": True}}, numbers[:-3]),
        ({"occurredAt": {"lt": "2020-01-01"}}, []),
        ({"number": {"gt": numbers[-2]}}, numbers[-1:]),
        ({"id": {"in": [gid("Event", "north:2"), gid("Event", "south:1"), gid("Event", "3"), "?"]}}, [2]),
        ({"id": {"ne": gid("Event", f"north:{numbers[-1]}")}}, numbers[:-1]),
        ({"not": {"subject": {"ne": None}}}, [each.id for each in log if each.subject_id is None]),
    ):
        assert await found(filter=filter, orderBy=[{"field": "NUMBER"}]) == expected, filter


async def test_a_history_is_what_tells_of_the_object(ada, two):
    request, feed = await make_request(ada)
    await ada.ask(RENAME, id=gid("Person", "ada"))
    change = """mutation ($input: UpdateConnectionRequestInput!) {
        updateConnectionRequest(input: $input) { errors { message } } }"""
    for rules in ("one", "two"):
        edits = {"update": [{"id": gid("Integration", feed), "rules": rules}]}
        told = await ada.ask(change, input={"id": gid("ConnectionRequest", request), "integrations": edits})
        assert told == {"updateConnectionRequest": {"errors": []}}
    await import_people(two)

    async def history(type_name, record_id, **given):
        found = (await ada.ask(HISTORY, id=gid(type_name, record_id), **given))["node"]
        return found.get("h") or found["history"]

    whole = await history("ConnectionRequest", request)
    types = ["connection_request.updated", "connection_request.updated", "connection_request.created"]
    assert [each["type"] for each in whole["nodes"]] == types
    assert (whole["totalCount"], whole["pageInfo"]) == (3, {"hasNextPage": False, "hasPreviousPage": False})
    feeds = await history("Integration", feed)
    assert [each["type"] for each in feeds["nodes"]] == types
    assert [each["type"] for each in (await history("Integration", "i1"))["nodes"]] == []
    people = await history("Person", "ada")
    assert [each["type"] for each in people["nodes"]] == ["people.imported", "person.updated"]
    first = await history("ConnectionRequest", request, first=1)
    assert (first["totalCount"], first["pageInfo"]) == (3, {"hasNextPage": True, "hasPreviousPage": False})
    after = first["edges"][0]["cursor"]
    second = await history("ConnectionRequest", request, first=1, after=after)
    assert second["nodes"] == whole["nodes"][1:2]
    assert second["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": True}
    assert (await history("ConnectionRequest", request, offset=2))["nodes"] == whole["nodes"][2:]
    assert (await history("ConnectionRequest", request, last=1))["nodes"] == whole["nodes"][2:]
    back = await history("ConnectionRequest", request, last=5, before=second["edges"][0]["cursor"])
    assert (back["nodes"], back["pageInfo"]["hasNextPage"]) == (whole["nodes"][:1], True)
    beyond = await history("ConnectionRequest", request, first=1, offset=9)
    assert (beyond["nodes"], beyond["totalCount"]) == ([], 3)


async def test_the_histories_of_a_page_take_one_statement(ada):
    await make_request(ada)
    plain = "{ connectionRequests { nodes { uuid } } }"
    told = "{ connectionRequests { nodes { uuid history(first: 2) { totalCount nodes { type } } } } }"
    assert len(await ada.statements(told)) == len(await ada.statements(plain)) + 1
    subjects = "{ events(first: 50) { nodes { type subject { id } actor { uuid } } } }"
    assert len(await ada.statements(subjects)) <= 2 + 1 + 6  # one for each sort of subject


PRIVATE = """{ events { totalCount } connectionRequests(first: 1) { nodes { history { totalCount } } } }"""


async def test_an_event_is_found_by_its_id_in_its_own_organization(ada, two, database_url):
    await make_request(ada)
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Event { number type } } }"""
    latest = (await ada.ask("{ events(first: 1) { nodes { id number type } } }"))["events"]["nodes"][0]
    last = latest["number"]
    assert latest["id"] == gid("Event", f"north:{last}")
    others = [
        "south:1",
        f"north:{last + 1}",
        "north:0",
        "north:01",
        "north:+1",
        "north:" + 30 * "9",
        "1",
        "north:",
    ]
    ids = [latest["id"], *[gid("Event", each) for each in others]]
    assert (await ada.ask(query, ids=ids))["nodes"] == [latest, *[None] * len(others)]
    subject = {"subject": {"eq": latest["id"]}}
    assert (await ada.ask(ALL, filter=subject))["events"]["nodes"] == []
    for organization, scopes, customer in (
        ("north", ["read", "write", "secrets"], None),
        ("north", ["read", "admin"], "cus1"),
        ("south", ["read", "admin"], None),
    ):
        async with open_graph(two, database_url, organization, scopes, customer_id=customer) as caller:
            assert (await caller.ask(query, ids=ids[:1]))["nodes"] == [None]


async def test_the_log_is_for_administrators(ada, two, database_url):
    await make_request(ada)
    async with open_graph(two, database_url, "north", ["read", "write", "secrets"]) as caller:
        nothing = {"events": None, "connectionRequests": {"nodes": [{"history": None}]}}
        assert await caller.ask(PRIVATE) == nothing
        assert len((await caller.ask("{ eventCursor }"))["eventCursor"]) == 23
    async with open_graph(two, database_url, "south", ["read", "admin"]) as caller:
        log = [each.id for each in await events_of(two, "south")]
        souths = (await caller.ask(ALL))["events"]
        assert [each["number"] for each in souths["nodes"]] == log[::-1]
        assert {each["token"]["name"] if each["token"] else None for each in souths["nodes"]} == {None}
    for scopes, query in ((["write", "admin"], PRIVATE), (["admin"], "{ eventCursor }")):
        async with open_graph(two, database_url, "north", scopes) as caller:
            assert {code for code, _ in await caller.refused(query)} == {"FORBIDDEN"}


async def test_a_customers_administrator_sees_the_events_of_their_accounts(ada, two, database_url):
    change = """mutation ($id: ID!) { updateConnectedAccount(input: {id: $id, name: "New"}) { errors { message } } }"""
    for account in ("acc1", "acc2"):
        told = await ada.ask(change, id=gid("ConnectedAccount", account))
        assert told["updateConnectedAccount"]["errors"] == []
    await import_people(two)
    async with open_graph(two, database_url, "north", ["read", "admin"], customer_id="cus1") as caller:
        seen = (await caller.ask(ALL))["events"]
        assert [(each["subjectUuid"], each["type"]) for each in seen["nodes"]] == [
            ("acc1", "connected_account.updated")
        ]
        histories = """{ connectedAccounts { nodes { uuid history { totalCount nodes { type } } } } }"""
        assert (await caller.ask(histories))["connectedAccounts"]["nodes"] == [
            {"uuid": "acc1", "history": {"totalCount": 1, "nodes": [{"type": "connected_account.updated"}]}}
        ]


async def test_the_cursor_is_read_before_all_else(ada, two):
    query = "{ people { totalCount } eventCursor connectionRequests(first: 1) { nodes { uuid } } }"
    for text in (query, query.replace("{ people", "{ __schema { __typename } people", 1)):
        statements = await ada.statements(text)
        assert "data_versions" in statements[0], text
        answer = await ada.ask(text)
        assert answer["eventCursor"] == (await version(two, "north")).cursor
        assert list(answer)[-2:] == ["eventCursor", "connectionRequests"]


async def test_no_secret_of_any_change_is_in_the_log(ada, two):
    await make_request(ada)
    token = """mutation { createApiToken(input: {name: "t", scopes: [READ]}) { token errors { message } } }"""
    secret = (await ada.ask(token))["createApiToken"]["token"]
    change = """mutation ($id: ID!) {
        updateConnectedAccount(input: {id: $id, settings: {password: "hunter2"}}) { errors { message } } }"""
    assert await ada.ask(change, id=gid("ConnectedAccount", "acc1")) == {
        "updateConnectedAccount": {"errors": []}
    }
    text = b"".join(orjson.dumps(tuple(each), default=str) for each in await events_of(two, "north")).decode()
    shown = orjson.dumps(await ada.ask(ALL, first=100)).decode()
    for found in (text, shown):
        assert "hunter2" not in found
        assert secret not in found
        assert "token_hash" not in found
