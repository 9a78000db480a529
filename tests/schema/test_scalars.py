"""Scalars of our own: what they are said to be, and answers that are so."""

import pytest

from gateway.schema.schema import make_schema
from tests.graph import gid

pytestmark = pytest.mark.anyio

SPECIFICATIONS = {
    "BigInt": None,
    "DateTime": "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    "JSON": "https://ecma-international.org/wp-content/uploads/ECMA-404_2nd_edition_december_2017.pdf",
    "Upload": "https://github.com/jaydenseric/graphql-multipart-request-spec",
}


async def test_scalars_say_where_they_are_specified(graph):
    query = "{ __schema { types { kind name specifiedByURL description } } }"
    ours = {
        each["name"]: each
        for each in (await graph.ask(query))["__schema"]["types"]
        if each["kind"] == "SCALAR" and each["name"] not in ("Boolean", "Float", "ID", "Int", "String")
    }
    assert {name: each["specifiedByURL"] for name, each in ours.items()} == SPECIFICATIONS
    for what in ("RFC 3339", "`Z`", "without an offset", "a date alone", "never rounded"):
        assert what in ours["DateTime"]["description"]


async def test_instants_and_json_are_written_to_the_letter(graph):
    query = """{ connectedAccount(id: "%s") { createdAt metadata } node(id: "%s") { ... on Person { updatedAt } } }"""
    answer = await graph.post(query % (gid("ConnectedAccount", "acc1"), gid("Person", "ada")))
    assert answer.text == (
        '{"data":{"connectedAccount":{"createdAt":"2018-01-05T00:00:00Z","metadata":{"b": 1, "a": [null]}},'
        '"node":{"updatedAt":"2018-02-01T10:00:00.000001Z"}}}'
    )


@pytest.mark.parametrize("value", [0, 7, -1, 2**53 + 1, 2**63 - 1, -(2**63)])
def test_big_ints_of_64_bits_are_answered(value):
    assert make_schema()._schema.type_map["BigInt"].coerce_output_value(value) == value


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 1.0, 1.5, float("nan"), True, "7", b"7", [], {}])
def test_other_big_ints_are_a_fault(value):
    with pytest.raises(ValueError, match="BigInt must be an integer of at most 64 bits"):
        make_schema()._schema.type_map["BigInt"].coerce_output_value(value)
