"""Variables: what many fields take is converted once."""

import pytest
from graphql import parse

from gateway.execution import execute
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
