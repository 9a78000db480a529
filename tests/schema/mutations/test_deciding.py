"""Approving, denying and taking back: who may, what is kept of it, and what stands in the way."""

import pytest

from gateway.db import tables as db
from tests.data import changing, events_of
from tests.graph import gid, open_graph
from tests.schema.mutations.conftest import ALL

pytestmark = pytest.mark.anyio

SEEN = """connectionRequest { status isApproved version
    decision { outcome decidedAt comment decidedBy { firstName } }
    approvedBy { approvedAt person { firstName } }
    viewerCan { update { ...P } approve { ...P } deny { ...P } cancel { ...P } } }
    errors { code message path } } } fragment P on Permission { isAllowed code reason }"""
YES = {"isAllowed": True, "code": None, "reason": None}


def no(code, reason):
    return {"isAllowed": False, "code": code, "reason": reason}


def deciding(verb):
    return f"""mutation ($input: {verb[0].upper() + verb[1:]}ConnectionRequestInput!) {{
        {verb}ConnectionRequest(input: $input) {{ {SEEN}"""


async def decided(caller, verb, request="p1", **given):
    """What came of a decision."""
    answer = await caller.ask(deciding(verb), input={"id": gid("ConnectionRequest", request), **given})
    return answer[f"{verb}ConnectionRequest"]


@pytest.mark.parametrize(
    ("verb", "status", "event"),
    [("approve", "APPROVED", "approved"), ("deny", "DENIED", "denied"), ("cancel", "CANCELED", "canceled")],
)
async def test_a_decision_says_who_when_and_why(ada, two, verb, status, event):
    before = len(await events_of(two, "north"))
    found = await decided(ada, verb, comment="Because.")
    assert found["errors"] == []
    request = found["connectionRequest"]
    at = request["decision"].pop("decidedAt")
    assert request["decision"] == {
        "outcome": status,
        "comment": "Because.",
        "decidedBy": {"firstName": "Ada"},
    }
    approval = {"approvedAt": at, "person": {"firstName": "Ada"}} if verb == "approve" else None
    assert request["approvedBy"] == approval
    assert (request["status"], request["isApproved"], request["version"]) == (status, verb == "approve", 2)
    decided_already = no("CONFLICT", f"The connection request is {event} already.")
    assert request["viewerCan"] == {
        "update": YES,
        **dict.fromkeys(("approve", "deny", "cancel"), decided_already),
    }
    told = (await events_of(two, "north"))[before:]
    assert [(each.type, each.subject_id) for each in told] == [(f"connection_request.{event}", "p1")]
    counts = """{ pending: connectionRequests(filter: {status: {eq: PENDING}}) { totalCount }
        now: connectionRequests(filter: {status: {eq: %s}}) { totalCount } }"""
    assert await ada.ask(counts % status) == {"pending": {"totalCount": 4}, "now": {"totalCount": 2}}


async def test_only_what_is_pending_is_decided_and_the_one_who_is_late_sees_what_it_is(ada, two):
    assert (await decided(ada, "deny", comment="Too late."))["errors"] == []
    before = len(await events_of(two, "north"))
    for verb in ("approve", "deny", "cancel"):
        found = await decided(ada, verb, comment="Another reason.")
        assert found["errors"] == [
            {"code": "CONFLICT", "message": "The connection request is denied already.", "path": ["id"]}
        ]
        assert found["connectionRequest"]["status"] == "DENIED"
        assert found["connectionRequest"]["decision"]["comment"] == "Too late."
    assert len(await events_of(two, "north")) == before


async def test_a_decision_for_another_version_is_a_conflict(ada):
    found = await decided(ada, "approve", expectedVersion=7)
    assert found["errors"] == [
        {
            "code": "CONFLICT",
            "message": "The connection request has the version 1 by now, not 7.",
            "path": ["expectedVersion"],
        }
    ]
    assert found["connectionRequest"]["status"] == "PENDING"
    assert (await decided(ada, "approve", expectedVersion="1"))["errors"] == []


async def test_a_decision_is_a_persons(two, database_url):
    async with open_graph(two, database_url, "north", ALL) as nobody:
        for verb in ("approve", "deny", "cancel"):
            found = await decided(nobody, verb)
            message = "Only a person can decide, but this token belongs to no person."
            assert found["errors"] == [{"code": "PERSON_REQUIRED", "message": message, "path": ["id"]}]
            assert found["connectionRequest"]["viewerCan"] == {
                "update": YES,
                **dict.fromkeys(("approve", "deny", "cancel"), no("PERSON_REQUIRED", message)),
            }


async def test_what_the_viewer_can_do_is_what_the_token_may(two, database_url):
    query = """{ connectionRequest(uuid: "p1") { viewerCan { update { ...P } approve { ...P } deny { ...P }
        cancel { ...P } } } } fragment P on Permission { isAllowed code reason }"""
    lacks = {each: no("FORBIDDEN", f"This needs a token with the scope `{each}`.") for each in ALL}
    for scopes, expected in (
        (["read", "write"], (YES, lacks["approve"], lacks["approve"], YES)),
        (["read", "approve"], (lacks["write"], YES, YES, lacks["write"])),
    ):
        async with open_graph(two, database_url, "north", scopes, person_id="bob") as caller:
            found = (await caller.ask(query))["connectionRequest"]["viewerCan"]
        assert tuple(found[each] for each in ("update", "approve", "deny", "cancel")) == expected


async def test_nobody_approves_their_own_where_the_organization_forbids_it(two, database_url):
    async with changing(two, "north") as write:
        await write.update(db.organizations, "north", {"forbids_own_approval": True})
    own = "In this organization, people may not approve their own connection requests."
    async with open_graph(two, database_url, "north", ALL, person_id="ada") as caller:
        found = await decided(caller, "approve", "p1")
        assert found["errors"] == [{"code": "FORBIDDEN", "message": own, "path": ["id"]}]
        assert found["connectionRequest"]["viewerCan"]["approve"] == no("FORBIDDEN", own)
        assert found["connectionRequest"]["viewerCan"]["deny"] == YES
        assert (await decided(caller, "approve", "p2"))["errors"] == []  # which bob asks for
        assert (await decided(caller, "cancel", "p1"))["errors"] == []
        assert await caller.ask("{ organization { forbidsOwnApproval } }") == {
            "organization": {"forbidsOwnApproval": True}
        }


async def test_what_documents_tell_of_approvals_is_a_decision_too(ada):
    query = """{ connectionRequests(filter: {uuid: {in: ["r1", "r2", "r4", "r5"]}}) { nodes { uuid status
        decision { outcome decidedAt comment decidedBy { uuid } } } } }"""
    found = (await ada.ask(query))["connectionRequests"]["nodes"]
    decision = {"outcome": "APPROVED", "decidedAt": None, "comment": None, "decidedBy": {"uuid": "bob"}}
    assert {each["uuid"]: each["decision"] for each in found} == {
        "r1": {**decision, "decidedAt": "2018-01-06T10:00:00Z", "decidedBy": {"uuid": "ada"}},
        "r2": None,
        "r4": None,
        "r5": decision,
    }


async def test_a_request_that_a_document_made_pending_again_is_decided_on_anew(ada, two):
    assert (await decided(ada, "deny", comment="No."))["errors"] == []
    async with changing(two, "north") as write:
        await write.update(db.connection_requests, "p1", {"status": "pending"})
    found = await decided(ada, "approve", comment="Yes.")
    assert found["errors"] == []
    assert found["connectionRequest"]["decision"]["comment"] == "Yes."
    async with changing(two, "north") as write:
        await write.update(db.connection_requests, "p1", {"status": "pending"})
    assert (await decided(ada, "approve", comment="Yes again."))["errors"] == []


async def test_a_person_whom_a_document_names_on_a_pending_request_makes_way_for_who_approves_it(ada, two):
    async with changing(two, "north") as write:
        await write.insert(db.approvals, [{"connection_request_id": "p1", "person_id": "bob"}])
    found = await decided(ada, "approve")
    assert found["errors"] == []
    assert found["connectionRequest"]["approvedBy"]["person"] == {"firstName": "Ada"}


async def test_a_dry_run_of_a_decision_decides_nothing(ada):
    for _ in range(2):
        found = await decided(ada, "approve", dryRun=True)
        assert found["errors"] == []
        assert found["connectionRequest"]["status"] == "APPROVED"
        assert found["connectionRequest"]["approvedBy"]["person"] == {"firstName": "Ada"}


async def test_what_a_decision_costs(ada, database_url):
    query = """mutation ($input: ApproveConnectionRequestInput!) {
        approveConnectionRequest(input: $input) { errors { code } } }"""
    given = {"id": gid("ConnectionRequest", "p2")}
    # the request locked, and whether it has an approval; the request changed, the decision and the approval made; the
    # event and the counters: PostgreSQL is told together what changes, and what tells of it
    cost = len(await ada.statements(query, input=given))
    assert cost == (3 if database_url.startswith("postgresql:") else 6)
