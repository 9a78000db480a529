"""Overlapping fields: graphql-core's rule at a cost that grows with the document, and not with its square.

The specification's `FieldsInSetCanMerge()` compares fields in pairs. Simon Adameit's observation ("Optimizing the
validation of overlapping fields in GraphQL", sangria's and graphql-java's way) is that all fields of one response path
may be compared at once: those of every parent for the shape of what they return, and those whose parents may be one
object for the field they name and its arguments. https://spec.graphql.org/draft/#sec-Field-Selection-Merging
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    InlineFragmentNode,
    ListValueNode,
    NamedTypeNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    SelectionNode,
    SelectionSetNode,
    ValidationRule,
    ValueNode,
    VariableNode,
    get_named_type,
    is_interface_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    validate,
)
from graphql.validation import ValidationContext

from gateway.transport.limits import too_complex

MAX_WORK: Final = 100_000
"""Selections that may be looked at, the same one in several places counted each time: some 100 ms."""

_MAX_CONFLICTS: Final = 10


class OverlappingFields(ValidationRule):
    """In place of graphql-core's rule of the same meaning, whose words for a conflict it uses.

    Fragments that no operation spreads, and what a fragment holds of itself, are left to the rules against these.
    """

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.work = 0
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        self._conflicts: dict[tuple[int, int], tuple[_Field, _Field]] = {}

    def enter_document(self, document: DocumentNode, *_: Any) -> None:
        """Compare the fields of each operation.

        Raises:
            RequestError: OPERATION_TOO_COMPLEX.
        """
        definitions = document.definitions
        self._fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
        for operation in definitions:
            if not isinstance(operation, OperationDefinitionNode):
                continue
            root = self.context.schema.get_root_type(operation.operation)
            fields = self._collect(operation.selection_set, root, None)
            grouped = self._grouped(fields)
            divergent = self._compare_shapes(grouped)
            self._compare_calls(grouped, divergent)
            self._report(operation)

    def _report(self, operation: OperationDefinitionNode) -> None:
        """Have graphql-core say what is wrong, of the two fields of each conflict and nothing else."""
        for one, other in self._conflicts.values():
            excerpt = _excerpt(operation, one, other)
            for error in validate(self.context.schema, excerpt, [OverlappingFieldsCanBeMergedRule]):
                self.report_error(error)
        self._conflicts.clear()

    def _conflict(self, one: "_Field", other: "_Field") -> None:
        if len(self._conflicts) < _MAX_CONFLICTS:
            self._conflicts[id(one.node), id(other.node)] = (one, other)

    def _compare_shapes(self, grouped: "_Grouped") -> "_Divergent":
        """Compare what the fields of each response path return, whatever their parents are.

        Returns:
            The response paths of which not all fields are the same call, as nested names.
        """
        divergent: _Divergent = {}
        for name, fields in grouped.items():
            first = fields[0]
            known = next((each for each in fields if each.shape), first)
            diverges = False
            if len(fields) > 1:
                other = next((each for each in fields if each.shape and each.shape != known.shape), None)
                streamed = next((each for each in fields if each.is_streamed), None)
                if other is not None:
                    self._conflict(known, other)
                    continue
                if streamed is not None:
                    self._conflict(*((first, streamed) if streamed is not first else (first, fields[1])))
                    continue
                diverges = any(each.call != first.call for each in fields)
            below = self._compare_shapes(self._below(fields))
            if diverges or below:
                divergent[name] = below
        return divergent

    def _compare_calls(self, grouped: "_Grouped", divergent: "_Divergent") -> None:
        """Compare names and arguments of fields that one object may answer, where they are not all the same."""
        for name, below in divergent.items():
            for fields in _together(grouped.get(name, [])):
                self._charge(len(fields))
                first = fields[0]
                other = next((each for each in fields if each.call != first.call), None)
                if other is not None:
                    self._conflict(first, other)
                elif below:
                    self._compare_calls(self._below(fields), below)

    def _below(self, fields: "list[_Field]") -> "_Grouped":
        return self._grouped(each for field in fields for each in self._selected(field))

    def _selected(self, field: "_Field") -> "list[_Field]":
        if field.selected is None:
            inside = field.node.selection_set
            field.selected = [] if inside is None else self._collect(inside, field.named_type, field)
        return field.selected

    def _grouped(self, fields: "Iterable[_Field]") -> "_Grouped":
        """The fields by response name, each node once, however many ways lead to it."""
        grouped: _Grouped = {}
        met: set[int] = set()
        for field in fields:
            node = field.node
            self._charge(1)
            if id(node) not in met:
                met.add(id(node))
                grouped.setdefault((node.alias or node.name).value, []).append(field)
        return grouped

    def _collect(
        self, selection_set: SelectionSetNode, parent: GraphQLNamedType | None, above: "_Field | None"
    ) -> "list[_Field]":
        """The fields of a selection set and of the fragments in it."""
        found: list[_Field] = []
        spread: set[str] = set()

        def collect(
            inside: SelectionSetNode,
            parent: GraphQLNamedType | None,
            conditions: tuple[NamedTypeNode, ...],
            fragments: frozenset[str],
        ) -> None:
            for selection in inside.selections:
                self._charge(1)
                if isinstance(selection, FieldNode):
                    found.append(_Field(selection, parent, above, conditions, fragments))
                    continue
                fragment: InlineFragmentNode | FragmentDefinitionNode | None = None
                within = fragments
                if isinstance(selection, InlineFragmentNode):
                    fragment = selection
                elif isinstance(selection, FragmentSpreadNode):
                    name = selection.name.value
                    if name not in spread and name not in fragments:
                        spread.add(name)
                        within = fragments | {name}
                        fragment = self._fragments.get(name)
                if fragment is None:
                    continue
                condition = fragment.type_condition
                if condition is None:
                    collect(fragment.selection_set, parent, conditions, within)
                else:
                    type_ = self.context.schema.get_type(condition.name.value)
                    collect(fragment.selection_set, type_, (*conditions, condition), within)

        collect(selection_set, parent, (), above.fragments if above else frozenset())
        return found

    def _charge(self, work: int) -> None:
        self.work += work
        if self.work > MAX_WORK:
            raise too_complex(
                "The document has too many fields that overlap: select fewer, or in fewer fragments."
            )


class _Field:
    """A field where it is selected, and what is compared of it."""

    __slots__ = (
        "above", "call", "conditions", "fragments", "is_streamed", "named_type", "node", "parent", "selected", "shape",
    )  # fmt: skip

    def __init__(
        self,
        node: FieldNode,
        parent: GraphQLNamedType | None,
        above: "_Field | None",
        conditions: tuple[NamedTypeNode, ...],
        fragments: frozenset[str],
    ) -> None:
        self.node = node
        self.parent = parent
        self.above = above
        self.conditions = conditions
        self.fragments = fragments
        self.selected: list[_Field] | None = None
        members = parent.fields if is_object_type(parent) or is_interface_type(parent) else {}
        definition = members.get(node.name.value)
        self.named_type = get_named_type(definition.type) if definition else None
        self.shape = _shape(definition.type) if definition else ""
        self.call = (node.name.value, _arguments(node))
        self.is_streamed = any(each.name.value == "stream" for each in node.directives or ())


_Grouped = dict[str, list[_Field]]
_Divergent = dict[str, "_Divergent"]


def _together(fields: list[_Field]) -> list[list[_Field]]:
    """The fields that one object may answer together: different object types are never the same object."""
    concrete: dict[str, list[_Field]] = {}
    abstract: list[_Field] = []
    for field in fields:
        own = field.parent
        (concrete.setdefault(own.name, []) if own is not None and is_object_type(own) else abstract).append(
            field
        )
    return [abstract + each for each in concrete.values()] or ([abstract] if abstract else [])


def _shape(type_: Any) -> str:
    """What two types have in common whose values can be merged: their lists and nulls, and the type of a leaf."""
    wrappers = ""
    while is_list_type(type_) or is_non_null_type(type_):
        wrappers += "[" if is_list_type(type_) else "!"
        type_ = type_.of_type
    return f"{wrappers} {type_.name if is_leaf_type(type_) else '{}'}"


def _arguments(node: FieldNode) -> tuple[tuple[str, Any], ...]:
    if not node.arguments:
        return ()
    return tuple(sorted((each.name.value, _value(each.value)) for each in node.arguments))


def _value(node: ValueNode) -> str:
    """What is equal for equal values; the order of an object's fields is none of it."""
    if isinstance(node, ObjectValueNode):
        return "{" + ",".join(sorted(f"{each.name.value}:{_value(each.value)}" for each in node.fields)) + "}"
    if isinstance(node, ListValueNode):
        return "[" + ",".join(_value(each) for each in node.values) + "]"
    if isinstance(node, VariableNode):
        return "$" + node.name.value
    return f"{node.kind} {getattr(node, 'value', None)!r} {getattr(node, 'block', None) is True}"


def _excerpt(operation: OperationDefinitionNode, one: _Field, other: _Field) -> DocumentNode:
    """An operation of two fields, and those they are selected in, at their places in the text."""
    selection_set = SelectionSetNode(selections=_branches(_path(one), _path(other)))
    alone = replace(operation, selection_set=selection_set, variable_definitions=(), directives=())
    return DocumentNode(definitions=(alone,))


def _path(field: _Field) -> list[_Field]:
    path = [field]
    while path[-1].above is not None:
        path.append(path[-1].above)
    return path[::-1]


def _branches(one: list[_Field], other: list[_Field]) -> tuple[SelectionNode, ...]:
    if one and other and one[0] is other[0]:
        return (_selection(one[0], _branches(one[1:], other[1:])),)
    return (*_branch(one), *_branch(other))


def _branch(path: list[_Field]) -> tuple[SelectionNode, ...]:
    return (_selection(path[0], _branch(path[1:])),) if path else ()


def _selection(field: _Field, inside: tuple[SelectionNode, ...]) -> SelectionNode:
    own = field.node.selection_set
    selection: SelectionNode = replace(
        field.node, selection_set=SelectionSetNode(selections=inside) if own is not None and inside else None
    )
    for condition in reversed(field.conditions):
        selection = InlineFragmentNode(
            type_condition=condition, selection_set=SelectionSetNode(selections=(selection,))
        )
    return selection
