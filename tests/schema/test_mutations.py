"""A mutation over the real context and store, on the compiled path and on graphql-core's own."""

import pytest
import strawberry
from graphql import parse
from strawberry.schema.config import StrawberryConfig

from gateway.db import tables as db
from gateway.events import Event
from gateway.execution import OperationExecutor, execute, field, watch
from gateway.execution.executor import NOT_COMPILED, ClassicExecutor
from gateway.resolvers.errors import Invalid
from gateway.resolvers.viewer import Scope
from gateway.schema.connection_requests import ConnectionRequest
from gateway.schema.query import Query
from gateway.schema.scalars import SCALARS
from tests.data import NORTH, context_of, events_of, fill

pytestmark = pytest.mark.anyio


async def rename(context, selection, *, uuid: str, name: str):
    """What a mutation of the product does: read, change, tell, and leave the answer to the operation's loaders."""
    await context.row(db.connection_requests).load(uuid)
    async with context.write(Scope.WRITE) as write:
        if name == "refused":
            await write.update(db.connection_requests, uuid, {"org_name": "half done"})
            raise Invalid("That is no name.")
        if await write.update(db.connection_requests, uuid, {"org_name": name}):
            write.happened(Event("connection_request.updated", "connection_requests", uuid))
    return await context.row(db.connection_requests).load(uuid)


@strawberry.type
class Mutation:
    rename: ConnectionRequest | None = field(rename, description="Give a request another name.")


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
        self.documents, self.fallbacks, self.reruns = {}, [], []
        self.fallback, self.rerun = self.fallbacks.append, self.reruns.append
        watch(self.schema, self)

    async def __call__(self, query):
        """The data, and the path and the message of each error."""
        context = context_of(self.database, "north")
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


TWO = """mutation {
    a: rename(uuid: "r1", name: "one") { orgName integrations { nodes { connectionRequest { orgName } } } }
    b: rename(uuid: "r1", name: "two") { orgName integrations { nodes { connectionRequest { orgName } } } }
}"""


async def test_a_later_root_field_sees_what_it_wrote_itself(run, database):
    await fill(database, NORTH)
    for _ in range(3):  # the first time exactly, then by generated code
        data, errors = await run(TWO)
        assert errors == []
        assert data == {
            key: {
                "orgName": name,
                "integrations": {"nodes": [{"connectionRequest": {"orgName": name}}] * 2},
            }
            for key, name in (("a", "one"), ("b", "two"))
        }
    assert run.reruns == []
    assert [event.type for event in await events_of(database, "north", 1)] == [
        "connection_request.updated"
    ] * 6


async def test_a_refused_one_leaves_nothing_and_the_next_one_sees_that(run, database):
    await fill(database, NORTH)
    query = """mutation {
        a: rename(uuid: "r1", name: "one") { orgName }
        b: rename(uuid: "r1", name: "refused") { orgName }
        c: rename(uuid: "r1", name: "one") { orgName }
    }"""
    for _ in range(2):
        assert await run(query) == (
            {"a": {"orgName": "one"}, "b": None, "c": {"orgName": "one"}},
            [(["b"], "That is no name.")],
        )
    assert len(await events_of(database, "north", 1)) == 1
