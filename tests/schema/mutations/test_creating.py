"""Asking for a connection: input in, payload and rows out, and every problem with its place."""

from random import Random

import pytest

from tests.data import events_of
from tests.graph import gid, open_graph

pytestmark = pytest.mark.anyio

CREATE = """mutation ($input: CreateConnectionRequestInput!) { createConnectionRequest(input: $input) {
    connectionRequest { kind status orgName version requester { firstName } isApproved decision { outcome }
        targetUser { uuid } targetGroupId durationMinutes reason requestedAt createdAt
        integrations { totalCount nodes { integrationType type updateFrequency schedule { isValid }
            feedSourceFileLocations fileSpecs rules version } }
        uploadedFiles { totalCount nodes { uuid } }
        requestedItems { totalCount nodes { resourceId groupId accessLevelName name } }
        comments { totalCount nodes { body author { firstName } } } }
    connectionRequestEdge { cursor node { orgName } }
    errors { code message path } } }"""


async def created(caller, **given):
    """What came of asking for something."""
    return (await caller.ask(CREATE, input=given))["createConnectionRequest"]


async def errors_of(caller, **given):
    """The problems of what is asked for: code and path by message."""
    found = await created(caller, **given)
    assert found["connectionRequest"] is None
    assert found["connectionRequestEdge"] is None
    return {each["message"]: (each["code"], each["path"]) for each in found["errors"]}


async def test_a_name_is_enough(ada, two):
    before = len(await events_of(two, "north"))
    made = await created(ada, orgName="x")
    request = made["connectionRequest"]
    assert request["requestedAt"] == request["createdAt"]
    assert request | {"requestedAt": "", "createdAt": ""} == {
        "kind": "TRADING_PARTNER",
        "status": "PENDING",
        "orgName": "x",
        "version": 1,
        "requester": {"firstName": "Ada"},
        "isApproved": False,
        "decision": None,
        "targetUser": None,
        "targetGroupId": None,
        "durationMinutes": None,
        "reason": None,
        "requestedAt": "",
        "createdAt": "",
        "integrations": {"totalCount": 0, "nodes": []},
        "uploadedFiles": {"totalCount": 0, "nodes": []},
        "requestedItems": {"totalCount": 0, "nodes": []},
        "comments": {"totalCount": 0, "nodes": []},
    }
    assert made["errors"] == []
    newest = "{ connectionRequests(first: 1) { totalCount edges { cursor node { orgName } } } }"
    assert (await ada.ask(newest))["connectionRequests"] == {
        "totalCount": 9,
        "edges": [made["connectionRequestEdge"]],
    }
    told = [each.type for each in (await events_of(two, "north"))[before:]]
    assert told == ["connection_request.created"]


async def test_everything_that_belongs_to_it_is_made_with_it(ada, two):
    before = len(await events_of(two, "north"))
    made = await created(
        ada,
        orgName="Feeds",
        primaryContactEmail="ada@north.example",
        requesterId=gid("Person", "bob"),
        integrations=[
            {"integrationType": "items", "updateFrequency": "0 3 * * *", "rules": "none"},
            {"integrationType": "order", "feedSourceFileLocations": "ftp://u:p@host/x", "fileSpecs": "csv"},
        ],
        fileIds=[gid("File", "f4"), gid("File", "f2")],
        comment="Hello.",
    )
    request = made["connectionRequest"]
    assert request["requester"] == {"firstName": "Bob"}
    assert request["integrations"] == {
        "totalCount": 2,
        "nodes": [
            {
                "integrationType": "items",
                "type": "ITEM",
                "updateFrequency": "0 3 * * *",
                "schedule": {"isValid": True},
                "feedSourceFileLocations": None,
                "fileSpecs": None,
                "rules": "none",
                "version": 1,
            },
            {
                "integrationType": "order",
                "type": "ORDER",
                "updateFrequency": None,
                "schedule": None,
                "feedSourceFileLocations": "ftp://u:p@host/x",
                "fileSpecs": "csv",
                "rules": None,
                "version": 1,
            },
        ],
    }
    assert request["uploadedFiles"] == {"totalCount": 2, "nodes": [{"uuid": "f4"}, {"uuid": "f2"}]}
    assert request["comments"] == {
        "totalCount": 1,
        "nodes": [{"body": "Hello.", "author": {"firstName": "Ada"}}],
    }
    told = [each.type for each in (await events_of(two, "north"))[before:]]
    assert told == ["connection_request.created", "comment.created"]


async def test_access_is_asked_to_items_for_a_person_or_a_group(ada):
    items = [
        {"target": {"resourceId": "db-1"}, "accessLevelName": "admin", "name": "Ledger"},
        {"target": {"groupId": "g-9"}},
    ]
    made = await created(
        ada,
        kind="ACCESS",
        reason="on call",
        durationMinutes=-1,
        target={"userId": gid("Person", "cat")},
        requestedItems=items,
    )
    request = made["connectionRequest"]
    assert (request["kind"], request["orgName"], request["durationMinutes"]) == ("ACCESS", None, -1)
    assert (request["targetUser"], request["targetGroupId"]) == ({"uuid": "cat"}, None)
    assert request["requestedItems"]["nodes"] == [
        {"resourceId": "db-1", "groupId": None, "accessLevelName": "admin", "name": "Ledger"},
        {"resourceId": None, "groupId": "g-9", "accessLevelName": None, "name": None},
    ]
    for_group = await created(ada, kind="ACCESS", target={"groupId": "g1"}, requestedItems=items[:1])
    assert for_group["connectionRequest"]["targetGroupId"] == "g1"


async def test_every_problem_is_said_at_once_with_its_place(ada, two):
    before = len(await events_of(two, "north"))
    found = await errors_of(
        ada,
        orgName=" ",
        orgContactFullName="x" * 501,
        primaryContactEmail="ada at north",
        durationMinutes=0,
        requesterId=gid("Person", "sam"),
        target={"userId": gid("File", "f1")},
        integrations=[
            {"integrationType": "items", "updateFrequency": "0 3 * * *"},
            {"integrationType": "items", "updateFrequency": "every day", "rules": "r" * 10_001},
        ],
        fileIds=[gid("File", "f4"), gid("File", "f4"), gid("File", "s-f1")],
        comment="",
    )
    assert found == {
        "The text takes at most 500 characters, not 501.": ("BAD_USER_INPUT", ["orgContactFullName"]),
        "This is not an e-mail address, such as ada@example.com.": (
            "BAD_USER_INPUT",
            ["primaryContactEmail"],
        ),
        "The text takes at most 10000 characters, not 10001.": (
            "BAD_USER_INPUT",
            ["integrations", "1", "rules"],
        ),
        "“every day” has 2 fields; a cron text has five, or six with seconds first.": (
            "BAD_USER_INPUT",
            ["integrations", "1", "updateFrequency"],
        ),
        "A duration is one minute at least, or -1.": ("BAD_USER_INPUT", ["durationMinutes"]),
        "A comment must say something.": ("BAD_USER_INPUT", ["comment"]),
        "The same object is named twice.": ("BAD_USER_INPUT", ["fileIds"]),
        "A trading partner needs a name.": ("BAD_USER_INPUT", ["orgName"]),
        "There is no such person.": ("NOT_FOUND", ["requesterId"]),
        "This is the id of a File, not of a Person.": ("BAD_USER_INPUT", ["target", "userId"]),
        "There is no such file.": ("NOT_FOUND", ["fileIds", "2"]),
    }
    assert len(await events_of(two, "north")) == before


async def test_what_is_asked_for_must_be_there(ada):
    assert await errors_of(ada, kind="ACCESS") == {
        "An access request needs at least one requested item.": ("BAD_USER_INPUT", ["requestedItems"])
    }
    assert await errors_of(ada) == {"A trading partner needs a name.": ("BAD_USER_INPUT", ["orgName"])}
    many = [{"integrationType": "items"}] * 101
    assert await errors_of(ada, orgName="x", integrations=many) == {
        "The list takes at most 100 items, not 101.": ("BAD_USER_INPUT", ["integrations"])
    }


async def test_one_of_several_targets_is_named_and_not_two(ada):
    for target in ({}, {"userId": gid("Person", "cat"), "groupId": "g1"}, {"groupId": None}):
        answer = await ada.answer(CREATE, input={"orgName": "x", "target": target})
        assert "data" not in answer
        assert {each["extensions"]["code"] for each in answer["errors"]} == {"BAD_USER_INPUT"}


async def test_a_document_that_names_two_targets_is_not_run(ada):
    for target in ("{}", '{userId: "x", groupId: "g1"}', "{groupId: null}"):
        query = f"""mutation {{ createConnectionRequest(input: {{orgName: "x", target: {target}}}) {{
            errors {{ code }} }} }}"""
        answer = await ada.answer(query)
        assert "data" not in answer
        assert {each["extensions"]["code"] for each in answer["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}
    partly = """mutation ($id: ID) { createConnectionRequest(input: {orgName: "x", target: {userId: $id}}) {
        errors { code } } }"""
    answer = await ada.answer(partly, id=None)
    assert {each["extensions"]["code"] for each in answer["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}


async def test_a_dry_run_shows_all_of_it_and_leaves_nothing(ada, two):
    given = {"orgName": "Dry", "integrations": [{"integrationType": "items"}], "comment": "Hello."}
    before = len(await events_of(two, "north"))
    for _ in range(2):
        request = (await created(ada, **given, dryRun=True))["connectionRequest"]
        assert (request["orgName"], request["integrations"]["totalCount"]) == ("Dry", 1)
        assert request["comments"]["nodes"] == [{"body": "Hello.", "author": {"firstName": "Ada"}}]
    assert await ada.ask("{ connectionRequests { totalCount } }") == {"connectionRequests": {"totalCount": 8}}
    assert len(await events_of(two, "north")) == before


async def test_a_token_of_nobody_asks_for_nobody(two, database_url):
    async with open_graph(two, database_url, "north", ["read", "write"]) as caller:
        assert (await created(caller, orgName="x"))["connectionRequest"]["requester"] is None


async def test_what_a_request_costs(ada, database_url):
    query = (
        "mutation ($input: CreateConnectionRequestInput!) { createConnectionRequest(input: $input) { %s } }"
    )
    given = {"orgName": "x", "integrations": [{"integrationType": "items"}] * 3}
    # the request, its words and the integrations; the event and the counters: PostgreSQL is told each of them together
    cost = 2 if database_url.startswith("postgresql:") else 5
    assert len(await ada.statements(query % "errors { code }", input=given)) == cost
    assert len(await ada.statements(query % "connectionRequest { id orgName }", input=given)) == cost
    # what it wrote is not read again, but for what is counted
    parts = "connectionRequest { integrations { nodes { integrationType } } comments { totalCount } }"
    assert len(await ada.statements(query % parts, input=given)) == cost + 1


async def test_the_longest_texts_fit_into_their_indexes(ada):
    # 500 characters of 4 bytes, which nothing compresses
    longest = "".join(map(chr, Random(1).choices(range(0x10000, 0x20000), k=500)))
    made = await created(ada, orgName=longest, integrations=[{"integrationType": longest}])
    assert made["connectionRequest"]["orgName"] == longest
    assert made["connectionRequest"]["integrations"]["nodes"][0]["integrationType"] == longest
