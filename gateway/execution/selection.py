"""What an operation asks for below a place: the names of fields, and the columns that they read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_object_type,
)
from graphql.language import FragmentSpreadNode, InlineFragmentNode

from gateway.execution.sources import Relation, columns_of, is_plain_attribute, source_of

Fragments = Mapping[str, FragmentDefinitionNode]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is selected below a field, for the function that supplies the field's value.

    Attributes:
        names: GraphQL names joined by dots, down to the next relation: `edges.node`, `totalCount`.
        columns: those of the row itself, or of the rows inside a page, sorted. They are attributes that were
            declared with column(), computed() or a relation's key, and are reached through plain attributes such as
            `edges`, `node` and `nodes`.
        has_relations: whether there are relations among the names.
    """

    names: frozenset[str]
    columns: tuple[str, ...]
    has_relations: bool = False


def select(
    schema: GraphQLSchema,
    return_type: GraphQLOutputType,
    nodes: Iterable[FieldNode],
    fragments: Fragments,
    variables: Mapping[str, Any],
) -> Selection:
    """Return what is selected below the nodes of one field.

    Args:
        schema: that the document was validated against.
        return_type: the type of the field.
        nodes: all fields of a valid document that share the field's response key.
        fragments: those of the document, by name.
        variables: the coerced values by name, which decide about @skip and @include.
    """
    walk = _ColumnWalk(schema, fragments, variables)
    walk.below(get_named_type(return_type), _selection_sets(nodes), "", own=True)
    return Selection(frozenset(walk.names), tuple(sorted(walk.columns)), walk.has_relations)


class _ColumnWalk:
    """Collects names and columns of one place."""

    def __init__(self, schema: GraphQLSchema, fragments: Fragments, variables: Mapping[str, Any]) -> None:
        self.schema = schema
        self.fragments = fragments
        self.variables = variables
        self.names: set[str] = set()
        self.columns: set[str] = set()
        self.has_relations = False

    def below(
        self, parent: GraphQLNamedType, selection_sets: list[SelectionSetNode], prefix: str, own: bool
    ) -> None:
        """Visit the fields of an object.

        Args:
            parent: the object's type, which may be abstract.
            selection_sets: everything that is selected on the object.
            prefix: what the names below begin with; empty, or names that end in a dot.
            own: whether the object's columns are those of the place's rows.
        """
        for object_type in possible_types(self.schema, parent):
            for name, nodes in self.fields(object_type, selection_sets).items():
                self.names.add(prefix + name)
                field = object_type.fields.get(name)
                if field is None:
                    continue
                if own:
                    self.columns.update(columns_of(field))
                if isinstance(source_of(field), Relation):
                    self.has_relations = True
                elif inner := _selection_sets(nodes):
                    plain = own and is_plain_attribute(field)
                    self.below(get_named_type(field.type), inner, f"{prefix}{name}.", plain)

    def fields(
        self, object_type: GraphQLObjectType, selection_sets: list[SelectionSetNode]
    ) -> dict[str, list[FieldNode]]:
        """Return the field nodes by field name: aliases do not matter here."""
        fields: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        pending: list[SelectionNode] = [node for nodes in selection_sets for node in nodes.selections]
        while pending:
            node = pending.pop()
            if not is_included(node, self.variables):
                continue
            if isinstance(node, FieldNode):
                fields.setdefault(node.name.value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if applies(self.schema, node, object_type):
                    pending.extend(node.selection_set.selections)
            elif isinstance(node, FragmentSpreadNode) and (name := node.name.value) not in seen:
                seen.add(name)
                fragment = self.fragments.get(name)
                if fragment is not None and applies(self.schema, fragment, object_type):
                    pending.extend(fragment.selection_set.selections)
        return fields


def _selection_sets(nodes: Iterable[FieldNode]) -> list[SelectionSetNode]:
    # A fragment spread in two places brings the same node twice: visiting it once keeps doubling fragments
    # linear.
    distinct = {id(node.selection_set): node.selection_set for node in nodes if node.selection_set}
    return list(distinct.values())


def possible_types(schema: GraphQLSchema, named_type: GraphQLNamedType) -> Iterable[GraphQLObjectType]:
    """Return the object types that a value of the type may have; none for a leaf type."""
    if is_object_type(named_type):
        return (named_type,)
    return schema.get_possible_types(named_type) if is_abstract_type(named_type) else ()


def applies(
    schema: GraphQLSchema,
    fragment: InlineFragmentNode | FragmentDefinitionNode,
    object_type: GraphQLObjectType,
) -> bool:
    """Tell whether a fragment's type condition holds for an object type (GraphQL, section 6.3.2)."""
    if fragment.type_condition is None:
        return True
    condition = schema.get_type(fragment.type_condition.name.value)
    return condition is object_type or (
        is_abstract_type(condition) and schema.is_sub_type(condition, object_type)
    )


def is_included(node: SelectionNode, variables: Mapping[str, Any]) -> bool:
    """Tell whether @skip and @include let a selection pass (GraphQL, sections 3.13.1 and 3.13.2)."""
    for directive in node.directives or ():
        name = directive.name.value
        if name in ("skip", "include") and directive.arguments:
            value: Any = directive.arguments[0].value
            given = variables.get(value.name.value) if isinstance(value, VariableNode) else value.value
            if bool(given) is (name == "skip"):
                return False
    return True


def columns_by_type(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments
) -> Mapping[str, tuple[str, ...]]:
    """Return the columns that an operation reads of each object type, anywhere, by the type's GraphQL name.

    @skip and @include are ignored, so the answer holds for every value of the variables. A selection on an
    interface or union counts for all its possible types.
    """
    columns: dict[str, set[str]] = {}
    root = schema.get_root_type(operation.operation)
    pending: list[tuple[GraphQLNamedType | None, SelectionSetNode]] = [(root, operation.selection_set)]
    for fragment in fragments.values():
        pending.append((schema.get_type(fragment.type_condition.name.value), fragment.selection_set))
    while pending:
        parent, selection_set = pending.pop()
        if parent is not None:
            for object_type in possible_types(schema, parent):
                for field in _direct_fields(object_type, selection_set):
                    columns.setdefault(object_type.name, set()).update(columns_of(field))
            pending.extend(_inner(schema, parent, selection_set))
    return {name: tuple(sorted(found)) for name, found in columns.items() if found}


def _direct_fields(object_type: GraphQLObjectType, selection_set: SelectionSetNode) -> Iterator[Any]:
    for node in selection_set.selections:
        if isinstance(node, FieldNode) and node.name.value in object_type.fields:
            yield object_type.fields[node.name.value]


def _inner(
    schema: GraphQLSchema, parent: GraphQLNamedType, selection_set: SelectionSetNode
) -> Iterator[tuple[GraphQLNamedType | None, SelectionSetNode]]:
    for node in selection_set.selections:
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            yield (schema.get_type(condition.name.value) if condition else parent), node.selection_set
        elif isinstance(node, FieldNode) and node.selection_set:
            field = getattr(parent, "fields", {}).get(node.name.value)
            if field is not None:
                yield get_named_type(field.type), node.selection_set
