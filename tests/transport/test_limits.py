"""How much a document may ask for, and that no document blows the count itself up."""

from typing import Any

import pytest
from graphql import get_introspection_query

from gateway.limits import Limits
from gateway.transport.limits import check_variables
from tests.transport.sample import RESPONSE, ask, make_client

pytestmark = pytest.mark.anyio


async def refusal(query: str, variables: dict | None = None, **limits: int) -> tuple[str, str] | None:
    """Code and message of the error, None where there is data."""
    async with make_client(limits=Limits().decided(**limits)) as client:
        body = {"query": query, "variables": variables}
        answer = (await client.post("/graphql", json=body, headers=RESPONSE)).json()
    if "errors" not in answer:
        return None
    [error] = answer["errors"]
    return error["extensions"]["code"], error["message"]


def doubling(levels: int) -> str:
    """A document whose fields double with each of its fragments."""
    fragments = [
        f"fragment F{n} on Thing {{a: other {{...F{n + 1}}} b: other {{...F{n + 1}}}}}" for n in range(levels)
    ]
    return "{thing {...F0}} " + " ".join(fragments) + f" fragment F{levels} on Thing {{name}}"


async def test_tokens_are_counted_before_parsing():
    assert await refusal("{hello a: hello}", tokens=6) is None
    assert await refusal("{hello a: hello}", tokens=5) == (
        "OPERATION_TOO_LARGE",
        "The document has 6 tokens, 5 are allowed.",
    )


async def test_comments_and_blanks_count_as_text():
    assert await refusal("#" * 200_000 + "\n{hello}") == (
        "OPERATION_TOO_LARGE",
        "The document has 200008 characters, 200000 are allowed.",
    )
    assert await refusal("#\n" * 1_001 + "{hello}") == (
        "OPERATION_TOO_LARGE",
        "Document contains more than 1000 comments. Parsing aborted.",
    )


async def test_depth_counts_fields_through_fragments():
    query = "{thing {... on Thing {...F}}} fragment F on Thing {other {name}}"
    assert await refusal(query, depth=3) is None
    assert await refusal(query, depth=2) == (
        "OPERATION_TOO_DEEP",
        "The document nests 3 fields, 2 are allowed.",
    )


async def test_fields_count_each_time_their_fragment_is_spread():
    query = "{thing {...F other {...F}}} fragment F on Thing {a: name b: name}"
    assert await refusal(query, fields=6) is None
    assert await refusal(query, fields=5) == (
        "OPERATION_TOO_COMPLEX",
        "The document selects 6 fields, 5 are allowed.",
    )


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (doubling(18), "OPERATION_TOO_COMPLEX"),
        (doubling(200), "OPERATION_TOO_DEEP"),
        ("{" + "hello " * 3_000 + "}", "OPERATION_TOO_COMPLEX"),
        ("{" + " ".join(f"a{n}: hello" for n in range(1_500)) + "}", "OPERATION_TOO_COMPLEX"),
        ("{thing " + "{other " * 190 + "{name}" + "}" * 191, "OPERATION_TOO_DEEP"),
        ("{thing " + "{other " * 2_000 + "{name}" + "}" * 2_001, "OPERATION_TOO_DEEP"),
        ("{thing {" + "... {" * 190 + "name" + "}" * 192, None),
        (
            "{thing {...F0}} "
            + " ".join(f"fragment F{n} on Thing {{...F{n + 1}}}" for n in range(600))
            + " fragment F600 on Thing {name}",
            "OPERATION_TOO_DEEP",
        ),
        ("{thing {...F}} fragment F on Thing {other {...F}}", "GRAPHQL_VALIDATION_FAILED"),
        ("{thing {...F}} fragment F on Thing {...G} fragment G on Thing {...F}", "GRAPHQL_VALIDATION_FAILED"),
        ("{thing {...F}}", "GRAPHQL_VALIDATION_FAILED"),
        ("{hello" + " @skip(if: false)" * 1_000 + "}", "OPERATION_TOO_LARGE"),
        (
            '{__type(name: "Query")' + " {fields {type" * 6 + "{name}" + "}}" * 6 + "}",
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ],
    ids=lambda value: value[:40] if value else "-",
)
async def test_hostile_shapes_are_refused(query, code):
    found = await refusal(query)
    assert (found and found[0]) == code


@pytest.mark.parametrize("directives", [" @skip(if: false)" * 500, " @none" * 2_000])
async def test_many_directives_are_refused_by_few_errors(directives):
    async with make_client() as client:
        answer = await client.post("/graphql", json={"query": f"{{hello{directives}}}"}, headers=RESPONSE)
    codes = [error["extensions"]["code"] for error in answer.json()["errors"]]
    assert set(codes) == {"GRAPHQL_VALIDATION_FAILED"}
    assert len(codes) <= 101


@pytest.mark.parametrize("type_depth", [9, 30])
async def test_introspection_by_tools_passes(type_depth):
    query = get_introspection_query(
        input_value_deprecation=True, specified_by_url=True, type_depth=type_depth
    )
    status, answer = await ask(query)
    assert (status, list(answer)) == (200, ["data"])


async def test_introspection_has_a_price_as_well():
    fields = " ".join(f"a{n}: fields {{ name type {{ name }} }}" for n in range(100))
    assert await refusal("{ __schema { types { fields { name type { name } } } } }", complexity=1_000) is None
    code, message = await refusal(f"{{ __schema {{ types {{ {fields} }} }} }}", complexity=1_000)
    assert code == "OPERATION_TOO_COMPLEX"
    assert message.endswith(" objects and values, 1000 are allowed.")


# An object counts 1, and each of its values; pages in pages multiply.
@pytest.mark.parametrize(
    ("query", "price"),
    [
        ("{hello}", 1),
        ("{thing {name}}", 2),
        ("{things(first: 3) {totalCount}}", 2),
        ("{things(first: 3) {nodes {name}}}", 7),
        ("{things(last: 3) {edges {node {name}}}}", 10),
        ("{things {nodes {name}}}", 101),
        (
            "{things(first: 2) {nodes {things(first: 4) {nodes {other {name}}}}}}",
            1 + 2 * (1 + 1 + 4 * (1 + 2)),
        ),
        (
            "{things(first: 3) {...F}} fragment F on Page {nodes {...G}} fragment G on Thing {other {name}}",
            10,
        ),
        ('{nodes(ids: ["a", "b"]) {name}}', 4),
        ("{things(first: 3) {... on Page {nodes {name}} nodes {name}}}", 13),
        ("{things(first: 0) {nodes {other {name}}}}", 1),
        ("{things(first: null) {nodes {name}}}", 101),
        ("{thing {things {nodes {name}}}}", 102),
        ("query ($n: Int = 3) {things(first: $n) {nodes {name}}}", 7),
        ("query ($n: Int) {things(first: $n) {nodes {name}}}", 101),
        ('{nodes(ids: "a") {name}}', 2),
        ("{nodes(ids: 1000000000) {name}}", 2),
        ("{nodes(ids: " + "9" * 5_000 + ") {name}}", 2),
    ],
)
async def test_complexity_counts_objects_and_values(query, price):
    assert await refusal(query, complexity=price) is None
    if price > 1:
        assert await refusal(query, complexity=price - 1) == (
            "OPERATION_TOO_COMPLEX",
            f"The operation may return {price} objects and values, {price - 1} are allowed.",
        )


async def test_complexity_follows_the_variables_of_each_request():
    query = "query ($n: Int, $ids: [ID!]! = []) {things(first: $n) {nodes {name}} nodes(ids: $ids) {name}}"
    async with make_client(limits=Limits().decided(complexity=20)) as client:
        for variables, code in [
            ({"n": 9}, None),
            ({"n": 10}, "OPERATION_TOO_COMPLEX"),
            ({"n": 10.0}, "OPERATION_TOO_COMPLEX"),  # an Int, as GraphQL's input coercion has it
            ({"n": 9}, None),
            ({"n": 5, "ids": ["a"] * 4}, None),
            ({"n": 5, "ids": ["a"] * 5}, "OPERATION_TOO_COMPLEX"),
            ({}, "OPERATION_TOO_COMPLEX"),
            ({"n": 5, "ids": 5}, None),
            ({"n": 5, "ids": ["a"] * 5}, "OPERATION_TOO_COMPLEX"),
            ({"n": -1}, None),
            ({"n": 10**30}, "BAD_USER_INPUT"),
            ({"n": "10"}, "BAD_USER_INPUT"),
        ]:
            body = {"query": query, "variables": variables}
            answer = (await client.post("/graphql", json=body)).json()
            assert (answer["errors"][0]["extensions"]["code"] if "errors" in answer else None) == code, (
                variables
            )


async def test_each_operation_of_a_document_is_counted_by_itself():
    query = "query A {things(first: 100) {nodes {name}}} query B {things(first: 1) {nodes {name}}}"
    async with make_client(limits=Limits().decided(complexity=10)) as client:
        statuses = [
            (
                await client.post("/graphql", json={"query": query, "operationName": name}, headers=RESPONSE)
            ).status_code
            for name in "ABAB"
        ]
    assert statuses == [400, 200, 400, 200]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ([1] * 5_001, "A list in the variables has 5001 items, 5000 are allowed."),
        ([{}] * 5_001, "A list in the variables has 5001 items, 5000 are allowed."),
        ([[{}] * 4_000] * 2, "The variables hold at least 8000 objects, 6000 are allowed."),
        ([[1] * 5_000] * 21, "The variables hold at least 105021 values, 100000 are allowed."),
    ],
)
async def test_variables_are_counted_before_they_are_coerced(value, what):
    query = "query ($name: String!) {hello(name: $name)}"
    assert await refusal(query, {"name": value}) == ("BAD_USER_INPUT", what)


async def test_variables_nest_as_far_as_is_allowed():
    value: Any = 1
    for _ in range(51):
        value = [value]
    query = "query ($name: String!) {hello(name: $name)}"
    message = "The variables nest at least 51 lists and objects inside each other, 50 are allowed."
    assert await refusal(query, {"name": value}, variable_depth=50) == ("BAD_USER_INPUT", message)


def test_what_clients_send_passes():
    integration = {f"member{n}": n for n in range(15)}
    creates = [{"integrations": [integration] * 50}] * 100
    for variables in ({"in": ["x"] * 5_000}, {"ids": ["x"] * 1_000, "first": 10}, {"creates": creates}):
        check_variables(variables, Limits())
