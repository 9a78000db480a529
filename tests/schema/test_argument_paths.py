"""What is wrong with an argument says where: a form shows it beside its field."""

import pytest

from tests.graph import gid, open_graph

pytestmark = pytest.mark.anyio

DOCUMENTS = [
    ("{ node { id } }", ["id"]),
    ("{ people(nope: 1) { totalCount } }", ["nope"]),
    ('{ people(first: "x") { totalCount } }', ["first"]),
    (
        "{ people(filter: {or: [{}, {firstName: {eq: 3}}]}) { totalCount } }",
        ["filter", "or", 1, "firstName", "eq"],
    ),
    (
        '{ people(filter: {not: {firstName: {in: ["a", 1]}}}) { totalCount } }',
        ["filter", "not", "firstName", "in", 1],
    ),
    ("{ people(filter: {nope: 1}) { totalCount } }", ["filter", "nope"]),
    (
        '{ integrations(filter: {dueBetween: {from: "2018-01-01"}}) { totalCount } }',
        ["filter", "dueBetween", "to"],
    ),
    ("{ people(orderBy: [{field: NOTHING}]) { totalCount } }", ["orderBy", 0, "field"]),
    ('{ connectionRequests { nodes { integrations(first: "1") { totalCount } } } }', ["first"]),
    ('mutation { addComment(input: {body: "x"}) { errors { code } } }', ["input", "connectionRequestId"]),
    (
        "query ($x: Int) { people(filter: {firstName: {eq: $x}}) { totalCount } }",
        ["filter", "firstName", "eq"],
    ),
    ("{ viewer { name @include(if: 3) } }", ["if"]),
    ("{ nope }", None),
]


@pytest.mark.parametrize(("query", "path"), DOCUMENTS)
async def test_what_does_not_fit_the_schema(graph, query, path):
    [error] = (await graph.answer(query))["errors"]
    assert error["extensions"] == {
        "code": "GRAPHQL_VALIDATION_FAILED",
        **({} if path is None else {"argumentPath": path}),
    }


FILTERED = (
    "query ($f: PersonFilter, $n: Int!) { people(filter: {and: [{}, {not: $f}]}, first: $n) { totalCount } }"
)
VARIABLES = [
    ({"n": "x"}, ["n"], ["first"]),
    ({}, ["n"], ["first"]),
    ({"n": 1, "f": {"or": [{"firstName": {"eq": 3}}]}}, ["f", "or", 0, "firstName", "eq"], None),
    ({"n": 1, "f": {"createdAt": {"gt": "soon"}}}, ["f", "createdAt", "gt"], None),
    ({"n": 1, "f": {"nope": 3}}, ["f", "nope"], None),
]


@pytest.mark.parametrize(("given", "inside", "argument"), VARIABLES)
async def test_what_does_not_fit_the_variables(graph, given, inside, argument):
    [error] = (await graph.answer(FILTERED, **given))["errors"]
    assert error["extensions"] == {
        "code": "BAD_USER_INPUT",
        "variablePath": inside,
        "argumentPath": argument or ["filter", "and", 1, "not", *inside[1:]],
    }


REFUSED = [
    ("{ people(first: -1) { totalCount } }", ["first"]),
    ('{ people(after: "x") { totalCount } }', ["after"]),
    ('{ people(offset: 1, after: "x") { totalCount } }', ["offset"]),
    ("{ people(first: 1, last: 1) { totalCount } }", ["last"]),
    ('{ person(id: "FILE") { id } }', ["id"]),
    ('{ people(filter: {id: {in: ["FILE"]}}) { totalCount } }', ["filter", "id", "in"]),
    (
        "{ connectionRequests(filter: {or: [{}, {requester: null}]}) { totalCount } }",
        ["filter", "or", 1, "requester"],
    ),
    (
        "{ connectionRequests(filter: {comments: {some: {author: {or: [{isNull: true}]}}}}) { totalCount } }",
        ["filter", "comments", "some", "author", "or", 0, "isNull"],
    ),
    (
        '{ integrations(filter: {dueBetween: {from: "2018-01-02", to: "2018-01-01"}}) { totalCount } }',
        ["filter", "dueBetween", "to"],
    ),
    (
        '{ integrations(filter: {dueBetween: {from: "2018-01-01", to: "2018-01-02", timezone: "x"}}) { totalCount } }',
        ["filter", "dueBetween", "timezone"],
    ),
    (
        '{ connectionRequest(uuid: "r1") { integrations(last: 1, first: 0) { totalCount } } }',
        ["last"],
    ),
    ('{ integration(uuid: "i1") { schedule { nextRuns(first: 0) } } }', ["first"]),
    ("{ connectionRequest { id } }", None),
]


@pytest.mark.parametrize(("query", "path"), REFUSED)
async def test_what_no_state_of_the_store_could_satisfy(graph, query, path):
    [error] = (await graph.answer(query.replace("FILE", gid("File", "f1"))))["errors"]
    assert error["extensions"] == {
        "code": "BAD_USER_INPUT",
        **({} if path is None else {"argumentPath": path}),
    }


async def test_what_needs_a_scope(store, store_url):
    async with open_graph(store, store_url, "north", ["read"]) as reader:
        query = '{ connectionRequests(filter: {not: {reason: {eq: "x"}}}) { totalCount } }'
        [error] = (await reader.answer(query))["errors"]
        assert error["extensions"] == {"code": "FORBIDDEN", "argumentPath": ["filter", "not", "reason"]}
