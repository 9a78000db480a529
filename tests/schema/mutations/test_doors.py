"""Mutations as they meet the world: persisted, beside each other, and while somebody holds what they need."""

import asyncio
from hashlib import sha256

import asyncpg
import pytest

from gateway.limits import Limits
from gateway.settings import Settings
from tests.data import events_of
from tests.graph import gid, open_graph
from tests.schema.mutations.conftest import ALL

pytestmark = pytest.mark.anyio

APPROVE = """mutation ($input: ApproveConnectionRequestInput!) { approveConnectionRequest(input: $input) {
    connectionRequest { status decision { decidedBy { uuid } } } errors { code } } }"""
P1 = {"input": {"id": gid("ConnectionRequest", "p1")}}
ADD = """mutation ($input: AddCommentInput!) { addComment(input: $input) { errors { code } comment { body } } }"""
COMMENT = {"input": {"connectionRequestId": gid("ConnectionRequest", "r3"), "body": "Hi"}}
ADDED = {"data": {"addComment": {"errors": [], "comment": {"body": "Hi"}}}}


async def test_a_mutation_is_persisted_as_a_query_is(ada):
    digest = sha256(ADD.encode()).hexdigest()
    named = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}, "variables": COMMENT}
    unknown = await ada.http.post("/graphql", json=named)
    assert unknown.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert (await ada.http.post("/graphql", json={**named, "query": ADD})).json() == ADDED
    assert (await ada.http.post("/graphql", json=named)).json() == ADDED
    by_url = {"documentId": digest, "variables": "{}"}
    read = await ada.http.get("/graphql", params=by_url, headers={"graphql-require-preflight": "1"})
    assert (read.status_code, read.headers["allow"]) == (405, "POST")


async def test_two_who_decide_at_once_are_one_decision_and_one_conflict(ada, two, database_url):
    async with open_graph(two, database_url, "north", ALL, person_id="bob") as bob:
        for request in ("p1", "p2", "p3"):
            given = {"input": {"id": gid("ConnectionRequest", request)}}
            answers = await asyncio.gather(ada.ask(APPROVE, **given), bob.ask(APPROVE, **given))
            found = [each["approveConnectionRequest"] for each in answers]
            assert sorted(len(each["errors"]) for each in found) == [0, 1]
            [late] = [each["errors"] for each in found if each["errors"]]
            assert late == [{"code": "CONFLICT"}]
            assert found[0]["connectionRequest"] == found[1]["connectionRequest"]
            assert found[0]["connectionRequest"]["status"] == "APPROVED"


async def test_writers_of_one_organization_lose_nothing(ada, two):
    before = len(await events_of(two, "north"))
    await asyncio.gather(*(ada.ask(ADD, **COMMENT) for _ in range(20)))
    query = '{ connectionRequest(uuid: "r3") { comments { totalCount nodes { body } } } }'
    comments = (await ada.ask(query))["connectionRequest"]["comments"]
    assert (comments["totalCount"], len(comments["nodes"])) == (20, 20)
    told = [each.id for each in await events_of(two, "north")]
    assert told == list(range(1, before + 21))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_row_that_somebody_holds_ends_a_mutation_at_its_deadline(ada, two, database_url):
    settings = Settings(
        database_url=database_url, token_cache_seconds=0, limits=Limits().decided(seconds=0.5)
    )
    async with open_graph(two, database_url, "north", ALL, settings, person_id="ada") as hasty:
        other = await asyncpg.connect(database_url)
        async with other.transaction():
            await other.execute("SELECT 1 FROM connection_requests WHERE id = 'p1' FOR UPDATE")
            answer = await hasty.post(APPROVE, P1)
            assert answer.status_code == 503
            assert [each["extensions"]["code"] for each in answer.json()["errors"]] == ["SERVICE_UNAVAILABLE"]
        await other.close()
    found = (await ada.ask(APPROVE, **P1))["approveConnectionRequest"]
    assert (found["errors"], found["connectionRequest"]["status"]) == ([], "APPROVED")
