"""Variables: what many fields take is converted once, and usual values are coerced at once."""

from collections import Counter
from copy import deepcopy
from random import Random

import pytest
from graphql import (
    Undefined,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    parse,
)
from graphql.utilities import coerce_input_value

from gateway.execution import execute
from gateway.execution.coercion import coercer
from gateway.execution.variables import Variables
from gateway.schema.schema import make_schema
from tests.execution.library import BookFilter, Context, World, schema

pytestmark = pytest.mark.anyio


INSIDE = [
    # the variable, how fields take it, filters that are made for all of the fields together
    ("$given: BookFilter", "$given", {"anyOf": [{"sizes": ["1"]}, {"sizes": ["2"]}]}, 3),
    ("$given: [BookFilter!]", "{anyOf: $given}", [{"sizes": ["1"]}, {"sizes": ["2"]}], 2 + 20),
    ("$given: [BookFilter!]", "{anyOf: [{anyOf: $given}, {}]}", [{"sizes": ["1"]}, {"sizes": ["2"]}], 2 + 60),
]


@pytest.mark.parametrize("runs", [1, 2])
@pytest.mark.parametrize(("variable", "taken", "given", "expected"), INSIDE)
async def test_a_variable_is_converted_once_however_many_fields_take_it(
    runs, variable, taken, given, expected, monkeypatch
):
    made = []
    make = BookFilter.__init__

    def counted(self, **members):
        made.append(self)
        make(self, **members)

    monkeypatch.setattr(BookFilter, "__init__", counted)
    fields = " ".join(f"a{n}: books(filter: {taken}) {{__typename}}" for n in range(20))
    document = parse(f"query ({variable}) {{authors {{{fields}}}}}")
    for _ in range(runs):
        made.clear()
        result = await execute(schema, document, variables={"given": given}, context=Context(World()))
        assert result.errors is None
        assert len(made) == expected


def random_value(random, type_, depth=0):
    """A JSON value that is usually one of the type."""
    if random.random() < 0.04:
        return random.choice([None, 1, "x", True, 1.0, [], {}, {"unknown": 1}, [[None]]])
    if is_non_null_type(type_):
        return random_value(random, type_.of_type, depth)
    if is_list_type(type_):
        return [random_value(random, type_.of_type, depth + 1) for _ in range(random.randrange(3))]
    if is_input_object_type(type_):
        return {
            name: random_value(random, field.type, depth + 1)
            for name, field in type_.fields.items()
            if is_required_input_field(field) or random.random() < 0.5 / (depth + 1)
        }
    if is_enum_type(type_):
        return random.choice([*type_.values, "NONE_OF_THEM"])
    usual = {"Int": [0, -(2**31), 2**31], "Boolean": [False, True], "Float": [0.5, 1], "BigInt": [2**40, "7"]}
    return random.choice(usual.get(type_.name, ["", "text", "2026-01-01", "2026-01-01T00:00:00Z"]))


def test_usual_values_are_coerced_as_graphql_core_does():
    random, coerced = Random(3), Counter()
    inputs = [each for each in make_schema()._schema.type_map.values() if is_input_object_type(each)]
    for type_ in inputs * 6:
        value = random_value(random, type_)
        before = deepcopy(value)
        made, expected = coercer(type_)(value), coerce_input_value(value, type_)
        assert value == before
        if made is not Undefined:
            assert repr(made) == repr(expected)
        coerced[made is Undefined, expected is Undefined] += 1
    assert coerced[False, True] == 0
    # nearly all that are good: `@oneOf` and numbers written otherwise are left to graphql-core
    assert coerced[False, False] > 3 * coerced[True, False] > 0
    assert coerced[True, True] > 50


def test_what_refers_to_itself_for_ever_is_refused():
    deep = {}
    for _ in range(5000):
        deep = {"not": deep}
    document = parse("query ($filter: ConnectionRequestFilter) { __typename }")
    variables = Variables(make_schema()._schema, document.definitions[0])
    assert isinstance(variables.coerce({"filter": deep}), list)
    assert not isinstance(variables.coerce({"filter": {"not": {}}}), list)
