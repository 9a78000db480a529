"""An operation leaves nothing behind that only the garbage collector could find: its pauses would be the callers'."""

import gc

import pytest

from tests.graph import gid

pytestmark = pytest.mark.anyio

QUERIES = {
    "a page": """{ connectionRequests(first: 2) { totalCount pageInfo { hasNextPage endCursor } nodes { id
        requester { fullName } approvedBy { person { email } } integrations { totalCount nodes { type
        schedule { description nextRuns(first: 1, after: "2026-01-01") } } } } } }""",
    "one": '{ connectionRequest(uuid: "r1") { orgName targetUser { email } } }',
    "a filter": """{ connectionRequests(filter: {orgName: {contains: "a"}, integrations: {some: {type: {eq: ITEM}}}})
        { totalCount nodes { uuid } } }""",
    "nodes": f'{{ node(id: "{gid("Person", "ada")}") {{ id }} viewer {{ scopes }} }}',
}


@pytest.mark.parametrize("name", QUERIES)
async def test_an_answer_leaves_no_cycle(graph, name):
    async def ask(times):
        for _ in range(times):
            await graph.ask(QUERIES[name])

    await ask(3)
    while gc.collect():  # what others left: freeing some of it is what shows more
        pass
    gc.freeze()  # what is alive now need not be looked at again
    gc.disable()
    try:
        await ask(5)
        assert gc.collect() == 0
    finally:
        gc.enable()
