"""Selections: the names and columns below a place, and the columns of a whole operation."""

from typing import Any

import pytest
from graphql import FieldNode, FragmentDefinitionNode, OperationDefinitionNode, parse

from gateway.execution.selection import Selection, columns_by_type, select
from tests.execution.library import schema

core = schema._schema


def split(text: str) -> tuple[OperationDefinitionNode, dict[str, FragmentDefinitionNode]]:
    operation, *fragments = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation, {
        each.name.value: each for each in fragments if isinstance(each, FragmentDefinitionNode)
    }


def selected(text: str, **variables: Any) -> Selection:
    """The selection below the one root field of a query."""
    operation, fragments = split(text)
    nodes = [each for each in operation.selection_set.selections if isinstance(each, FieldNode)]
    return select(core, core.query_type.fields[nodes[0].name.value].type, nodes, fragments, variables)


@pytest.mark.parametrize(
    ("text", "names", "columns"),
    [
        ("{ author(id: 1) { name } }", {"name"}, ("name",)),
        ("{ author(id: 1) { a: name b: uuid id } }", {"name", "uuid", "id"}, ("id", "name")),
        ("{ author(id: 1) { greeting } }", {"greeting"}, ("name", "nickname")),
        ("{ author(id: 1) { knownAs } }", {"knownAs"}, ("name", "nickname")),
        ("{ author(id: 1) { best { title author { name } } } }", {"best"}, ("best_id",)),
        ("{ author(id: 1) { books { totalCount } } }", {"books"}, ("id",)),
        ("{ author(id: 1) { profile { motto } } }", {"profile", "profile.motto"}, ("age", "name")),
        ("{ author(id: 1) { __typename } }", {"__typename"}, ()),
        (
            "{ author(id: 1) { ...F } } fragment F on Author { born ... { mood } }",
            {"born", "mood"},
            ("born", "mood"),
        ),
        ("{ author(id: 1) { ... on Node { id } } }", {"id"}, ("id",)),
        ("{ author(id: 1) { name @skip(if: $yes) mood @include(if: $yes) } }", {"mood"}, ("mood",)),
        ("{ author(id: 1) { ...F @include(if: $no) age } } fragment F on Author { born }", {"age"}, ("age",)),
        ("{ author(id: 1) { name } author(id: 1) { age } }", {"name", "age"}, ("age", "name")),
        (
            "{ node(id: 1) { id ... on Book { title } ... on Author { name } } }",
            {"id", "title", "name"},
            ("id", "name", "title"),
        ),
    ],
)
def test_what_is_selected_below_a_field(text, names, columns):
    found = selected(text, yes=True, no=False)
    assert (found.names, found.columns) == (names, columns)
    assert found.has_relations is not names.isdisjoint({"best", "books"})


def test_columns_pass_through_the_parts_of_a_page_but_not_through_relations():
    text = "{ books { totalCount edges { cursor node { title author { name } } } nodes { pages } } }"
    operation, fragments = split(text)
    node = operation.selection_set.selections[0]
    assert isinstance(node, FieldNode)
    books = core.get_type("Author").fields["books"]
    found = select(core, books.type, [node], fragments, {})
    assert found.columns == ("author_id", "pages", "title")
    assert {"totalCount", "edges.cursor", "edges.node.author", "nodes.pages"} < found.names
    assert "edges.node.author.name" not in found.names


def test_columns_of_an_operation_count_every_path_and_every_possible_type():
    text = """query Q($no: Boolean!) { author(id: 1) { best { pages @skip(if: $no) } ...F }
        node(id: 1) { id ... on Book { coauthor { age } } } } fragment F on Author { books { nodes { title } } }"""
    assert columns_by_type(core, *split(text)) == {
        "Author": ("age", "best_id", "id"),
        "Book": ("coauthor_id", "id", "pages", "title"),
    }


def test_fragments_that_double_at_each_step_stay_cheap():
    steps = " ".join(
        f"fragment F{n} on Author {{ best {{ author {{ ...F{n + 1} }} }} "
        f"favourite {{ author {{ ...F{n + 1} }} }} }}"
        for n in range(40)
    )
    text = f"{{ author(id: 1) {{ ...F0 ...F0 }} }} {steps} fragment F40 on Author {{ name }}"
    assert selected(text).columns == ("best_id", "favourite_id")
    assert columns_by_type(core, *split(text))["Author"] == ("best_id", "favourite_id", "name")
