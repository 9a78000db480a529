"""Deleting a request: what goes with it, what stays, and that nothing of it is left."""

import pytest

from tests.data import events_of
from tests.graph import gid

pytestmark = pytest.mark.anyio

DELETE = """mutation ($input: DeleteConnectionRequestInput!) { deleteConnectionRequest(input: $input) {
    deletedId deletedWithIt { typeName count } connectionRequest { version } errors { code path } } }"""
R1 = gid("ConnectionRequest", "r1")
AROUND = """{ connectionRequests { totalCount } integrations { totalCount } files { totalCount }
    node(id: "%s") { id } connectedAccount(id: "%s") { connectionRequest { uuid } version } }"""
AROUND %= (R1, gid("ConnectedAccount", "acc1"))


async def deleted(caller, **given):
    """What came of a deletion."""
    return (await caller.ask(DELETE, input={"id": R1, **given}))["deleteConnectionRequest"]


WENT = {
    "deletedId": R1,
    "deletedWithIt": [
        {"typeName": "Approval", "count": 1},
        {"typeName": "Comment", "count": 3},
        {"typeName": "Integration", "count": 2},
    ],
    "connectionRequest": None,
    "errors": [],
}


async def test_what_belongs_to_a_request_goes_and_files_and_accounts_stay(ada, two):
    before = await ada.ask(AROUND)
    assert before["connectedAccount"] == {"connectionRequest": {"uuid": "r1"}, "version": 1}
    events = len(await events_of(two, "north"))
    assert await deleted(ada, dryRun=True) == WENT
    assert await ada.ask(AROUND) == before
    assert await deleted(ada) == WENT
    assert await ada.ask(AROUND) == {
        "connectionRequests": {"totalCount": before["connectionRequests"]["totalCount"] - 1},
        "integrations": {"totalCount": before["integrations"]["totalCount"] - 2},
        "files": before["files"],
        "node": None,
        "connectedAccount": {"connectionRequest": None, "version": 2},
    }
    told = (await events_of(two, "north"))[events:]
    assert [(each.type, each.subject_id) for each in told] == [
        ("connected_account.updated", "acc1"),
        ("connection_request.deleted", "r1"),
    ]


async def test_an_id_of_another_type_is_told_so(ada):
    found = (
        await ada.ask(DELETE.replace("code path", "code message path"), input={"id": gid("File", "f1")})
    )["deleteConnectionRequest"]
    assert found["errors"] == [
        {
            "code": "BAD_USER_INPUT",
            "message": "This is the id of a File, not of a ConnectionRequest.",
            "path": ["id"],
        }
    ]


async def test_a_request_that_is_gone_or_another_by_now_is_not_deleted(ada):
    stale = await deleted(ada, expectedVersion=4)
    assert stale == {
        "deletedId": None,
        "deletedWithIt": None,
        "connectionRequest": {"version": 1},
        "errors": [{"code": "CONFLICT", "path": ["expectedVersion"]}],
    }
    assert (await deleted(ada))["errors"] == []
    assert (await deleted(ada))["errors"] == [{"code": "NOT_FOUND", "path": ["id"]}]
