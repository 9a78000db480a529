"""The benchmarks ask what the graph answers."""

import pytest
from graphql import parse, validate

from benchmarks.measure import difference
from benchmarks.scenarios import SCENARIOS, WALK
from gateway.schema.schema import make_schema

DOCUMENTS = sorted({scenario.document for scenario in SCENARIOS if scenario.document} | {WALK})


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_document_is_valid(document):
    assert validate(make_schema()._schema, parse(document)) == []


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, None),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, ": members ['a', 'b'] and ['b', 'a']"),
        ({"a": [1, 2]}, {"a": [1]}, ".a: 2 and 1 items"),
        ({"a": [{"b": ""}]}, {"a": [{"b": None}]}, ".a[0].b: '' and None"),
    ],
)
def test_answers_are_compared_to_the_first_difference(one, other, found):
    assert difference(one, other) == found
