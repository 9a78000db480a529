"""What execution relies on beyond the public interfaces of graphql-core and Strawberry: a new version fails here."""

import inspect
from typing import Any

import pytest
import strawberry
from graphql import GraphQLSchema, build_schema, get_variable_values, parse
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from tests.execution.library import schema

core = build_schema(
    "type Query { a(x: Int): Query b: String } interface I { b: String } type T implements I { b: String }"
)


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_collecting_groups_details_by_response_key():
    document = parse(
        "query Q($v: Boolean!) { x: a { ...F b @skip(if: $v) } } fragment F on Query { a { b } }"
    )
    operation: Any = document.definitions[0]
    fragment: Any = document.definitions[1]
    values = get_variable_values(core, operation.variable_definitions, {"v": True})
    assert isinstance(values, VariableValues)
    assert values.coerced == {"v": True}
    fragments = {"F": FragmentDetails(fragment, None)}
    grouped = collect_fields(core, fragments, values, core.query_type, operation).grouped_field_set
    assert list(grouped) == ["x"]
    [details] = grouped["x"]
    assert isinstance(details, FieldDetails)
    assert details.node.name.value == "a"
    below = collect_subfields(core, fragments, values, operation, core.query_type, grouped["x"])
    assert list(below.grouped_field_set) == ["a"]


def test_variable_values_can_be_made_empty():
    assert VariableValues({}, {}).coerced == {}


def test_the_executor_has_the_parts_that_are_used():
    assert issubclass(StrawberryGraphQLCoreExecutionContext, Executor)
    assert parameters(Executor.execute_operation) == ["self", "serially"]
    names = ["self", "field_def", "field_nodes", "parent_type", "path"]
    assert parameters(StrawberryGraphQLCoreExecutionContext.build_resolve_info) == names
    names = ["self", "runtime_type_name", "return_type", "field_details_list", "info", "result"]
    assert parameters(Executor.ensure_valid_runtime_type) == names
    assert parameters(Executor.complete_leaf_value) == ["return_type", "result"]
    executor: Any = Executor.build(core, parse("{ b }"))
    for name in (
        "fragments",
        "fragment_definitions",
        "variable_values",
        "context_value",
        "middleware_manager",
    ):
        assert hasattr(executor, name)
    for name in ("abort_signal", "hooks", "operation", "root_value", "field_resolver", "type_resolver"):
        assert hasattr(executor, name)


def test_resolve_info_carries_plain_variables():
    document = parse("query Q($v: Int) { b }")
    executor: Any = StrawberryGraphQLCoreExecutionContext.build(core, document, None, None, {"v": 3})
    field = core.query_type.fields["b"]
    node = document.definitions[0].selection_set.selections[0]
    info = executor.build_resolve_info(field, [node], core.query_type, Path(None, "b", "Query"))
    assert info.variable_values == {"v": 3}
    assert (info.path.as_list(), info.field_nodes, info.parent_type) == (["b"], [node], core.query_type)


def test_a_core_schema_knows_its_strawberry_schema_and_keeps_extensions():
    assert schema._schema._strawberry_schema is schema
    assert isinstance(schema._schema, GraphQLSchema)
    assert isinstance(schema._schema.extensions, dict)
    definition = schema._schema.query_type.fields["author"].extensions["strawberry-definition"]
    assert isinstance(definition, StrawberryField)
    assert schema.schema_converter.scalar_registry
    assert schema.exception_handlers == ()


def test_strawberry_converts_arguments_without_info():
    definition = schema._schema.get_type("Author").fields["books"].extensions["strawberry-definition"]
    registry = schema.schema_converter.scalar_registry
    converted = convert_arguments(
        {"first": 2, "filter": {"sizes": [1]}},
        definition.arguments,
        scalar_registry=registry,
        config=schema.config,
    )
    assert converted["first"] == 2
    assert converted["filter"].sizes == [1]


def test_strawberry_info_wraps_the_core_info_and_fields_keep_metadata():
    assert "_raw_info" in strawberry.Info.__annotations__
    field = strawberry.field(description="A.", metadata={"key": 1})
    assert field.metadata["key"] == 1
    assert field.is_basic_field
    assert StrawberryField.default_resolver is getattr


@pytest.mark.parametrize(
    "module", ["fields", "places", "sources", "rows", "context", "selection", "running", "direct"]
)
def test_execution_knows_nothing_of_the_gateway(module):
    import gateway.execution as package

    source = inspect.getsource(__import__(f"{package.__name__}.{module}", fromlist=["_"]))
    assert "from gateway." not in source.replace("from gateway.execution", "")
