"""A plan as text: each field at its place, where its value comes from, and which columns that reads."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    get_variable_values,
    is_abstract_type,
    is_object_type,
)
from graphql.execution.collect_fields import FragmentDetails

from gateway.execution.operations import Facts
from gateway.execution.plan import FieldPlan, Kind, ObjectPlan, Plan
from gateway.execution.sources import Column, Computed, Relation

_MAX_ERRORS = 50
_NAMED = 3  # types, of those that are selected alike


def outline(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> str:
    """What a plan does for an operation of a valid document, one line a field, indented by its depth.

    Args:
        variables: as they came.

    Raises:
        GraphQLError: the variables do not fit the operation, or a directive's arguments are wrong.
    """
    definitions = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
    fragments = {each.name.value: each for each in definitions}
    facts = Facts(schema, operation, fragments)
    if facts.uncovered:
        return f"No plan covers it ({facts.uncovered}): graphql-core runs it field by field."
    values = get_variable_values(schema, operation.variable_definitions or (), dict(variables), _MAX_ERRORS)
    if isinstance(values, list):
        raise values[0]
    details = {name: FragmentDetails(each, None) for name, each in fragments.items()}
    plan = Plan(schema, operation, details, values)
    return "\n".join(_lines(plan.root, values, 0))


def _lines(selected: ObjectPlan, values: Any, depth: int) -> Iterator[str]:
    for field in selected.fields:
        name = field.nodes[0].name.value
        shown = name if name == field.key else f"{field.key}: {name}"
        yield f"{'  ' * depth + shown:<40} {_origin(field)}".rstrip()
        yield from _below(field, values, depth + 1)


def _below(field: FieldPlan, values: Any, depth: int) -> Iterator[str]:
    schema, named = field.plan.schema, get_named_type(field.field.type)
    if field.kind is Kind.INTROSPECTION:
        return
    if is_object_type(named):
        yield from _lines(field.object_plan(named, values), values, depth)
    elif is_abstract_type(named):
        alike: dict[tuple[str, ...], list[ObjectPlan]] = {}
        for possible in schema.get_possible_types(named):
            plan = field.object_plan(possible, values)
            alike.setdefault(tuple(plan.keys), []).append(plan)
        for plans in sorted(alike.values(), key=len):
            names = ", ".join(each.type.name for each in plans)
            yield f"{'  ' * depth}… on {names if len(plans) <= _NAMED else 'every other type'}"
            yield from _lines(plans[0], values, depth + 1)


def _origin(field: FieldPlan) -> str:
    match field.kind, field.source:
        case Kind.ATTRIBUTE, Column():
            return f"column {field.attribute}"
        case Kind.ATTRIBUTE, _:
            return ""
        case Kind.COMPUTED, Computed(function=function, columns=columns):
            return f"computed by {function.__name__}({', '.join(columns)})"
        case Kind.RELATION, Relation(key=key):
            return f"relation of {key}, one call for all parents{_reading(field)}"
        case Kind.ROOT, _:
            return f"root field{_reading(field)}"
        case Kind.INTROSPECTION, _:
            return "introspection, with all below it"
        case Kind.RESOLVER, _:
            return "resolver, called for each parent"
    return field.kind.name.lower()


def _reading(field: FieldPlan) -> str:
    columns = field.selection.columns if field.selection is not None else ()
    return f"; reads {', '.join(columns)}" if columns else ""
