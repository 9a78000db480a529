"""Messages of graphql-core that show values: as the caller wrote them."""

import pytest

from tests.transport.sample import RESPONSE, make_client

pytestmark = pytest.mark.anyio

IDS = "query Q($x: [ID!]!) {nodes(ids: $x) {name}}"
FIRST = "query Q($x: Int!) {things(first: $x) {totalCount}}"
FLAG = "query Q($x: Boolean!) {hello @skip(if: $x)}"
NOT_NULL = "Expected value of non-null type 'Int!' not to be null."


@pytest.mark.parametrize(
    ("query", "value", "said"),
    [
        (FIRST, None, ": " + NOT_NULL),
        (FIRST, True, ": Int cannot represent non-integer value: true"),
        (FIRST, "Int", ': Int cannot represent non-integer value: "Int"'),
        (FIRST, 'it\'s "é"', ': Int cannot represent non-integer value: "it\'s \\"é\\""'),
        (FIRST, 2**31, ": Int cannot represent non 32-bit signed integer value: 2147483648"),
        (FIRST, {"a": [None, False]}, ': Int cannot represent non-integer value: {"a": [null, false]}'),
        (FLAG, "true", ': Boolean cannot represent a non boolean value: "true"'),
        (IDS, ["a", None], " at [1]: Expected value of non-null type 'ID!' not to be null."),
        (IDS, ["a", {"b": None}], ' at [1]: ID cannot represent value: {"b": null}'),
        (FIRST, "x" * 500, ': Int cannot represent non-integer value: "' + "x" * 199 + "…"),
    ],
)
async def test_variables_are_shown_as_json(query, value, said):
    async with make_client() as client:
        body = {"query": query, "variables": {"x": value}}
        answer = (await client.post("/graphql", json=body, headers=RESPONSE)).json()
    assert [error["message"] for error in answer["errors"]] == [f"Variable '$x' has invalid value{said}"]
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{things(first: true) {totalCount}}", "Int cannot represent non-integer value: true"),
        ("{nodes(ids: null) {name}}", "Expected value of non-null type '[ID!]!' not to be null."),
        ("{nodes(ids: [null]) {name}}", "Expected value of non-null type 'ID!' not to be null."),
        ("{hello @skip(if: null)}", "Expected value of non-null type 'Boolean!' not to be null."),
    ],
)
async def test_literals_are_shown_as_they_are_written(query, said):
    async with make_client() as client:
        answer = (await client.post("/graphql", json={"query": query}, headers=RESPONSE)).json()
    assert [error["message"] for error in answer["errors"]] == [said]
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_a_variable_that_is_missing_is_told_so():
    async with make_client() as client:
        answer = (await client.post("/graphql", json={"query": FIRST}, headers=RESPONSE)).json()
    said = "Variable '$x' has invalid value: Expected a value of non-null type 'Int!' to be provided."
    assert [error["message"] for error in answer["errors"]] == [said]
