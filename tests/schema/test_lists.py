"""Orders and pages of lists: forwards, backwards, by offset."""

import pytest

from gateway.schema.schema import make_schema

pytestmark = pytest.mark.anyio

ORDERS = {
    "connectionRequests": {
        "REQUESTED_AT": "r4 r2 r3 r5 r1",
        "CREATED_AT": "r1 r2 r3 r4 r5",
        "UPDATED_AT": "r1 r2 r3 r4 r5",
        "ORG_NAME": "r3 r4 r2 r1 r5",
        "STATUS": "r1 r5 r4 r2 r3",
        "KIND": "r3 r5 r1 r2 r4",
        "KIND, ORG_NAME DESC": "r5 r3 r1 r2 r4",
        "KIND DESC, REQUESTED_AT": "r4 r2 r1 r3 r5",
        "KIND, STATUS, ORG_NAME, REQUESTED_AT DESC": "r5 r3 r1 r4 r2",
        "ORG_NAME DESC, ORG_NAME, KIND": "r5 r1 r2 r4 r3",
        "ORG_NAME NULLS LAST": "r4 r2 r1 r5 r3",
        "ORG_NAME NULLS FIRST": "r3 r4 r2 r1 r5",
        "ORG_NAME DESC NULLS FIRST": "r3 r5 r1 r2 r4",
        "ORG_NAME DESC NULLS LAST, ORG_NAME NULLS FIRST": "r5 r1 r2 r4 r3",
        "KIND, ORG_NAME NULLS LAST": "r5 r3 r4 r2 r1",
        "KIND NULLS LAST, STATUS NULLS FIRST": "r5 r3 r1 r4 r2",
    },
    "integrations": {
        "CREATED_AT": "i1 i2 i3 i4 i5",
        "POSITION": "i1 i3 i5 i2 i4",
        "INTEGRATION_TYPE": "i3 i5 i1 i2 i4",
    },
    "files": {
        "CREATED_AT": "f1 f4 f2 f3",
        "POSITION": "f1 f3 f4 f2",
        "NAME": "f1 f4 f3 f2",
        "SIZE": "f3 f4 f1 f2",
        "SIZE NULLS LAST": "f4 f1 f2 f3",
        "SIZE DESC NULLS FIRST, NAME": "f3 f2 f1 f4",
    },
    "connectedAccounts": {
        "CREATED_AT": "acc1 acc2",
        "UPDATED_AT": "acc1 acc2",
        "NUMBER": "acc1 acc2",
        "SERVICE": "acc1 acc2",
        "EXTERNAL_REF": "acc2 acc1",
        "EXTERNAL_ID": "acc1 acc2",
        "NAME": "acc1 acc2",
        "STATUS": "acc2 acc1",
        "LAST_SYNCED_AT": "acc1 acc2",
        "UUID": "acc1 acc2",
    },
    "connectors": {"NAME": "acme hubspot", "DISPLAY_NAME": "acme hubspot"},
    "people": {
        "CREATED_AT": "ada bob cat",
        "LAST_NAME": "bob cat ada",
        "LAST_NAME NULLS LAST, FIRST_NAME DESC NULLS FIRST": "ada cat bob",
        "LAST_NAME DESC NULLS FIRST, FIRST_NAME NULLS LAST": "bob cat ada",
        "FIRST_NAME": "cat ada bob",
        "EMAIL": "cat bob ada",
    },
}
DEFAULTS = {
    "connectionRequests": "r1 r5 r3 r2 r4",
    "integrations": "i5 i4 i3 i2 i1",
    "files": "f3 f2 f4 f1",
    "connectedAccounts": "acc2 acc1",
    "connectors": "acme hubspot",
    "people": "cat bob ada",
}
CASES = [(field, order, expected) for field, orders in ORDERS.items() for order, expected in orders.items()]
TYPES = {
    "connectionRequests": "ConnectionRequest",
    "integrations": "Integration",
    "files": "File",
    "connectedAccounts": "ConnectedAccount",
    "connectors": "Connector",
    "people": "Person",
}


def order_by(text, *, reverse=False):
    """The order that a text names, `NAME DESC NULLS FIRST, …`, or that from its end to its beginning."""
    keys = []
    for each in text.split(", "):
        name, _, nulls = each.partition(" NULLS ")
        name, descending, _ = name.partition(" DESC")
        key = {"field": name, "direction": "DESC" if bool(descending) != reverse else "ASC"}
        if nulls:
            key["nulls"] = {"FIRST": "LAST", "LAST": "FIRST"}[nulls] if reverse else nulls
        keys.append(key)
    return keys


def query_of(field):
    return f"""query ($first: Int, $after: String, $last: Int, $before: String, $offset: Int,
                      $orderBy: [{TYPES[field]}Order!]) {{
      page: {field}(first: $first, after: $after, last: $last, before: $before, offset: $offset,
                    orderBy: $orderBy) {{
        totalCount pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
        edges {{ cursor node {{ {"uuid: name" if field == "connectors" else "uuid"} }} }} }} }}"""


def ids(page):
    return [edge["node"]["uuid"] for edge in page["edges"]]


@pytest.mark.parametrize("field", ORDERS)
async def test_a_list_has_its_default_order(graph, field):
    assert ids((await graph.ask(query_of(field)))["page"]) == DEFAULTS[field].split()
    assert ids((await graph.ask(query_of(field), orderBy=[]))["page"]) == DEFAULTS[field].split()


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("field", "order", "expected"), CASES)
async def test_pages_forwards_backwards_and_by_offset_are_the_whole_list(
    graph, field, order, expected, reverse
):
    expected = expected.split()[::-1] if reverse else expected.split()
    query, keys, count = query_of(field), order_by(order, reverse=reverse), len(expected)
    whole = (await graph.ask(query, orderBy=keys))["page"]
    assert (ids(whole), whole["totalCount"]) == (expected, count)

    found, cursor = [], None
    while True:
        page = (await graph.ask(query, orderBy=keys, first=2, after=cursor))["page"]
        assert page["pageInfo"]["hasPreviousPage"] is bool(found)
        found += ids(page)
        cursor = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"] is (len(found) < count)
        if len(found) >= count:
            break
    assert found == expected

    found, cursor = [], None
    while len(found) < count:
        page = (await graph.ask(query, orderBy=keys, last=2, before=cursor))["page"]
        assert page["pageInfo"]["hasNextPage"] is bool(found)
        found = ids(page) + found
        cursor = page["pageInfo"]["startCursor"]
        assert page["pageInfo"]["hasPreviousPage"] is (len(found) < count)
    assert found == expected

    for offset in range(count + 2):
        page = (await graph.ask(query, orderBy=keys, first=2, offset=offset))["page"]
        assert ids(page) == expected[offset : offset + 2]
        assert page["pageInfo"]["hasNextPage"] is (offset + 2 < count)
        assert page["pageInfo"]["hasPreviousPage"] is (offset > 0)


async def test_a_stretch_between_two_cursors(graph):
    query = query_of("connectionRequests")
    edges = (await graph.ask(query))["page"]["edges"]
    first, last = edges[0]["cursor"], edges[4]["cursor"]
    page = (await graph.ask(query, after=first, before=last, first=2))["page"]
    assert (ids(page), page["pageInfo"]["hasNextPage"], page["pageInfo"]["hasPreviousPage"]) == (
        ["r5", "r3"],
        True,
        True,
    )
    page = (await graph.ask(query, after=first, before=last, last=2))["page"]
    assert (ids(page), page["pageInfo"]["hasNextPage"], page["pageInfo"]["hasPreviousPage"]) == (
        ["r3", "r2"],
        True,
        True,
    )
    assert ids((await graph.ask(query, after=last, before=first))["page"]) == []


@pytest.mark.parametrize("size", [{"first": 0}, {"last": 0}])
async def test_an_empty_page_tells_where_it_stands(graph, size):
    page = (await graph.ask(query_of("people"), **size))["page"]
    assert page == {
        "totalCount": 3,
        "pageInfo": {
            "hasNextPage": "first" in size,
            "hasPreviousPage": "last" in size,
            "startCursor": None,
            "endCursor": None,
        },
        "edges": [],
    }


async def test_children_page_for_each_parent(graph):
    query = """query ($after: String) { connectionRequests { nodes { uuid
        integrations(first: 1, after: $after) { totalCount nodes { uuid }
            pageInfo { hasNextPage hasPreviousPage endCursor } }
        last: integrations(last: 1) { nodes { uuid } pageInfo { hasNextPage hasPreviousPage } }
        skipped: integrations(offset: 1) { nodes { uuid } pageInfo { hasNextPage hasPreviousPage } }
        comments(first: 2, offset: 1) { nodes { uuid } } } } }"""
    rows = {each["uuid"]: each for each in (await graph.ask(query))["connectionRequests"]["nodes"]}
    cursor = rows["r1"]["integrations"]["pageInfo"].pop("endCursor")
    assert rows["r1"] == {
        "uuid": "r1",
        "integrations": {
            "totalCount": 2,
            "nodes": [{"uuid": "i1"}],
            "pageInfo": {"hasNextPage": True, "hasPreviousPage": False},
        },
        "last": {"nodes": [{"uuid": "i2"}], "pageInfo": {"hasNextPage": False, "hasPreviousPage": True}},
        "skipped": {"nodes": [{"uuid": "i2"}], "pageInfo": {"hasNextPage": False, "hasPreviousPage": True}},
        "comments": {"nodes": [{"uuid": "c3"}, {"uuid": "c1"}]},
    }
    assert rows["r4"]["integrations"]["nodes"] == [{"uuid": "i5"}]
    assert rows["r4"]["skipped"]["nodes"] == []
    rows = {
        each["uuid"]: each for each in (await graph.ask(query, after=cursor))["connectionRequests"]["nodes"]
    }
    assert rows["r1"]["integrations"] == {
        "totalCount": 2,
        "nodes": [{"uuid": "i2"}],
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": True,
            "endCursor": rows["r1"]["integrations"]["pageInfo"]["endCursor"],
        },
    }


async def test_children_take_an_order(graph):
    query = """{ connectionRequest(uuid: "r1") {
        integrations(orderBy: {field: INTEGRATION_TYPE, direction: DESC}) { nodes { uuid } }
        uploadedFiles(orderBy: [{field: SIZE, direction: DESC}]) { nodes { uuid } } }
        a: people { nodes { uuid approvals(orderBy: {field: APPROVED_AT, nulls: LAST}, first: 1) { nodes { uuid } }
            connectionRequests(orderBy: {field: ORG_NAME, direction: DESC, nulls: FIRST}, last: 1) {
                nodes { uuid } pageInfo { hasPreviousPage } } } } }"""
    assert await graph.ask(query) == {
        "connectionRequest": {
            "integrations": {"nodes": [{"uuid": "i2"}, {"uuid": "i1"}]},
            "uploadedFiles": {"nodes": [{"uuid": "f2"}, {"uuid": "f1"}]},
        },
        "a": {
            "nodes": [
                {
                    "uuid": uuid,
                    "approvals": {"nodes": [{"uuid": each} for each in approvals]},
                    "connectionRequests": {
                        "nodes": [{"uuid": each} for each in requests],
                        "pageInfo": {"hasPreviousPage": before},
                    },
                }
                for uuid, approvals, requests, before in (
                    ("cat", [], [], False),
                    ("bob", ["a2"], ["r3"], False),
                    ("ada", ["a1"], ["r1"], True),
                )
            ]
        },
    }


def test_the_cases_use_every_order():
    schema = make_schema()._schema
    for field, orders in ORDERS.items():
        every = set(schema.get_type(f"{TYPES[field]}OrderField").values)
        assert every == {key.partition(" ")[0] for order in orders for key in order.split(", ")}
