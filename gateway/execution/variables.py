"""Variable values of an operation: those of built-in scalars at once, any others by graphql-core."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInputType,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    get_nullable_type,
    get_variable_values,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource

MAX_ERRORS: Final = 50

_USUAL: Final[dict[GraphQLInputType, Callable[[Any], bool]]] = {
    GraphQLString: lambda value: value.__class__ is str,
    GraphQLID: lambda value: value.__class__ is str,
    GraphQLBoolean: lambda value: value.__class__ is bool,
    GraphQLInt: lambda value: value.__class__ is int and -2147483648 <= value <= 2147483647,
}
"""By built-in scalar, what tells a value that coercion leaves as it is (GraphQL, section 3.5)."""


class _Variable(NamedTuple):
    """What coercion needs to know of one variable."""

    signature: GraphQLVariableSignature
    absent: VariableValueSource
    is_usual: Callable[[Any], bool] | None
    """None for types that graphql-core has to coerce."""
    may_be_null: bool
    may_be_absent: bool


class Variables:
    """The variables that an operation declares."""

    __slots__ = ("_definitions", "_schema", "_variables")

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        known = [found for each in self._definitions if (found := _variable(schema, each)) is not None]
        self._variables = known if len(known) == len(self._definitions) else None

    def coerce(self, given: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        """Return the coerced values, or what is wrong with them (graphql-core's `get_variable_values`)."""
        return self._at_once(given) or get_variable_values(
            self._schema, self._definitions, dict(given), MAX_ERRORS
        )

    def _at_once(self, given: Mapping[str, Any]) -> VariableValues | None:
        """Return the coerced values where coercion leaves all of them as they are."""
        if self._variables is None:
            return None
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for signature, absent, is_usual, may_be_null, may_be_absent in self._variables:
            name = signature.name
            value = given.get(name, Undefined)
            if value is Undefined:
                if not may_be_absent:
                    return None
                sources[name] = absent
                continue
            if value is None:
                if not may_be_null:
                    return None
            elif is_usual is None or not is_usual(value):
                return None
            sources[name] = VariableValueSource(signature, value)
            coerced[name] = value
        return VariableValues(sources, coerced)


def _variable(schema: GraphQLSchema, definition: VariableDefinitionNode) -> _Variable | None:
    signature = get_variable_signature(schema, definition)
    if isinstance(signature, GraphQLError):
        return None
    type_: Any = get_nullable_type(signature.type)
    is_nullable = not is_non_null_type(signature.type)
    return _Variable(
        signature,
        VariableValueSource(signature),
        _USUAL.get(type_),
        is_nullable,
        is_nullable and definition.default_value is None,
    )
