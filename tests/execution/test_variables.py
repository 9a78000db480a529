"""Variables: what many fields take is converted once."""

import pytest
from graphql import parse

from gateway.execution import execute
from tests.execution.library import BookFilter, Context, World, schema

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("runs", [1, 2])
async def test_a_variable_is_converted_once_however_many_fields_take_it(runs, monkeypatch):
    made = []
    make = BookFilter.__init__

    def counted(self, **members):
        made.append(self)
        make(self, **members)

    monkeypatch.setattr(BookFilter, "__init__", counted)
    fields = " ".join(f"a{n}: books(filter: $filter) {{__typename}}" for n in range(20))
    document = parse(f"query ($filter: BookFilter) {{authors {{{fields}}}}}")
    for _ in range(runs):
        made.clear()
        variables = {"filter": {"anyOf": [{"sizes": ["1"]}, {"sizes": ["2"]}]}}
        result = await execute(schema, document, variables=variables, context=Context(World()))
        assert result.errors is None
        assert len(made) == 3
