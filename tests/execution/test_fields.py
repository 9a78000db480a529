"""Fields as they are written: the answer, the calls and the selections, on both ways of running."""

from typing import Any

import pytest
import strawberry
from graphql import execute, parse

from gateway.execution import OperationExecutor, column, field
from gateway.execution.executor import ClassicExecutor
from tests.execution.library import Context, World, schema

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("executor", [ClassicExecutor, OperationExecutor])]


async def answers(text: str, executor: Any, world: World | None = None, **variables: Any) -> list[Any]:
    """The answers of three runs in a row: by its plan, an operation is compiled for the second."""
    return [await answer(text, executor, world, **variables) for _ in range(3)]


async def answer(text: str, executor: Any, world: World | None = None, **variables: Any) -> Any:
    document = DOCUMENTS.setdefault(text, parse(text))
    result: Any = execute(
        schema._schema, document, None, Context(world or World()), variables, executor_class=executor
    )
    done = await result
    return {"data": done.data} | ({"errors": [each.formatted for each in done.errors]} if done.errors else {})


DOCUMENTS: dict[str, Any] = {}


async def test_columns_and_computed_values_with_their_arguments(executor):
    text = '{ author(id: 4) { id uuid name born mood big initials hi: greeting(word: "yo", times: 2) tags } }'
    author = {
        "id": "Author:4",
        "uuid": 4,
        "name": "Name 4",
        "born": "1904-01-02",
        "mood": "CALM",
        "big": None,
        "initials": "N4",
        "hi": "yo Name 4 yo Name 4 0",
        "tags": ["t0"],
    }
    assert await answers(text, executor) == [{"data": {"author": author}}] * 3


async def test_relations_pages_and_nested_values(executor):
    text = """{ author(id: 2) { best { title author { name } } favourite { title }
        books(first: 1) { totalCount nodes { id } edges { node { title } } } profile { motto days(first: 1) } } }"""
    author = {
        "best": {"title": "Title 4", "author": {"name": "Name 5"}},
        "favourite": {"title": "Title 3"},
        "books": {"totalCount": 1, "nodes": [{"id": "Book:6"}], "edges": [{"node": {"title": "Title 6"}}]},
        "profile": {"motto": "I am NAME 2", "days": [-34]},
    }
    assert await answers(text, executor) == [{"data": {"author": author}}] * 3


async def test_a_null_key_is_null_without_a_call(executor):
    world = World(1)
    key = next(key for key in range(9) if world.author(key)["favourite_id"] is None)
    text = f"{{ author(id: {key}) {{ favourite {{ title }} }} }}"
    assert await answers(text, executor, world) == [{"data": {"author": {"favourite": None}}}] * 3
    assert not [name for name, _ in world.calls if name == "books"]


async def test_interfaces_and_unions_by_typed_rows(executor):
    text = """{ nodes(ids: [1, 2]) { __typename id ... on Book { title } ... on Author { name } }
        node(id: 3) { ... on Node { id } } author(id: 1) { works(first: 2) { ... on Book { title } ...A } } }
        fragment A on Author { name }"""
    data = {
        "nodes": [
            {"__typename": "Book", "id": "Book:1", "title": "Title 1"},
            {"__typename": "Author", "id": "Author:2", "name": "Name 2"},
        ],
        "node": {"id": "Book:3"},
        "author": {"works": [{"title": "Title 1"}, {"name": "Name 2"}]},
    }
    assert await answers(text, executor) == [{"data": data}] * 3


@pytest.mark.parametrize("parents", [1, 100])
async def test_one_call_for_all_parents_of_a_level(executor, parents):
    text = """query Q($n: Int!) { authors(first: $n) { books(first: 2) { nodes { author { name } } }
        best { coauthor { name } } favourite { title } } }"""
    world = World()
    for _ in range(3):
        world.calls.clear()
        assert "errors" not in await answer(text, executor, world, n=parents)
        names = [name for name, _ in world.calls]
        assert names.count("page") == 1
        assert names.count("authors") <= 2, "one for each place, and none where every key is null"
        assert names.count("books") <= 2, "two places share one loader"


async def test_every_distinct_key_is_asked_for_once(executor):
    world = World()
    for _ in range(3):
        world.calls.clear()
        await answer("{ authors(first: 60) { best { title } } }", executor, world)
        asked = [key for name, keys in world.calls if name == "books" for key in keys]
        assert len(asked) == len(set(asked))


async def test_a_failing_parent_leaves_its_siblings(executor):
    text = "{ authors(first: 4) { name loose: favourite { title } } }"
    world = World(17, poison=0.3)
    first, *others = await answers(text, executor, world)
    assert first["errors"]
    assert any(author and author["name"] for author in first["data"]["authors"])
    assert others == [first, first]


async def test_input_objects_arrive_as_their_classes(executor):
    text = """query Q($f: BookFilter) { author(id: 1) {
        a: books(filter: $f, after: "2001-02-03") { nodes { title } }
        b: books(filter: {sizes: [5], anyOf: [{mood: CALM}]}) { nodes { title } } } }"""
    books = {"nodes": [{"title": "Title 3"}, {"title": "Title 4"}]}
    variables = {"f": {"after": "2020-01-01", "sizes": [1, 2]}}
    expected = {"data": {"author": {"a": books, "b": books}}}
    assert await answers(text, executor, **variables) == [expected] * 3


async def test_mutations_run_one_after_the_other_and_stop_at_a_nulled_answer(executor):
    text = """mutation { a: rename(input: {id: 1, name: "x"}) { messages author { name } }
        b: firmRename(input: {id: 2, name: null}) { messages } c: rename(input: {id: 3}) { messages } }"""
    world = World()
    done = {"a": {"messages": ["done"], "author": {"name": "Name 1"}}}
    done |= {"b": {"messages": ["done"]}, "c": {"messages": ["done"]}}
    assert await answer(text, executor, world) == {"data": done}
    assert world.calls == [("rename", (1, "x")), ("rename", (2, None)), ("rename", (3, strawberry.UNSET))]


async def test_plain_resolvers_and_permissions_still_work(executor):
    text = "{ version author(id: 1) { name shout(loud: true) slowShout no: slowShout(ok: false) } }"
    expected = {
        "data": {
            "version": "1",
            "author": {
                "name": "Name 1",
                "shout": "NAME 1TRUESHOUT",
                "slowShout": "Name 1! slowShout",
                "no": None,
            },
        },
        "errors": [{"message": "no", "locations": [{"line": 1, "column": 60}], "path": ["author", "no"]}],
    }
    assert await answers(text, executor) == [expected] * 3


async def test_skip_and_include(executor):
    text = """query Q($on: Boolean!) { author(id: 1) { name @include(if: $on) id @skip(if: $on)
        ... @include(if: $on) { initials } ...F @skip(if: $on) } } fragment F on Author { uuid }"""
    for _ in range(3):
        assert (await answer(text, executor, on=True))["data"]["author"] == {
            "name": "Name 1",
            "initials": "N1",
        }
        assert (await answer(text, executor, on=False))["data"]["author"] == {"id": "Author:1", "uuid": 1}


def test_a_field_in_the_place_of_a_function_is_refused(executor):
    with pytest.raises(TypeError, match="The function is a field"):
        field(column(description="A."), description="B.")
