"""Mutations over the real context and store: compiled, on graphql-core's own path, and by Strawberry's `execute`."""

import pytest
import strawberry
from graphql import parse
from strawberry.schema.config import StrawberryConfig

from gateway.execution import OperationExecutor, execute, watch
from gateway.execution.executor import NOT_COMPILED, ClassicExecutor
from gateway.schema.mutations.root import Mutation
from gateway.schema.query import Query
from gateway.schema.scalars import SCALARS
from tests.data import NORTH, context_of, events_of, fill
from tests.graph import gid

pytestmark = pytest.mark.anyio


def schema_with(executor):
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        config=StrawberryConfig(scalar_map=SCALARS),
        execution_context_class=executor,
    )


class Runner:
    """Runs operations of new callers one way; knows whether they ran as that way should have them."""

    def __init__(self, way, database):
        self.way, self.database = way, database
        self.schema = schema_with(ClassicExecutor if way == "classic" else OperationExecutor)
        self.scopes = ()
        self.documents, self.fallbacks, self.reruns = {}, [], []
        self.fallback, self.rerun = self.fallbacks.append, self.reruns.append
        watch(self.schema, self)

    async def __call__(self, query):
        """The data, and the path and the message of each error."""
        context = context_of(self.database, "north", *self.scopes)
        if self.way == "direct":
            document = self.documents.setdefault(query, parse(query))
            result = await execute(self.schema, document, context=context)
        else:
            result = await self.schema.execute(query, context_value=context)
        assert set(self.fallbacks) == ({NOT_COMPILED} if self.way == "classic" else set())
        return result.data, [(error.path, error.message) for error in result.errors or ()]


@pytest.fixture(params=["compiled", "classic", "direct"])
def run(request, database):
    return Runner(request.param, database)


R3, R4 = gid("ConnectionRequest", "r3"), gid("ConnectionRequest", "r4")
GONE = gid("ConnectionRequest", "nobody")

SEEN = """fragment Seen on AddCommentPayload { errors { code path }
    comment { body connectionRequest { uuid comments { nodes { body } } } } commentEdge { node { body } } }"""


def payload(request, body, *before):
    """What SEEN shows of a comment that was added behind others."""
    return {
        "errors": [],
        "comment": {
            "body": body,
            "connectionRequest": {
                "uuid": request,
                "comments": {"nodes": [{"body": each} for each in (*before, body)]},
            },
        },
        "commentEdge": {"node": {"body": body}},
    }


async def test_a_later_root_field_sees_what_the_ones_before_it_wrote_and_no_dry_run(run, database):
    await fill(database, NORTH)
    query = f"""mutation {{
        a: addComment(input: {{connectionRequestId: "{R3}", body: "one"}}) {{ ...Seen }}
        dry: addComment(input: {{connectionRequestId: "{R3}", body: "never", dryRun: true}}) {{ ...Seen }}
        b: addComment(input: {{connectionRequestId: "{R3}", body: "two"}}) {{ ...Seen }} }} {SEEN}"""
    before = []
    for _ in range(3):  # the first time exactly, then by generated code
        data, errors = await run(query)
        assert errors == []
        assert data == {
            "a": payload("r3", "one", *before),
            "dry": payload("r3", "never", *before, "one"),
            "b": payload("r3", "two", *before, "one"),
        }
        before += ["one", "two"]
    assert run.reruns == []
    assert [event.type for event in await events_of(database, "north", 1)] == ["comment.created"] * 6


async def test_a_refused_one_hides_nothing_of_the_ones_beside_it(run, database):
    await fill(database, NORTH)
    query = f"""mutation {{
        a: addComment(input: {{connectionRequestId: "{R4}", body: "one"}}) {{ ...Seen }}
        b: addComment(input: {{connectionRequestId: "{GONE}", body: "refused"}}) {{ ...Seen }}
        c: addComment(input: {{connectionRequestId: "{GONE}", body: "refused", dryRun: true}}) {{ ...Seen }}
    }} {SEEN}"""
    nothing = {
        "errors": [{"code": "NOT_FOUND", "path": ["connectionRequestId"]}],
        "comment": None,
        "commentEdge": None,
    }
    for before in ([], ["one"]):
        assert await run(query) == ({"a": payload("r4", "one", *before), "b": nothing, "c": nothing}, [])
    assert len(await events_of(database, "north", 1)) == 2


async def test_absent_null_and_nested_values_are_the_same_by_every_way(run, database):
    await fill(database, NORTH)
    seen = """{ errors { code path } connectionRequest { reason durationMinutes targetGroupId
        targetUser { uuid } requestedItems { nodes { resourceId groupId } } } }"""
    query = f"""mutation {{
        a: updateConnectionRequest(input: {{id: "{R3}", reason: null, target: {{groupId: "g2"}},
            requestedItems: [{{target: {{resourceId: "x"}}}}, {{target: {{groupId: "y"}}}}]}}) {seen}
        b: updateConnectionRequest(input: {{id: "{R3}", reason: "why", target: null, expectedVersion: null}}) {seen}
        c: updateConnectionRequest(input: {{id: "{R3}", fileIds: null,
            integrations: {{create: [{{integrationType: "i"}}, {{integrationType: "j", updateFrequency: "?"}}]}}
        }}) {seen}
    }}"""
    items = [{"resourceId": "x", "groupId": None}, {"resourceId": None, "groupId": "y"}]
    for _ in range(2):
        data, errors = await run(query)
        assert errors == []
        paths = [["fileIds"], ["integrations", "create", "1", "updateFrequency"]]
        assert [each["path"] for each in data["c"].pop("errors")] == paths
        assert data == {
            "a": {
                "errors": [],
                "connectionRequest": {
                    "reason": None,
                    "durationMinutes": 60,
                    "targetGroupId": "g2",
                    "targetUser": None,
                    "requestedItems": {"nodes": items},
                },
            },
            "b": {
                "errors": [],
                "connectionRequest": {
                    "reason": "why",
                    "durationMinutes": 60,
                    "targetGroupId": None,
                    "targetUser": None,
                    "requestedItems": {"nodes": items},
                },
            },
            "c": {"connectionRequest": None},
        }


async def test_a_field_that_the_token_may_not_ask_for_is_null_beside_what_was_written(run, database):
    await fill(database, NORTH)
    query = f"""mutation {{
        a: addComment(input: {{connectionRequestId: "{R4}", body: "x"}}) {{ errors {{ code }} }} }}"""
    run.scopes = ("read", "secrets")
    assert await run(query) == ({"a": None}, [(["a"], "This needs a token with the scope `write`.")])
