"""A request that came before builds no SQL: its statements are known by what their text depends on."""

import asyncio
import sys

import pytest

from tests.test_answers import PAGE, READS, caller, store

pytestmark = pytest.mark.anyio

assert store  # a fixture

QUERIES = {
    "a nested page": """{ connectionRequests(first: 2, filter: {orgName: {contains: "o"}}) { totalCount edges {
        cursor node { id orgName requester { email } approvedBy { approvedAt } comments { nodes { body } }
        integrations { totalCount nodes { id } } uploadedFiles { totalCount nodes { name } } } }
        pageInfo { hasNextPage hasPreviousPage } } }""",
    "a node": '{ node(id: "UmVxdWVzdDpyMQ==") { id } viewer { scopes } }',
    "a count": "{ connectionRequestCounts { status count } connectedAccounts(last: 1) { nodes { id } } }",
    "another page": PAGE,
}


async def test_a_request_like_one_before_builds_no_expression(store, database_url):
    async with caller(store, database_url, kept=0) as http:

        async def ask(asked):
            if asked in QUERIES:
                answer = await http.post("/graphql", json={"query": QUERIES[asked]})
                assert "errors" not in answer.json(), answer.json()
            else:
                answer = await http.get(asked)
            assert answer.status_code == 200, answer.text

        built = []
        task = asyncio.current_task()

        def note(frame, event, _):
            code = frame.f_code
            is_built = code.co_name in ("__init__", "_make_proxy") and "sqlalchemy/sql/" in code.co_filename
            # Another task notes that the token was used.
            if event == "call" and is_built and asyncio.current_task() is task:
                built.append(code.co_qualname)

        for asked in (*QUERIES, *READS):
            await ask(asked)
            sys.setprofile(note)
            try:
                await ask(asked)
            finally:
                sys.setprofile(None)
            assert (asked, built) == (asked, [])
