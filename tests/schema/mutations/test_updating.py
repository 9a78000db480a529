"""Correcting a request and what belongs to it: absent and null differ, versions count, parts are its own."""

import pytest

from gateway.db import tables as db
from tests.data import changing, events_of
from tests.graph import gid, open_graph

pytestmark = pytest.mark.anyio

UPDATE = """mutation ($input: UpdateConnectionRequestInput!) { updateConnectionRequest(input: $input) {
    connectionRequest { orgName primaryContactPhone version additionalInformation targetGroupId
        targetUser { uuid } requester { uuid } durationMinutes
        integrations { nodes { uuid integrationType updateFrequency rules version } }
        uploadedFiles { nodes { uuid } } requestedItems { nodes { resourceId groupId } } }
    errors { code message path } } }"""


async def updated(caller, request="r1", **given):
    """What came of a correction."""
    answer = await caller.ask(UPDATE, input={"id": gid("ConnectionRequest", request), **given})
    return answer["updateConnectionRequest"]


async def request_of(caller, request="r1", **given):
    """The request as a correction without problems left it."""
    found = await updated(caller, request, **given)
    assert found["errors"] == []
    return found["connectionRequest"]


async def test_what_is_left_out_stays_and_null_takes_away(ada, two):
    before = len(await events_of(two, "north"))
    request = await request_of(ada, orgName="Renamed", primaryContactPhone=None)
    assert (request["orgName"], request["primaryContactPhone"], request["version"]) == ("Renamed", None, 2)
    assert request["additionalInformation"] == "see https://me:hunter2@host.example/x"
    assert request["requester"] == {"uuid": "ada"}
    [event] = (await events_of(two, "north"))[before:]
    assert (event.type, event.subject_id) == ("connection_request.updated", "r1")


async def test_what_changes_nothing_is_no_new_version_and_no_event(ada, two):
    before = len(await events_of(two, "north"))
    for given in ({}, {"orgName": "Baz Boutique"}, {"fileIds": [gid("File", "f1"), gid("File", "f2")]}):
        assert (await request_of(ada, **given))["version"] == 1
    assert len(await events_of(two, "north")) == before


async def test_a_text_given_back_as_it_was_shown_keeps_its_credentials(two, database_url):
    async with open_graph(two, database_url, "north", ["read", "write"]) as caller:
        shown = (await request_of(caller))["additionalInformation"]
        assert shown == "see https://***@host.example/x"
        assert (await request_of(caller, additionalInformation=shown))["version"] == 1
        found = await updated(caller, additionalInformation=f"{shown} and more")
        assert [(each["code"], each["path"]) for each in found["errors"]] == [
            ("BAD_USER_INPUT", ["additionalInformation"])
        ]
        feed = {"id": gid("Integration", "i1"), "feedSourceFileLocations": "ftp://***@files.example/other"}
        assert [
            each["path"] for each in (await updated(caller, integrations={"update": [feed]}))["errors"]
        ] == [["integrations", "update", "0", "feedSourceFileLocations"]]


async def test_a_stale_version_is_a_conflict_that_shows_the_object_as_it_is(ada):
    assert (await request_of(ada, orgName="One", expectedVersion=1))["version"] == 2
    found = await updated(ada, orgName="Two", expectedVersion=1)
    assert found["errors"] == [
        {
            "code": "CONFLICT",
            "message": "The connection request has the version 2 by now, not 1.",
            "path": ["expectedVersion"],
        }
    ]
    assert (found["connectionRequest"]["orgName"], found["connectionRequest"]["version"]) == ("One", 2)


async def test_feeds_are_made_changed_and_deleted_with_their_request(ada):
    edits = {
        "create": [{"integrationType": "tracking"}],
        "update": [{"id": gid("Integration", "i1"), "rules": "new", "updateFrequency": None}],
        "delete": [gid("Integration", "i2")],
    }
    request = await request_of(ada, integrations=edits)
    first, second = request["integrations"]["nodes"]
    assert (first["uuid"], first["rules"], first["updateFrequency"], first["version"]) == (
        "i1",
        "new",
        None,
        2,
    )
    assert (second["integrationType"], second["version"]) == ("tracking", 1)
    assert request["version"] == 2


async def test_problems_of_feeds_have_their_places(ada, two):
    before = len(await events_of(two, "north"))
    edits = {
        "create": [{"integrationType": "items", "updateFrequency": "never"}],
        "update": [
            {"id": gid("Integration", "i1"), "updateFrequency": "0 3 * * *", "expectedVersion": 9},
            {"id": gid("Integration", "i5"), "rules": "of another request"},
        ],
        "delete": [gid("Integration", "nobody")],
    }
    found = await updated(ada, orgName="Not this either", integrations=edits)
    assert [(each["code"], each["path"]) for each in found["errors"]] == [
        ("BAD_USER_INPUT", ["integrations", "create", "0", "updateFrequency"])
    ]
    found = await updated(ada, orgName="Not this either", integrations={**edits, "create": []})
    assert [(each["code"], each["path"]) for each in found["errors"]] == [
        ("CONFLICT", ["integrations", "update", "0", "expectedVersion"]),
        ("NOT_FOUND", ["integrations", "update", "1", "id"]),
        ("NOT_FOUND", ["integrations", "delete", "0"]),
    ]
    assert len(await events_of(two, "north")) == before


async def test_a_text_that_is_no_cron_may_stay_where_a_document_left_it(ada, two):
    async with changing(two, "north") as write:
        await write.update(db.integrations, "i1", {"update_frequency": "whenever"})
    same = {"id": gid("Integration", "i1"), "updateFrequency": "whenever", "rules": "r"}
    assert (await updated(ada, integrations={"update": [same]}))["errors"] == []
    other = {**same, "updateFrequency": "sometimes"}
    assert [each["path"] for each in (await updated(ada, integrations={"update": [other]}))["errors"]] == [
        ["integrations", "update", "0", "updateFrequency"]
    ]


async def test_files_and_items_are_those_that_are_given_in_their_order(ada):
    files = [gid("File", each) for each in ("f4", "f2")]
    request = await request_of(ada, fileIds=files)
    assert request["uploadedFiles"]["nodes"] == [{"uuid": "f4"}, {"uuid": "f2"}]
    assert (await request_of(ada, fileIds=files[::-1]))["uploadedFiles"]["nodes"] == [
        {"uuid": "f2"},
        {"uuid": "f4"},
    ]
    items = [{"target": {"groupId": "g2"}}, {"target": {"resourceId": "x"}}]
    request = await request_of(ada, "r3", requestedItems=items)
    assert request["requestedItems"]["nodes"] == [
        {"resourceId": None, "groupId": "g2"},
        {"resourceId": "x", "groupId": None},
    ]
    assert request["version"] == 2


async def test_the_target_of_access_is_a_person_or_a_group(ada):
    request = await request_of(ada, "r3", target={"groupId": "g7"})
    assert (request["targetUser"], request["targetGroupId"]) == (None, "g7")
    request = await request_of(ada, "r3", target=None, durationMinutes=None)
    assert (request["targetUser"], request["targetGroupId"], request["durationMinutes"]) == (None, None, None)


async def test_a_trading_partner_keeps_a_name(ada):
    for name in (None, " "):
        assert (await updated(ada, orgName=name))["errors"] == [
            {"code": "BAD_USER_INPUT", "message": "A trading partner needs a name.", "path": ["orgName"]}
        ]
    assert (await request_of(ada, "r3", orgName=None))["version"] == 1


async def test_what_has_to_have_a_value_takes_no_null(ada):
    feed = {"id": gid("Integration", "i1"), "integrationType": None}
    found = await updated(ada, fileIds=None, requestedItems=None, integrations={"update": [feed]})
    assert [(each["code"], each["path"]) for each in found["errors"]] == [
        ("BAD_USER_INPUT", ["fileIds"]),
        ("BAD_USER_INPUT", ["requestedItems"]),
        ("BAD_USER_INPUT", ["integrations", "update", "0", "integrationType"]),
    ]
