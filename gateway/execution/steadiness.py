"""Whether an answer follows from what is stored, and from what its caller may see, alone."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    get_named_type,
    value_from_ast_untyped,
)

from gateway.execution.selection import Fragments, possible_types
from gateway.execution.sources import definition_of

Arguments = Mapping[str, Any]

VARIES: Final = "varies"
"""The key, in Strawberry's `metadata`, of a predicate of a field's arguments as they came: whether its value depends on
something else, such as the clock, who asks, or rows whose changes nobody is told of."""


def always(arguments: Arguments) -> bool:
    """The predicate of a field whose value varies whatever its arguments are."""
    return True


class Steadiness:
    """What of an operation may vary.

    Args:
        fragments: of its document, by name; those that it does not use count as well.
    """

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments
    ) -> None:
        self._defaults = {
            each.variable.name.value: value_from_ast_untyped(each.default_value)
            for each in operation.variable_definitions or ()
            if each.default_value is not None
        }
        self._varying: list[tuple[Callable[[Arguments], bool], Mapping[str, ValueNode]]] = []
        self._pending: list[tuple[GraphQLNamedType | None, SelectionSetNode]] = [
            (schema.get_root_type(operation.operation), operation.selection_set),
            *(
                (schema.get_type(each.type_condition.name.value), each.selection_set)
                for each in fragments.values()
            ),
        ]
        while self._pending:
            parent, selection_set = self._pending.pop()
            for node in selection_set.selections if parent is not None else ():
                if isinstance(node, InlineFragmentNode):
                    condition = node.type_condition
                    inner = schema.get_type(condition.name.value) if condition else parent
                    self._pending.append((inner, node.selection_set))
                elif isinstance(node, FieldNode):
                    assert parent is not None
                    self._visit(schema, parent, node)

    def holds(self, variables: Mapping[str, Any]) -> bool:
        """Whether the answer does not vary.

        Args:
            variables: as they came.
        """
        if not self._varying:
            return True
        values = {**self._defaults, **variables}
        return not any(
            varies({name: value_from_ast_untyped(value, values) for name, value in arguments.items()})
            for varies, arguments in self._varying
        )

    def _visit(self, schema: GraphQLSchema, parent: GraphQLNamedType, node: FieldNode) -> None:
        types: tuple[Any, ...] = (parent, *possible_types(schema, parent))
        name = node.name.value
        fields = [each.fields[name] for each in types if name in getattr(each, "fields", {})]
        for each in fields:
            definition = definition_of(each)
            varies = definition.metadata.get(VARIES) if definition is not None else None
            if varies is not None:
                given = {argument.name.value: argument.value for argument in node.arguments or ()}
                self._varying.append((varies, given))
        if node.selection_set and fields:
            self._pending.append((get_named_type(fields[0].type), node.selection_set))
