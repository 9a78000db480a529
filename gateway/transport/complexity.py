"""What an operation may return at most, in objects and values, by the page sizes that it asks for."""

from collections.abc import Mapping
from functools import lru_cache
from math import ceil
from typing import Any, Final, NamedTuple

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
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
)

DEFAULT_PAGE: Final = 50  # objects in a page whose size is not given

DEFERRED_PRICE: Final = 10  # of a fragment, or the rest of a list, that may come later
JSON_PRICE: Final = 20  # of a value that may be a document of its own
ITEM_PRICE: Final = 10  # of an item that is computed one by one, as the runs of a schedule are
ALIASES: Final = 10  # values of an object beyond the fields that its type has; clients need a few
ALIAS_PRICE: Final = 2_000  # of each beyond these, which repeats what may be a long text
SKEW: Final = 2  # how much larger a list may be expected than lists of its kind are on average

Rows = Mapping[str, int]
"""How many rows there are, by the name of their GraphQL type, as far as that is known."""


class _Inside(NamedTuple):
    """What is selected inside an object: the price of the objects there, and the prices of its own values by key."""

    objects: float
    values: Mapping[str, int]


class Complexity:
    """The price of one operation; each fragment is counted once per page size it is met with.

    An object counts 1, and each of its values 1 or more. A list field counts its ``first`` or ``last`` (the schema's
    default, else 50, when not given), or as many as it is given ``ids``, times what it selects; a connection hands its
    page size on to its lists, and those of introspection have the mean length of the schema's. A fragment or list that
    may come later counts DEFERRED_PRICE more. Selections that @skip or @include leaves out count too, so the count
    depends on page sizes alone.

    Args:
        rows: where they are given, a list is not expected to be longer than all rows of its type, nor than twice the
            mean number of children that rows of its parent's type have.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        rows: Rows | None = None,
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._rows = rows
        self._defaults = {
            d.variable.name.value: d.default_value for d in operation.variable_definitions or ()
        }
        self._counted: dict[tuple[str, int | None], _Inside] = {}
        self.size_variables: set[str] = set()
        """Names of the variables that the price depends on."""
        root = schema.get_root_type(operation.operation)
        inside = self._selections(root, operation.selection_set, None) if root else _Inside(0, {})
        self.price = ceil(inside.objects + sum(inside.values.values()))
        """Of the whole operation."""

    def _selections(self, parent: Any, selection_set: SelectionSetNode, page: int | None) -> _Inside:
        objects, values = 0.0, dict[str, int]()
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                name = selection.name.value
                if is_later(selection):
                    objects += DEFERRED_PRICE
                definition = self._schema.get_field(parent, name)
                if definition is not None and name != "__typename":
                    objects += self._field(parent, definition, selection, page, values)
                continue
            if isinstance(selection, FragmentSpreadNode):
                inside = self._fragment(selection.name.value, page)
            else:
                assert isinstance(selection, InlineFragmentNode)
                condition = selection.type_condition
                applied = self._schema.get_type(condition.name.value) if condition else parent
                inside = self._selections(applied, selection.selection_set, page)
            objects += inside.objects
            if is_later(selection):  # what it has in common with others may come again
                objects += DEFERRED_PRICE + sum(inside.values.values())
            else:
                values.update(inside.values)
        return _Inside(objects, values)

    def _fragment(self, name: str, page: int | None) -> _Inside:
        key = (name, page)
        if key not in self._counted:
            fragment = self._fragments[name]
            parent = self._schema.get_type(fragment.type_condition.name.value)
            self._counted[key] = self._selections(parent, fragment.selection_set, page)
        return self._counted[key]

    def _field(
        self, parent: Any, definition: GraphQLField, node: FieldNode, page: int | None, values: dict[str, int]
    ) -> float:
        """The price of a field's objects; that of a value goes to ``values``."""
        is_list = is_list_type(get_nullable_type(definition.type))
        named: GraphQLNamedType = get_named_type(definition.type)
        size = self._size(definition, node)
        if is_leaf_type(named) or node.selection_set is None:
            price = JSON_PRICE if named.name == "JSON" else 1
            key = node.alias.value if node.alias else node.name.value
            values[key] = max(1, size * ITEM_PRICE) if is_list and size is not None else price
            return 0
        if parent.name.startswith("__"):
            mean = _means(self._schema).get(f"{parent.name}.{node.name.value}", 1)
            return mean * self._object(named, node.selection_set, None)
        if not is_list:
            return self._object(named, node.selection_set, self._expected(parent, named, size))
        count = size if size is not None else page if page is not None else 1
        return count * self._object(named, node.selection_set, None)

    def _object(self, type_: Any, selection_set: SelectionSetNode, page: int | None) -> float:
        objects, values = self._selections(type_, selection_set, page)
        possible = self._schema.get_possible_types(type_) if is_abstract_type(type_) else (type_,)
        repeated = len(values) - ALIASES - sum(len(each.fields) for each in possible)
        return 1 + objects + sum(values.values()) + max(0, repeated) * ALIAS_PRICE

    def _expected(self, parent: Any, connection: Any, size: int | None) -> int | None:
        """How long a page is expected to be, of a connection that is asked for so many."""
        if size is None or self._rows is None or "nodes" not in getattr(connection, "fields", ()):
            return size
        total = self._rows.get(get_named_type(connection.fields["nodes"].type).name)
        if total is None:
            return size
        parents = self._rows.get(parent.name)
        return min(size, total if parents is None else ceil(SKEW * total / max(1, parents)))

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


@lru_cache(maxsize=8)
def _means(schema: GraphQLSchema) -> Mapping[str, float]:
    """How many objects the fields of introspection have on average; those that are left out have one."""
    types: Any = schema.type_map.values()
    inputs = sum(len(each.fields) for each in types if is_input_object_type(each))
    fields = [field for each in types for field in getattr(each, "fields", {}).values()]
    outputs = len(fields) - inputs
    return {
        "__Schema.types": len(types),
        "__Schema.directives": len(schema.directives),
        "__Type.fields": outputs / len(types),
        "__Type.inputFields": inputs / len(types),
        "__Type.enumValues": sum(len(each.values) for each in types if is_enum_type(each)) / len(types),
        "__Type.interfaces": sum(len(getattr(each, "interfaces", ())) for each in types) / len(types),
        "__Type.ofType": 1 / 2,
        "__Field.args": sum(len(getattr(each, "args", ())) for each in fields) / max(1, outputs),
    }


def is_later(selection: SelectionNode) -> bool:
    """Whether a selection has @defer or @stream, whatever their arguments say."""
    return bool(selection.directives) and any(
        each.name.value in ("defer", "stream") for each in selection.directives or ()
    )


def page_size(value: Any) -> int:
    """The objects that a page of that size has; what is no Int counts as 1, since coercion will refuse it.

    A number without a fraction is one however it is written, as 1e3 (GraphQL, section 3.5.1).
    """
    is_int = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return max(0, int(value)) if is_int and value <= GRAPHQL_MAX_INT else 1


def size_key(value: Any) -> tuple[str, int]:
    """All that the count can depend on of a variable's value."""
    return (
        ("list", len(value))
        if isinstance(value, list)
        else ("null" if value is None else "", page_size(value))
    )
