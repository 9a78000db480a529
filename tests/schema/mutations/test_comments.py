"""Saying something about a request: the mutation in, the payload out, and what it costs."""

import pytest

from tests.data import events_of
from tests.graph import gid, open_graph

pytestmark = pytest.mark.anyio

ADD = """mutation ($input: AddCommentInput!) { addComment(input: $input) {
    clientMutationId
    comment { body author { firstName } connectionRequest { reason comments { totalCount } } }
    commentEdge { cursor node { body } }
    errors { code message path } } }"""
R3 = gid("ConnectionRequest", "r3")
COMMENTS = """{ connectionRequest(uuid: "r3") { comments { nodes { id body } edges { cursor } } } }"""


async def test_a_comment_is_its_token_holders_and_stands_in_the_requests_list(ada, two):
    given = {"connectionRequestId": R3, "body": "Hi, see ftp://me:secret@host", "clientMutationId": "m1"}
    before = len(await events_of(two, "north"))
    added = (await ada.ask(ADD, input=given))["addComment"]
    cursor = added["commentEdge"].pop("cursor")
    assert added == {
        "clientMutationId": "m1",
        "comment": {
            "body": "Hi, see ftp://me:secret@host",
            "author": {"firstName": "Ada"},
            "connectionRequest": {"reason": "on call", "comments": {"totalCount": 1}},
        },
        "commentEdge": {"node": {"body": "Hi, see ftp://me:secret@host"}},
        "errors": [],
    }
    comments = (await ada.ask(COMMENTS))["connectionRequest"]["comments"]
    assert comments["edges"] == [{"cursor": cursor}]
    [event] = (await events_of(two, "north"))[before:]
    assert (event.type, event.subject_type, event.token_id is not None) == (
        "comment.created",
        "comments",
        True,
    )
    assert comments["nodes"][0]["id"] == gid("Comment", event.subject_id)


async def test_every_problem_is_said_with_its_place(ada):
    given = {"connectionRequestId": gid("ConnectionRequest", "nobody"), "body": "x" * 10_001}
    absent = ("NOT_FOUND", "There is no such connection request.")
    another = ("BAD_USER_INPUT", "This is the id of a Person, not of a ConnectionRequest.")
    no_id = (
        "BAD_USER_INPUT",
        "This is not a global id: give the object's `id` as the graph shows it, not its `uuid`.",
    )
    for wrong, (code, message) in {
        given["connectionRequestId"]: absent,
        gid("Person", "ada"): another,
        gid("Person", "nobody"): another,
        "?": no_id,
        "": no_id,
        "c2": no_id,
    }.items():
        # An id of another type is wrong by itself, before anything is looked up.
        own = {"code": code, "message": message, "path": ["connectionRequestId"]}
        assert (await ada.ask(ADD, input={**given, "connectionRequestId": wrong}))["addComment"] == {
            "clientMutationId": None,
            "comment": None,
            "commentEdge": None,
            "errors": sorted(
                [
                    {
                        "code": "BAD_USER_INPUT",
                        "message": "The text takes at most 10000 characters, not 10001.",
                        "path": ["body"],
                    },
                    own,
                ],
                key=lambda each: each["path"] if code == "NOT_FOUND" else each["path"][0] != own["path"][0],
            ),
        }


async def test_a_dry_run_shows_what_would_be_there_and_leaves_nothing(ada, two):
    before = len(await events_of(two, "north"))
    for _ in range(3):  # exactly, then by generated code
        would = await ada.ask(ADD, input={"connectionRequestId": R3, "body": "Hi", "dryRun": True})
        assert would["addComment"]["comment"] == {
            "body": "Hi",
            "author": {"firstName": "Ada"},
            "connectionRequest": {"reason": "on call", "comments": {"totalCount": 1}},
        }
        assert would["addComment"]["commentEdge"]["node"] == {"body": "Hi"}
    assert await ada.ask(COMMENTS) == {"connectionRequest": {"comments": {"nodes": [], "edges": []}}}
    assert len(await events_of(two, "north")) == before


async def test_a_dry_run_between_others_is_undone_before_the_next_begins(ada):
    query = """mutation ($a: AddCommentInput!, $b: AddCommentInput!) {
        a: addComment(input: $a) { ...Seen } b: addComment(input: $b) { ...Seen } c: addComment(input: $a) { ...Seen }
    } fragment Seen on AddCommentPayload { comment { connectionRequest { comments { nodes { body } } } } }"""
    given = {"connectionRequestId": R3, "body": "real"}
    for seen in (1, 3):
        answer = await ada.ask(query, a=given, b={**given, "body": "dry", "dryRun": True})
        found = {
            key: [each["body"] for each in value["comment"]["connectionRequest"]["comments"]["nodes"]]
            for key, value in answer.items()
        }
        assert found == {
            "a": ["real"] * seen,
            "b": [*["real"] * seen, "dry"],
            "c": ["real"] * (seen + 1),
        }


async def test_a_comment_of_nobody_has_no_author(two, database_url):
    async with open_graph(two, database_url, "north", ["read", "write"]) as caller:
        added = await caller.ask(ADD, input={"connectionRequestId": R3, "body": "https://u:p@host.example"})
    assert added["addComment"]["comment"]["author"] is None
    assert added["addComment"]["comment"]["body"] == "https://***@host.example"


async def test_what_a_comment_costs(ada):
    plain = "mutation ($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }"
    shown = "mutation ($input: AddCommentInput!) { addComment(input: $input) { comment { id body } } }"
    given = {"connectionRequestId": R3, "body": "Hi"}
    # the request is looked up, the comment inserted, the event appended, two for the counter of children
    assert len(await ada.statements(plain, input=given)) == 5
    assert len(await ada.statements(shown, input=given)) == 5
