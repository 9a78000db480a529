"""Argument values: from a field's nodes and the variables to the keyword arguments of its function."""

from typing import Any

from graphql import GraphQLSchema, get_argument_values
from graphql.execution.values import VariableValues
from graphql.language import Node, VariableNode
from strawberry.types.arguments import convert_arguments

from gateway.execution.plan import FieldPlan


def keyword_arguments(field: FieldPlan, variables: VariableValues) -> dict[str, Any]:
    """Return a field's arguments by their Python names, as Strawberry's input types.

    They are computed once where no variable is involved. Raises: whatever the coercion of a value raises.
    """
    if field.constant_arguments is not None:
        return field.constant_arguments
    values = get_argument_values(field.field, field.nodes[0], variables)
    arguments = _convert(field, field.plan.schema, values)
    if not any(_has_variable(argument.value) for argument in field.nodes[0].arguments or ()):
        field.constant_arguments = arguments
    return arguments


def _convert(field: FieldPlan, schema: GraphQLSchema, values: dict[str, Any]) -> dict[str, Any]:
    assert field.definition is not None
    strawberry_schema: Any = schema._strawberry_schema  # type: ignore[attr-defined]
    return convert_arguments(
        values,
        field.definition.arguments,
        scalar_registry=strawberry_schema.schema_converter.scalar_registry,
        config=strawberry_schema.config,
    )


def _has_variable(value: Any) -> bool:
    if isinstance(value, VariableNode):
        return True
    if isinstance(value, Node):
        return any(_has_variable(getattr(value, key)) for key in value.keys)
    return isinstance(value, list | tuple) and any(_has_variable(each) for each in value)
