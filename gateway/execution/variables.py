"""Variable values of an operation: the usual ones at once, any others by graphql-core."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    get_variable_values,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource

from gateway.execution.coercion import Coercer, coercer

MAX_ERRORS: Final = 50


class _Variable(NamedTuple):
    """What coercion needs to know of one variable."""

    signature: GraphQLVariableSignature
    absent: VariableValueSource
    coerce: Coercer
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
        try:
            coerced = self._at_once(given)
        except RecursionError:  # which graphql-core tells of as of any other error
            coerced = None
        return coerced or get_variable_values(self._schema, self._definitions, dict(given), MAX_ERRORS)

    def _at_once(self, given: Mapping[str, Any]) -> VariableValues | None:
        """Return the coerced values where all of them are usual."""
        if self._variables is None:
            return None
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for signature, absent, coerce, may_be_absent in self._variables:
            name = signature.name
            value = given.get(name, Undefined)
            if value is Undefined:
                if not may_be_absent:
                    return None
                sources[name] = absent
                continue
            if (made := coerce(value)) is Undefined:
                return None
            sources[name] = VariableValueSource(signature, value)
            coerced[name] = made
        return VariableValues(sources, coerced)


def _variable(schema: GraphQLSchema, definition: VariableDefinitionNode) -> _Variable | None:
    signature = get_variable_signature(schema, definition)
    if isinstance(signature, GraphQLError):
        return None
    may_be_absent = not is_non_null_type(signature.type) and definition.default_value is None
    return _Variable(signature, VariableValueSource(signature), coercer(signature.type), may_be_absent)
