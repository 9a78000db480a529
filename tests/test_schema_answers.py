"""Introspection: the same by every door, computed once, known by a tag of its own, and nothing of anybody's data."""

import asyncio
import json

import httpx2
import pytest
from graphql import execute_sync, get_introspection_query, parse

from gateway.administration import create_token
from gateway.answers import Answers
from gateway.app import create_app
from gateway.db import tables
from gateway.limits import Limits
from gateway.schema.schema import make_schema
from gateway.settings import Settings
from gateway.transport.documents import prepare
from gateway.transport.schema_answers import SchemaAnswers
from gateway.transport.subscriptions import AskedOperation
from tests.data import NORTH, SOUTH, changing, fill
from tests.patience import ENOUGH, PATIENT
from tests.servers import open_server, open_socket

pytestmark = pytest.mark.anyio

CORE = make_schema()._schema
TOOLS = get_introspection_query(input_value_deprecation=True)
TYPE = """query ($name: String!, $old: Boolean = false) {
  __type(name: $name) { name enumValues(includeDeprecated: $old) { name } } }"""
COUNTED = "{ ...F __schema { queryType { name } } } fragment F on Query { connectionRequests { totalCount } }"
FORM = [("operations", (None, json.dumps({"query": TOOLS}))), ("map", (None, "{}"))]
DRAFT = "application/graphql-response+json"


@pytest.fixture
async def north(database, database_url):
    """A caller from the organization north, of a real server."""
    await fill(database, NORTH)
    await fill(database, SOUTH)
    app = create_app(Settings(database_url=database_url, **PATIENT), database)
    token = (await create_token(database, "north", name="tools", scopes=["read"]))[1]
    async with open_server(app) as served:
        headers = {"authorization": f"Bearer {token}", "accept": DRAFT}
        url = f"http://{served.address}"
        async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=ENOUGH) as http:
            yield http


def get(http, query, known=None, **headers):
    return http.get(
        "/graphql",
        params={"query": query},
        headers={**headers, **({"if-none-match": known} if known else {})},
    )


async def test_every_door_gives_what_graphql_core_says(north):
    expected = {"data": execute_sync(CORE, parse(TOOLS)).data}
    body = {"query": TOOLS}
    given = [
        await north.post("/graphql", json=body),
        await get(north, TOOLS),
        await north.request("QUERY", "/graphql", json=body),
        await north.post("/graphql", files=FORM, headers={"graphql-require-preflight": "1"}),
    ]
    assert [(each.status_code, each.text) for each in given[1:]] == [(200, given[0].text)] * 3
    assert json.dumps(given[0].json()) == json.dumps(expected)
    batch = await north.post("/graphql", json=[body, {"query": "{ __typename }"}, body])
    assert batch.json() == [expected, {"data": {"__typename": "Query"}}, expected]
    async with open_socket(
        north.base_url.netloc.decode(), north.headers["authorization"].split()[1]
    ) as socket:
        await socket.ask("1", TOOLS)
        assert (await socket.read())["payload"] == expected


async def test_a_tag_holds_whatever_happens_to_the_data(north, database):
    sent = []
    database.on_statement = sent.append
    first = await get(north, TOOLS)
    tag = first.headers["etag"]
    assert (first.status_code, tag[0], tag[-1]) == (200, '"', '"')
    async with changing(database, "north") as write:
        await write.update(tables.connection_requests, "r1", {"org_name": "Changed"})
    sent.clear()
    again = await get(north, TOOLS, f'"other", W/{tag}')
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert sent == []
    others = [
        await get(north, TOOLS, tag, accept="application/json"),
        await get(north, "{ __schema { queryType { name } } }", tag),
    ]
    assert [each.status_code for each in others] == [200, 200]
    assert len({tag, *(each.headers.get("etag") for each in others)}) == 3
    assert others[0].content == first.content


async def test_it_is_compressed_for_who_takes_that(north):
    async def ask(codings, known=None, query=TOOLS):
        return await get(north, query, known, **{"accept-encoding": codings})

    plain, packed = await ask("br, gzip;q=0"), await ask("br, gzip")
    assert [each.headers.get("content-encoding") for each in (plain, packed)] == [None, "gzip"]
    assert [each.headers["vary"] for each in (plain, packed)] == [
        "Accept, Authorization, Accept-Encoding"
    ] * 2
    assert plain.content == packed.content
    assert (
        int(packed.headers["content-length"]) * 8 < int(plain.headers["content-length"]) == len(plain.content)
    )
    tags = [each.headers["etag"] for each in (plain, packed)]
    assert tags[0] != tags[1]
    for codings, statuses in (("identity", [304, 200]), ("gzip", [200, 304])):
        assert [(await ask(codings, tag)).status_code for tag in tags] == statuses
    same = await ask("gzip", tags[1])
    assert (same.content, same.headers["vary"], same.headers["etag"]) == (
        b"",
        packed.headers["vary"],
        tags[1],
    )
    assert "content-encoding" not in same.headers
    posted = await north.post("/graphql", json={"query": TOOLS}, headers={"accept-encoding": "gzip"})
    assert (posted.content, posted.headers["content-encoding"]) == (plain.content, "gzip")
    assert "etag" not in posted.headers
    for query in ("{ __schema { queryType { name } } }", "{ connectionRequests { nodes { uuid } } }"):
        short = await ask("gzip", query=query)
        assert (short.headers["vary"], "content-encoding" in short.headers) == (
            "Accept, Authorization",
            False,
        )


async def test_variables_are_a_part_of_the_question_and_failures_are_not_kept(north):
    async def ask(**variables):
        return (await north.post("/graphql", json={"query": TYPE, "variables": variables})).json()

    for _ in range(2):
        assert await ask(name="None") == {"data": {"__type": None}}
        found = await ask(name="OrderDirection")
        assert found == {
            "data": {"__type": {"name": "OrderDirection", "enumValues": [{"name": "ASC"}, {"name": "DESC"}]}}
        }
        failed = await ask(name="OrderDirection", old=None)
        assert failed["data"] == {"__type": {"name": "OrderDirection", "enumValues": None}}
        assert [each["path"] for each in failed["errors"]] == [["__type", "enumValues"]]


async def test_what_stands_beside_data_is_computed_for_each_caller(north, database):
    south = (await create_token(database, "south", name="tools", scopes=["read"]))[1]
    for _ in range(2):
        for headers in ({}, {"authorization": f"Bearer {south}"}):
            answer = (await north.post("/graphql", json={"query": COUNTED}, headers=headers)).json()
            assert answer["data"] == {
                "connectionRequests": {"totalCount": 2 if headers else 5},
                "__schema": {"queryType": {"name": "Query"}},
            }


class Counted:
    """Computes an answer, and counts how often."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.begun = 0

    async def compute(self):
        self.begun += 1
        await asyncio.sleep(0)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_who_ask_the_same_at_once_have_it_computed_once(database):
    document = prepare(CORE, "{ __schema { queryType { name } } }", Limits())
    asked = AskedOperation(document.operation(None), {}, 1, False)
    kept = SchemaAnswers(Answers(Settings(kept_answers_bytes=1 << 20), database))
    counted = Counted(ValueError("lost"), {"data": {"a": 1}})
    given = await asyncio.gather(
        *[kept.answer(asked, document, None, counted.compute) for _ in range(200)], return_exceptions=True
    )
    assert (counted.begun, [str(each) for each in given].count("lost")) == (2, 1)
    other = SchemaAnswers(Answers(Settings(kept_answers_bytes=0), database))
    for _ in range(2):
        await other.answer(asked, document, None, counted.compute)
    assert counted.begun == 4
