"""How many objects an operation may return at most, by the page sizes that it asks for."""

from collections.abc import Mapping
from typing import Any, Final

from graphql import (
    GRAPHQL_MAX_INT,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)

DEFAULT_PAGE: Final = 50  # objects in a page whose size is not given


class Complexity:
    """Counts the objects of one operation; each fragment is counted once per page size it is met with.

    A list field counts its ``first`` or ``last`` (the schema's default, else 50, when not given), or as many
    as it is given ``ids``, times what it selects; a connection hands its page size on to its lists. Selections
    that @skip or @include leaves out count too, so the count depends on page sizes alone.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._defaults = {
            d.variable.name.value: d.default_value for d in operation.variable_definitions or ()
        }
        self._counted: dict[tuple[str, int | None], int] = {}
        self.size_variables: set[str] = set()
        """Names of the variables that the count depends on."""
        root = schema.get_root_type(operation.operation)
        self.objects = self._selections(root, operation.selection_set, None) if root else 0
        """The number of objects."""

    def _selections(self, parent: Any, selection_set: SelectionSetNode, page: int | None) -> int:
        total = 0
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                name = selection.name.value
                if not name.startswith("__"):
                    total += self._field(parent.fields[name], selection, page)
            elif isinstance(selection, FragmentSpreadNode):
                total += self._fragment(selection.name.value, page)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                inside = self._schema.get_type(condition.name.value) if condition else parent
                total += self._selections(inside, selection.selection_set, page)
        return total

    def _fragment(self, name: str, page: int | None) -> int:
        key = (name, page)
        if key not in self._counted:
            fragment = self._fragments[name]
            parent = self._schema.get_type(fragment.type_condition.name.value)
            self._counted[key] = self._selections(parent, fragment.selection_set, page)
        return self._counted[key]

    def _field(self, definition: GraphQLField, node: FieldNode, page: int | None) -> int:
        is_list = is_list_type(get_nullable_type(definition.type))
        named: GraphQLNamedType = get_named_type(definition.type)
        size = self._size(definition, node)
        if is_leaf_type(named) or node.selection_set is None:
            return size if is_list and size is not None else 0
        if not is_list:
            return 1 + self._selections(named, node.selection_set, size)
        count = size if size is not None else page if page is not None else 1
        return count * (1 + self._selections(named, node.selection_set, None))

    def _size(self, definition: GraphQLField, node: FieldNode) -> int | None:
        given = {argument.name.value: self._value(argument.value) for argument in node.arguments or ()}
        sizes = [page_size(given[name]) for name in ("first", "last") if given.get(name) is not None]
        if given.get("ids") is not None:
            sizes.append(len(given["ids"]) if isinstance(given["ids"], list) else 1)
        if sizes:
            return max(sizes)
        if "first" not in definition.args:
            return None
        default = definition.args["first"].default_value
        return default if isinstance(default, int) else DEFAULT_PAGE

    def _value(self, node: ValueNode | None) -> Any:
        """A number, a list (of anything), None for null or absent, or something else that is none of them."""
        match node:
            case VariableNode():
                name = node.name.value
                self.size_variables.add(name)
                known = name in self._variables
                return self._variables[name] if known else self._value(self._defaults.get(name))
            case IntValueNode() if len(node.value) <= 10:
                return int(node.value)
            case ListValueNode():
                return [None] * len(node.values)
            case NullValueNode() | None:
                return None
        return node


def page_size(value: Any) -> int:
    """The objects that a page of that size has; what is no Int counts as 1, since coercion will refuse it."""
    return max(0, value) if isinstance(value, int) and value <= GRAPHQL_MAX_INT else 1


def size_key(value: Any) -> tuple[str, int]:
    """All that the count can depend on of a variable's value."""
    return (
        ("list", len(value))
        if isinstance(value, list)
        else ("null" if value is None else "", page_size(value))
    )
