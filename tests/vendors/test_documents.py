"""The GraphQL equivalents select all that their vendor's answers show, whether an example has a value for it or not."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any, get_args, get_type_hints, is_typeddict

import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    parse,
    validate,
)

from gateway.db.tables import organizations
from gateway.execution.sources import Column, columns_of, source_of
from gateway.rest.documents import document
from gateway.rest.vendor import Endpoint, Vendor
from gateway.schema.rows import ROW_TYPES
from gateway.schema.schema import make_schema
from gateway.shapes.shape import ASIDE, Beside, Child, Children, Owner, Parent, Shape
from gateway.vendors import VENDORS

SCHEMA = make_schema()._schema
TABLES = {row_class.__name__: rows.table for row_class, rows in ROW_TYPES.items()}
SPELLINGS = {"extra", "status_case"}
"""How a document writes something, which the graph says in one way."""

ENDPOINTS = [(vendor, each) for vendor in VENDORS for each in vendor.served if each.document is not None]


def bodies(hint: Any) -> Iterator[Any]:
    """Every TypedDict in a hint."""
    if is_typeddict(hint):
        yield hint
        for inner in get_type_hints(hint).values():
            yield from bodies(inner)
    for inner in get_args(hint):
        yield from bodies(inner)


def shapes_of(vendor: Vendor) -> list[Shape]:
    """Every shape of a vendor, nested ones included."""
    found = [
        each for each in vars(sys.modules[f"{vendor.package}.shapes"]).values() if isinstance(each, Shape)
    ]
    for shape in found:
        found += [
            each.shape for each in shape.nested if not isinstance(each, ASIDE) and each.shape not in found
        ]
    return found


def attributes(code: CodeType) -> set[str]:
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return set(code.co_names).union(*map(attributes, inner))


def shown(shape: Shape, among: list[Shape]) -> set[str]:
    """The columns that an object shows: those that its outgoing function names, and those that name its parents.

    Which parent a row is listed under is known without asking.
    """
    keys = {
        nested.key
        for other in among
        for nested in other.nested
        if isinstance(nested, Children | Child) and nested.shape is shape
    }
    parents = {each.column for each in shape.nested if isinstance(each, Parent)}
    named = attributes(shape.outgoing.__code__) & set(shape.table.c.keys())
    return (named | parents | set(shape.more_columns)) - keys - SPELLINGS


def wanted(vendor: Vendor, endpoint: Endpoint[Any]) -> dict[str, list[set[str]]]:
    """By table, the columns of each shape that an endpoint's answer may hold."""
    found: dict[str, list[set[str]]] = {}
    inside = list(bodies(endpoint.response))
    every = shapes_of(vendor)
    for shape in every:
        if shape.body in inside:
            found.setdefault(shape.table.name, []).append(shown(shape, every))
            for each in shape.nested:
                if isinstance(each, Owner) and each.column not in SPELLINGS:
                    found[organizations.name] = [{each.column}]
                if isinstance(each, Beside):
                    found[each.table.name] = [set(each.columns)]
    return found


class Selections:
    """The selection sets of a document.

    Attributes:
        found: of each its object type, its fields, those of fragments included, and where one more field belongs.
    """

    def __init__(self, text: str) -> None:
        definitions = parse(text).definitions
        self._fragments = {
            each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)
        }
        self.found: list[tuple[GraphQLObjectType, list[FieldNode], SelectionSetNode]] = []
        [operation] = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        self._walk(SCHEMA.query_type, operation.selection_set)

    def _fields(self, selections: SelectionSetNode) -> Iterator[FieldNode]:
        for each in selections.selections:
            if isinstance(each, FragmentSpreadNode):
                yield from self._fields(self._fragments[each.name.value].selection_set)
            else:
                assert isinstance(each, FieldNode)
                yield each

    def _walk(self, object_type: GraphQLObjectType, selections: SelectionSetNode) -> None:
        fields = list(self._fields(selections))
        spread = next((each for each in selections.selections if isinstance(each, FragmentSpreadNode)), None)
        own = self._fragments[spread.name.value].selection_set if spread else selections
        self.found.append((object_type, fields, own))
        for field in fields:
            if field.selection_set is not None:
                inner = get_named_type(object_type.fields[field.name.value].type)
                self._walk(inner, field.selection_set)

    def below(self, object_type: GraphQLObjectType, fields: list[FieldNode]) -> set[str]:
        """The tables whose rows are selected right below an object, in lists and alone."""
        found: set[str] = set()
        for field in fields:
            if field.selection_set is None:
                continue
            inner = get_named_type(object_type.fields[field.name.value].type)
            table = TABLES.get(inner.name)
            if table is None:
                found |= self.below(inner, list(self._fields(field.selection_set)))
            else:
                found.add(table.name)
        return found


def nested_wanted(vendor: Vendor, endpoint: Endpoint[Any]) -> dict[str, list[set[str]]]:
    """By table, the tables of what is nested in each shape that an endpoint's answer may hold."""
    inside = list(bodies(endpoint.response))
    found: dict[str, list[set[str]]] = {}
    for shape in shapes_of(vendor):
        if shape.body in inside:
            nested = {
                each.shape.table.name
                for each in shape.nested
                if not isinstance(each, ASIDE) and each.shape.body in inside
            }
            found.setdefault(shape.table.name, []).append(nested)
    return found


def forgotten(selections: Selections, nested: dict[str, list[set[str]]]) -> list[str]:
    """What is nested in an answer and selected nowhere below its object, as ``Type table``."""
    found = []
    tables = {table.name for each in selections.found if (table := TABLES.get(each[0].name)) is not None}
    for object_type, fields, _ in selections.found:
        table = TABLES.get(object_type.name)
        if table is not None and table.name in nested:
            selected = selections.below(object_type, fields)
            least = min((each - selected for each in nested[table.name]), key=len)
            found += [f"{object_type.name} {name}" for name in sorted(least)]
    return found + [f"Query {name}" for name in sorted(nested.keys() - tables)]


def lacking(vendor: Vendor, endpoint: Endpoint[Any]) -> Iterator[tuple[SelectionSetNode, str, str]]:
    """What a document leaves out: where it belongs, the type, the column. Each is asked of every place of its type."""
    columns_wanted = wanted(vendor, endpoint)
    for object_type, fields, place in Selections(document(vendor.package, endpoint.document)).found:
        table = TABLES.get(object_type.name)
        if table is None or table.name not in columns_wanted:
            continue
        selected = {column for field in fields for column in columns_of(object_type.fields[field.name.value])}
        least = min((each - selected for each in columns_wanted[table.name]), key=len)
        yield from ((place, object_type.name, column) for column in sorted(least))


@pytest.mark.parametrize(
    ("vendor", "endpoint"), ENDPOINTS, ids=[f"{vendor.name}-{each.document}" for vendor, each in ENDPOINTS]
)
def test_a_document_selects_every_column_that_the_answer_shows(vendor, endpoint) -> None:
    """``python -m tests.vendors.test_documents`` puts in what is lacking."""
    assert [f"{type_name} {column}" for _, type_name, column in lacking(vendor, endpoint)] == []


@pytest.mark.parametrize(
    ("vendor", "endpoint"), ENDPOINTS, ids=[f"{vendor.name}-{each.document}" for vendor, each in ENDPOINTS]
)
def test_a_document_selects_every_list_and_object_that_the_answer_nests(vendor, endpoint) -> None:
    selections = Selections(document(vendor.package, endpoint.document))
    assert forgotten(selections, nested_wanted(vendor, endpoint)) == []


def test_a_document_that_forgets_a_list_is_caught() -> None:
    for vendor, name, text, lacks in (
        ("opal", "request", "comments(first: 1000)", ["ConnectionRequest comments", "Query comments"]),
        (
            "opal",
            "relay",
            "requestedItems(first: 1000)",
            ["ConnectionRequest requested_items", "Query requested_items"],
        ),
        (
            "crux",
            "requests",
            "integrations(first: 1000)",
            ["ConnectionRequest integrations", "Query integrations"],
        ),
        ("crux", "request", "person", ["Approval people", "Query people"]),
        ("openint", "connection", "connector", ["Query connectors"]),
    ):
        [(owner, endpoint)] = [
            each for each in ENDPOINTS if (each[0].name, each[1].document) == (vendor, name)
        ]
        whole = document(owner.package, name)
        without = re.sub(rf"\n( *){re.escape(text)}[^\n]* {{\n(?:\1 .*\n)*\1}}", r"\n\1__typename", whole)
        assert without != whole, name
        assert forgotten(Selections(without), nested_wanted(owner, endpoint)) == lacks


def test_what_is_shown_is_known_of_every_answer() -> None:
    assert {f"{vendor.name} {each.document}": sorted(wanted(vendor, each)) for vendor, each in ENDPOINTS} == {
        "crux requests": ["approvals", "connection_requests", "files", "integrations", "people"],
        "crux connections": ["approvals", "people"],
        "crux request": ["approvals", "connection_requests", "files", "integrations", "people"],
        "opal requests": ["comments", "connection_requests", "requested_items"],
        "opal relay": ["comments", "connection_requests", "requested_items"],
        "opal request": ["comments", "connection_requests", "requested_items"],
        "opal comments": ["comments", "connection_requests", "people"],
        "activecampaign connections": ["connected_accounts", "organizations"],
        "activecampaign connection": ["connected_accounts", "organizations"],
        "activecampaign probe": [],
        "activecampaign me": [],
        "openint connections": ["connected_accounts", "connector_integrations", "connectors"],
        "openint connection": ["connected_accounts", "connector_integrations", "connectors"],
        "openint connectors": ["connectors"],
        "openint viewer": [],
    }


def complete(vendor: Vendor, endpoint: Endpoint[Any]) -> None:
    """Put what a document lacks at the end of the selections where it belongs."""
    path = Path(sys.modules[vendor.package].__file__).parent / "documents" / f"{endpoint.document}.graphql"
    while missing := next(lacking(vendor, endpoint), None):
        place, type_name, column = missing
        fields = SCHEMA.get_type(type_name).fields.items()
        leaves = [
            (not isinstance(source_of(field), Column), name)
            for name, field in fields
            if columns_of(field) == (column,) and is_leaf_type(get_named_type(field.type))
        ]
        if not leaves:
            sys.exit(f"{path}: no field of {type_name} is the column {column}. Select what shows it by hand.")
        text = path.read_text("utf-8")
        before, after = text[: place.loc.end - 1].rstrip(), text[place.loc.end - 1 :]
        indentation = before.rpartition("\n")[2]
        indentation = indentation[: len(indentation) - len(indentation.lstrip())]
        path.write_text(f"{before}\n{indentation}{min(leaves)[1]}\n{indentation[2:]}{after}", "utf-8")
        document.cache_clear()


if __name__ == "__main__":
    for vendor, endpoint in ENDPOINTS:
        complete(vendor, endpoint)


MUTATIONS = [(vendor, each) for vendor in VENDORS for each in vendor.served if each.mutation is not None]


@pytest.mark.parametrize(
    ("vendor", "endpoint"),
    MUTATIONS,
    ids=lambda each: each.operation_id if isinstance(each, Endpoint) else each.name,
)
def test_a_writes_equivalent_is_a_mutation_that_tries_first(vendor, endpoint):
    parsed = parse(document(vendor.package, endpoint.mutation))
    assert validate(SCHEMA, parsed) == []
    [operation] = parsed.definitions
    assert operation.operation is OperationType.MUTATION
    [dry_run] = [each for each in operation.variable_definitions if each.variable.name.value == "dryRun"]
    assert dry_run.default_value.value is True
