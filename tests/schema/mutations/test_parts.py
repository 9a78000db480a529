"""One part of a request at a time: feeds, files and comments made, corrected and taken back."""

import pytest

from tests.data import events_of
from tests.graph import gid, open_graph
from tests.schema.mutations.conftest import ALL

pytestmark = pytest.mark.anyio

R1, R2 = gid("ConnectionRequest", "r1"), gid("ConnectionRequest", "r2")
SHOWN = {
    "createIntegration": """integration { integrationType rules connectionRequest { version
        integrations { totalCount nodes { integrationType } } } } integrationEdge { node { integrationType } }""",
    "updateIntegration": "integration { rules version updateFrequency connectionRequest { version } }",
    "deleteIntegration": "deletedId integration { version }",
    "attachFile": """connectionRequest { version uploadedFiles { totalCount nodes { uuid } } }
        file { uuid } fileEdge { cursor node { id } }""",
    "detachFile": "connectionRequest { version uploadedFiles { totalCount nodes { uuid } } } detachedId",
    "updateComment": "comment { body version author { uuid } }",
    "deleteComment": "deletedId comment { body }",
}


async def changed(caller, name, **given):
    """What came of a change."""
    kind = name[0].upper() + name[1:]
    query = f"""mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ {SHOWN[name]}
        errors {{ code message path }} }} }}"""
    return (await caller.ask(query, input=given))[name]


async def told(database, after):
    return [each.type for each in (await events_of(database, "north"))[after:]]


async def test_a_feed_comes_behind_the_others_and_makes_its_request_another_version(ada, two):
    before = len(await events_of(two, "north"))
    made = await changed(ada, "createIntegration", connectionRequestId=R2, integrationType="items", rules="r")
    types = made["integration"]["connectionRequest"]["integrations"]["nodes"]
    assert types[-1] == {"integrationType": "items"}
    assert made["integrationEdge"] == {"node": {"integrationType": "items"}}
    assert made["integration"]["connectionRequest"]["version"] == 2
    assert made["errors"] == []
    assert await told(two, before) == ["integration.created", "connection_request.updated"]
    given = {"connectionRequestId": gid("ConnectionRequest", "s1"), "integrationType": "x"}
    [error] = (await changed(ada, "createIntegration", **given))["errors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["connectionRequestId"])
    given = {"connectionRequestId": R2, "integrationType": "x", "updateFrequency": "x"}
    [error] = (await changed(ada, "createIntegration", **given))["errors"]
    assert (error["code"], error["path"]) == ("BAD_USER_INPUT", ["updateFrequency"])


async def test_a_feed_is_corrected_for_the_version_that_was_read(ada, two):
    i1 = gid("Integration", "i1")
    found = await changed(ada, "updateIntegration", id=i1, updateFrequency=None, expectedVersion=1)
    assert found == {
        "integration": {
            "rules": "ask https://a:b@rules.example",
            "version": 2,
            "updateFrequency": None,
            "connectionRequest": {"version": 2},
        },
        "errors": [],
    }
    before = len(await events_of(two, "north"))
    stale = await changed(ada, "updateIntegration", id=i1, rules="mine", expectedVersion=1)
    assert [(each["code"], each["path"]) for each in stale["errors"]] == [("CONFLICT", ["expectedVersion"])]
    assert stale["integration"]["version"] == 2
    same = await changed(ada, "updateIntegration", id=i1, updateFrequency=None)
    assert (same["errors"], same["integration"]["version"]) == ([], 2)
    never = await changed(ada, "updateIntegration", id=i1, updateFrequency="never")
    assert [each["path"] for each in never["errors"]] == [["updateFrequency"]]
    assert await told(two, before) == []


async def test_a_feed_goes_by_itself(ada, two):
    i1 = gid("Integration", "i1")
    before = len(await events_of(two, "north"))
    gone = {"deletedId": i1, "integration": None, "errors": []}
    assert await changed(ada, "deleteIntegration", id=i1, dryRun=True) == gone
    assert await changed(ada, "deleteIntegration", id=i1) == gone
    [error] = (await changed(ada, "deleteIntegration", id=i1))["errors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["id"])
    assert await told(two, before) == ["integration.deleted", "connection_request.updated"]


async def test_a_file_is_attached_once_and_detached(ada, two):
    f4 = gid("File", "f4")
    before = len(await events_of(two, "north"))
    for _ in range(2):
        found = await changed(ada, "attachFile", connectionRequestId=R1, fileId=f4)
        assert found["errors"] == []
        files = {"totalCount": 3, "nodes": [{"uuid": "f1"}, {"uuid": "f2"}, {"uuid": "f4"}]}
        assert found["connectionRequest"] == {"version": 2, "uploadedFiles": files}
        assert (found["file"], found["fileEdge"]["node"]) == ({"uuid": "f4"}, {"id": f4})
        assert found["fileEdge"]["cursor"]
    found = await changed(ada, "detachFile", connectionRequestId=R1, fileId=gid("File", "f1"))
    assert found["connectionRequest"]["uploadedFiles"]["nodes"] == [{"uuid": "f2"}, {"uuid": "f4"}]
    assert found["detachedId"] == gid("File", "f1")
    found = await changed(ada, "detachFile", connectionRequestId=R1, fileId=gid("File", "f1"))
    assert [(each["code"], each["path"]) for each in found["errors"]] == [("NOT_FOUND", ["fileId"])]
    assert found["detachedId"] is None
    assert await ada.ask('{ files(filter: {uuid: {eq: "f1"}}) { totalCount } }') == {
        "files": {"totalCount": 1}
    }
    changes = ["file.attached", "file.detached"]
    assert await told(two, before) == [
        each for one in changes for each in (one, "connection_request.updated")
    ]


async def test_a_comment_is_its_authors_to_change(two, database_url):
    own, others, nobodys = (gid("Comment", each) for each in ("c2", "c1", "c3"))
    scopes = [each for each in ALL if each != "admin"]
    async with open_graph(two, database_url, "north", scopes, person_id="ada") as caller:
        found = await changed(caller, "updateComment", id=own, body="First!", expectedVersion=1)
        assert found == {
            "comment": {"body": "First!", "version": 2, "author": {"uuid": "ada"}},
            "errors": [],
        }
        for name, more in (("updateComment", {"body": "x"}), ("deleteComment", {})):
            [error] = (await changed(caller, name, id=others, **more))["errors"]
            assert (error["code"], error["path"]) == ("FORBIDDEN", ["id"])
        [error] = (await changed(caller, "updateComment", id=own, body=" "))["errors"]
        assert (error["code"], error["path"]) == ("BAD_USER_INPUT", ["body"])
        gone = {"deletedId": nobodys, "comment": None, "errors": []}
        assert await changed(caller, "deleteComment", id=nobodys) == gone
    async with open_graph(two, database_url, "north", ALL) as admin:
        gone = {"deletedId": others, "comment": None, "errors": []}
        assert await changed(admin, "deleteComment", id=others) == gone
