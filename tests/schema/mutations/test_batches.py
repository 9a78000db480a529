"""Many requests at once: one result for each in order, all or nothing or each by itself, nothing of what failed."""

import pytest

from tests.data import events_of
from tests.graph import gid, open_graph

pytestmark = pytest.mark.anyio

CREATE = """mutation ($input: CreateConnectionRequestsInput!) { createConnectionRequests(input: $input) {
    clientMutationId errors { code path }
    results { connectionRequest { orgName integrations { totalCount } comments { totalCount } }
        connectionRequestEdge { node { orgName } } errors { code path } } } }"""
DECIDE = """mutation ($input: DecideConnectionRequestsInput!) { decideConnectionRequests(input: $input) {
    errors { code path message }
    results { connectionRequest { uuid status decision { outcome comment } } errors { code path } } } }"""
COUNTS = """{ connectionRequests { totalCount } integrations { totalCount }
    pending: connectionRequests(filter: {status: {eq: PENDING}}) { totalCount }
    newest: connectionRequests(first: 3) { nodes { orgName } } }"""
FEED = {"integrationType": "items"}
GOOD = {"orgName": "Good", "integrations": [FEED, FEED], "comment": "Hi."}
BAD = {"orgName": "Bad", "integrations": [FEED, {**FEED, "updateFrequency": "never"}]}
LOST = {"orgName": "Lost", "integrations": [FEED], "requesterId": gid("Person", "nobody")}
MADE = {
    "connectionRequest": {
        "orgName": "Good",
        "integrations": {"totalCount": 2},
        "comments": {"totalCount": 1},
    },
    "connectionRequestEdge": {"node": {"orgName": "Good"}},
    "errors": [],
}
NOTHING = {"connectionRequest": None, "connectionRequestEdge": None, "errors": []}
IS_BAD = {"code": "BAD_USER_INPUT", "path": ["requests", "1", "integrations", "1", "updateFrequency"]}
IS_LOST = {"code": "NOT_FOUND", "path": ["requests", "2", "requesterId"]}


async def created(caller, mode, *requests, **given):
    """What came of asking for several connections."""
    answer = await caller.ask(CREATE, input={"mode": mode, "requests": requests, **given})
    return answer["createConnectionRequests"]


async def decided(caller, mode, *decisions):
    """What came of several decisions, each a record's id, an outcome and a comment."""
    given = [
        {"id": gid("ConnectionRequest", each), "outcome": outcome, "comment": comment}
        for each, outcome, comment in decisions
    ]
    answer = await caller.ask(DECIDE, input={"mode": mode, "decisions": given})
    return answer["decideConnectionRequests"]


async def test_each_by_itself_leaves_out_what_fails_and_nothing_else(ada, two):
    events = len(await events_of(two, "north"))
    before = await ada.ask(COUNTS)
    assert await created(ada, "EACH", GOOD, BAD, LOST, GOOD, clientMutationId="b") == {
        "clientMutationId": "b",
        "errors": [],
        "results": [MADE, {**NOTHING, "errors": [IS_BAD]}, {**NOTHING, "errors": [IS_LOST]}, MADE],
    }
    assert await ada.ask(COUNTS) == {
        "connectionRequests": {"totalCount": before["connectionRequests"]["totalCount"] + 2},
        "integrations": {"totalCount": before["integrations"]["totalCount"] + 4},
        "pending": {"totalCount": before["pending"]["totalCount"] + 2},
        "newest": {"nodes": [{"orgName": "Good"}, {"orgName": "Good"}, {"orgName": "Third"}]},
    }
    told = [each.type for each in (await events_of(two, "north"))[events:]]
    assert told == ["connection_request.created", "comment.created"] * 2


async def test_all_or_nothing_says_every_problem_and_leaves_nothing(ada, two):
    events = len(await events_of(two, "north"))
    before = await ada.ask(COUNTS)
    assert await created(ada, "ALL_OR_NOTHING", GOOD, BAD, LOST) == {
        "clientMutationId": None,
        "errors": [IS_BAD, IS_LOST],
        "results": [NOTHING, {**NOTHING, "errors": [IS_BAD]}, {**NOTHING, "errors": [IS_LOST]}],
    }
    assert await ada.ask(COUNTS) == before
    assert len(await events_of(two, "north")) == events
    assert (await created(ada, "ALL_OR_NOTHING", GOOD, GOOD))["results"] == [MADE, MADE]


async def test_a_dry_run_of_many_shows_them_and_leaves_nothing(ada):
    before = await ada.ask(COUNTS)
    for _ in range(2):
        found = await created(ada, "EACH", GOOD, BAD, GOOD, dryRun=True)
        assert found["results"] == [MADE, {**NOTHING, "errors": [IS_BAD]}, MADE]
    assert await ada.ask(COUNTS) == before


async def test_a_hundred_are_taken_and_none_is_too_few_to_matter(ada):
    assert len((await created(ada, "EACH", *[{"orgName": "x"}] * 100))["results"]) == 100
    assert (await created(ada, "EACH"))["results"] == []
    too_many = await created(ada, "EACH", *[{"orgName": "x"}] * 101)
    assert (too_many["results"], too_many["errors"]) == (
        None,
        [{"code": "BAD_USER_INPUT", "path": ["requests"]}],
    )


async def test_decisions_are_made_in_their_order_and_the_second_on_one_is_a_conflict(ada, two):
    found = await decided(
        ada, "EACH", ("p3", "DENIED", "No."), ("p1", "APPROVED", "Yes."), ("p3", "CANCELED", None)
    )
    denied = {
        "uuid": "p3",
        "status": "DENIED",
        "decision": {"outcome": "DENIED", "comment": "No."},
    }
    approved = {
        "uuid": "p1",
        "status": "APPROVED",
        "decision": {"outcome": "APPROVED", "comment": "Yes."},
    }
    assert found == {
        "errors": [],
        "results": [
            {"connectionRequest": denied, "errors": []},
            {"connectionRequest": approved, "errors": []},
            {
                "connectionRequest": denied,
                "errors": [{"code": "CONFLICT", "path": ["decisions", "2", "id"]}],
            },
        ],
    }
    assert [each.type for each in (await events_of(two, "north"))[-2:]] == [
        "connection_request.denied",
        "connection_request.approved",
    ]


async def test_all_decisions_or_none(ada):
    found = await decided(ada, "ALL_OR_NOTHING", ("p1", "APPROVED", None), ("r1", "DENIED", None))
    assert found["errors"] == [
        {
            "code": "CONFLICT",
            "path": ["decisions", "1", "id"],
            "message": "The connection request is approved already.",
        }
    ]
    assert [
        each["connectionRequest"] and each["connectionRequest"]["status"] for each in found["results"]
    ] == [
        None,
        "APPROVED",
    ]
    query = '{ connectionRequest(uuid: "p1") { status decision { outcome } } }'
    assert await ada.ask(query) == {"connectionRequest": {"status": "PENDING", "decision": None}}


async def test_each_decision_needs_what_it_needs_alone(two, database_url):
    async with open_graph(two, database_url, "north", ["read", "approve"], person_id="bob") as caller:
        found = await decided(caller, "EACH", ("p1", "CANCELED", None), ("p2", "DENIED", None))
    assert [each["errors"] for each in found["results"]] == [
        [{"code": "FORBIDDEN", "path": ["decisions", "0", "id"]}],
        [],
    ]


async def test_what_many_cost(ada):
    """Each entry is an insert more, and one of its words; what the payload shows of others is read for all at once.

    PostgreSQL is told both inserts together, and so the event and the counts.
    """
    query = """mutation ($input: CreateConnectionRequestsInput!) { createConnectionRequests(input: $input) {
        results { connectionRequest { orgName requester { firstName } } } } }"""
    costs = [
        len(await ada.statements(query, input={"mode": "EACH", "requests": [{"orgName": "x"}] * number}))
        for number in (1, 10)
    ]
    is_postgresql = ada.database.dialect_name == "postgresql"
    assert costs == ([3, 12] if is_postgresql else [5, 23])
