"""The executor and the direct way: contexts of their own, what falls back and why, bounds, cancellation."""

import asyncio
import gc
import warnings
import weakref
from collections import namedtuple
from typing import Any

import pytest
import strawberry
from graphql import parse
from strawberry.extensions import SchemaExtension

from gateway.execution import OperationExecutor, column, execute, field, relation
from gateway.execution.executor import ClassicExecutor
from gateway.execution.operations import KEPT, operations_of, watch
from tests.execution.library import Context, Mutation, Query, Subscription, World, config, schema
from tests.patience import ENOUGH

pytestmark = pytest.mark.anyio
core = schema._schema


class Told:
    """What a watcher was told of a schema's operations."""

    def __init__(self) -> None:
        self.fallbacks: list[str] = []
        self.reruns: list[str] = []
        self.fallback, self.rerun = self.fallbacks.append, self.reruns.append

    @classmethod
    def of(cls, watched: strawberry.Schema) -> "Told":
        told = cls()
        watch(watched, told)
        return told


async def test_operations_of_one_context_share_no_loader():
    context = Context(World())
    text = "{ author(id: 2) { best { title } } }"
    for _ in range(3):
        result = await schema.execute(text, context_value=context)
        assert result.data == {"author": {"best": {"title": "Title 4"}}}
    assert [name for name, _ in context.world.calls].count("books") == 3
    assert context.places == {}


async def test_each_event_of_a_subscription_runs_by_the_plan_in_a_context_of_its_own():
    context = Context(World())
    watched = Told.of(schema)
    stream = await schema.subscribe(
        "subscription { ticks(upto: 3) { name best { title } } }", context_value=context
    )
    events = [event.data async for event in stream]
    titles = ["Title 2", "Title 3", "Title 4"]
    assert events == [{"ticks": {"name": f"Name {n}", "best": {"title": titles[n]}}} for n in range(3)]
    assert [name for name, _ in context.world.calls].count("books") == 3
    assert watched.fallbacks == []


@strawberry.type
class Chain:
    @strawberry.field
    async def links(self) -> "list[Chain]":
        return [Chain(), Chain()]

    @strawberry.field
    async def number(self) -> int:
        return 1

    @strawberry.field
    async def broken(self, turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        raise ValueError("It broke.")


async def test_a_field_that_fails_leaves_no_coroutine_behind_on_graphql_cores_own_path():
    chain = strawberry.Schema(Chain, execution_context_class=ClassicExecutor)
    text = """query ($turns: Int!) { broken(turns: $turns)
        links { links { links { number links { number links { number } } } } } }"""
    gc.collect()
    gc.freeze()  # what is alive now need not be looked at ten times
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for turns in range(10):
            errors = (await chain.execute(text, {"turns": turns}, root_value=Chain())).errors
            assert [error.message for error in errors] == ["It broke."]
            del errors  # which hold what was run
            gc.collect()
    assert told == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("query @experimental_disableErrorPropagation { author(id: 1) { name } }", "operation directive"),
        (
            "query Q($s: Boolean) { author(id: 1) @skip(if: $s) { name } }",
            "selection that cannot be collected",
        ),
    ],
)
async def test_what_no_plan_covers_falls_back_and_is_told(text, reason):
    watched = Told.of(schema)
    for number in (1, 2):
        await execute(schema, parse(text), variables={"s": None}, context=Context(World()))
        assert watched.fallbacks == [reason] * number


def test_synchronous_execution_falls_back():
    watched = Told.of(things)
    assert things.execute_sync("{ __typename }", context_value=Ledger()).data == {"__typename": "Things"}
    assert watched.fallbacks == ["synchronous"]


@pytest.mark.parametrize("context", [None, {"viewer": "ann"}])
async def test_plain_resolvers_run_with_any_context(context):
    watched = Told.of(schema)
    result = await execute(schema, parse("{ version }"), context=context)
    assert (result.data, result.errors) == ({"version": "1"}, None)
    assert watched.fallbacks == ["foreign context"]


async def test_extensions_that_wrap_resolvers_fall_back():
    class Loud(SchemaExtension):
        def resolve(self, _next: Any, root: Any, info: Any, **kwargs: Any) -> Any:
            return _next(root, info, **kwargs)

    loud = strawberry.Schema(
        Query,
        Mutation,
        Subscription,
        extensions=[Loud],
        config=config,
        execution_context_class=OperationExecutor,
    )
    watched = Told.of(loud)
    result = await loud.execute("{ version }", context_value=Context(World()))
    assert result.data == {"version": "1"}
    assert watched.fallbacks == ["middleware"]


async def test_the_direct_way_answers_as_the_schema_does():
    text = "query Q($n: Int!) { authors(first: $n) { name books { nodes { title } } } __typename }"
    document = parse(text)
    expected = await schema.execute(text, {"n": 2}, context_value=Context(World()))
    for _ in range(3):
        result = await execute(schema, document, variables={"n": 2}, context=Context(World()))
        assert (result.data, result.errors) == (expected.data, None)
    classic = await execute(schema, document, variables={"n": 2}, context=Context(World()), is_compiled=False)
    assert classic.data == expected.data


async def test_the_direct_way_tells_what_never_began():
    two = parse("query A { __typename } query B { version }")
    wrong = [
        (
            parse("query Q($n: Int!) { authors(first: $n) { name } }"),
            None,
            "Variable '$n' has invalid value: ",
        ),
        (two, None, "Must provide operation name if query contains multiple operations."),
        (two, "C", "Unknown operation named 'C'."),
    ]
    for document, name, message in wrong:
        result = await execute(
            schema, document, variables={"n": "x"}, operation_name=name, context=Context(World())
        )
        assert result.data is None
        assert [error.message.startswith(message) for error in result.errors or ()] == [True]
        assert result.errors[0].path is None
    result = await execute(schema, two, operation_name="B", context=Context(World()))
    assert result.data == {"version": "1"}


async def test_plans_facts_and_documents_are_bounded():
    text = "query Q($a: Boolean!, $b: Boolean!) { version @skip(if: $a) __typename @include(if: $b) }"
    operations = operations_of(core)
    for number in range(KEPT * 2):
        document = parse(f"query ($a: Boolean!) {{ author(id: {number}) {{ name @skip(if: $a) }} }}")
        await execute(schema, document, variables={"a": True}, context=Context(World()))
    assert len(operations.prepared) == len(operations._plans) == len(operations._facts) == KEPT
    document = parse(text)
    for a in (True, False):
        for b in (True, False):
            result = await execute(schema, document, variables={"a": a, "b": b}, context=Context(World()))
            assert result.data == ({} if a else {"version": "1"}) | ({"__typename": "Query"} if b else {})


async def test_a_schema_that_is_gone_leaves_nothing_behind():
    gone = strawberry.Schema(Query, config=config, execution_context_class=OperationExecutor)
    await execute(gone, parse("{ version }"), context=Context(World()))
    left = weakref.ref(gone._schema)
    del gone
    gc.collect()
    assert left() is None


Row = namedtuple("Row", "id name")
Swapped = namedtuple("Swapped", "name id")


class Ledger:
    """A context for the small schemas below."""

    def __init__(self) -> None:
        self.places: dict[Any, Any] = {}
        self.rows: list[Any] = []
        self.started = asyncio.Event()
        self.cancelled = asyncio.Event()

    def for_operation(self, columns_by_type: Any) -> "Ledger":
        self.places = {}
        return self


async def read_rows(context: Ledger, selection: Any) -> list[Any]:
    return context.rows


async def wait_long(keys: list[Any], context: Ledger, selection: Any) -> list[Any]:
    context.started.set()
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        context.cancelled.set()
        raise
    return keys


async def too_few(keys: list[Any], context: Ledger, selection: Any) -> list[Any]:
    return keys[1:]


async def from_within(keys: list[Any], context: Ledger, selection: Any) -> list[Any]:
    raise asyncio.CancelledError


@strawberry.type
class Thing:
    id: int = column(description="Id.")
    name: str | None = column(description="Name.")
    slow: int | None = relation(wait_long, description="Never comes.")
    short: int | None = relation(too_few, description="Too few.")
    within: int | None = relation(from_within, description="Cancelled.")


@strawberry.type
class Things:
    things: list[Thing] = field(read_rows, description="Things.")


things = strawberry.Schema(Things, execution_context_class=OperationExecutor)


async def test_rows_of_any_layout_are_read_by_name():
    document = parse("{ things { id name } }")
    ledger = Ledger()
    for kind in (Row, Swapped, Row, Swapped):
        ledger.rows = [kind(id=1, name="one"), Row(2, None)]
        result = await execute(things, document, context=ledger)
        assert result.data == {"things": [{"id": 1, "name": "one"}, {"id": 2, "name": None}]}


async def test_generated_code_runs_from_the_second_time_and_gives_up_what_is_unusual():
    document = parse("{ things { name } }")
    ledger = Ledger()
    ledger.rows = [Row(1, "one")]
    watched = Told.of(things)
    for _ in range(3):
        await execute(things, document, context=ledger)
    assert watched.reruns == []
    ledger.rows = [Row(1, "one"), ValueError("lost")]
    result = await execute(things, document, context=ledger)
    assert watched.reruns == ["Unusual"]
    assert result.data is None
    assert [error.formatted for error in result.errors or ()] == [
        {"message": "lost", "locations": [{"line": 1, "column": 3}], "path": ["things", 1]}
    ]


@pytest.mark.parametrize("is_compiled", [True, False])
async def test_a_cancelled_operation_cancels_its_batches(is_compiled):
    ledger = Ledger()
    ledger.rows = [Row(1, "one"), Row(2, "two")]
    task = asyncio.create_task(
        execute(things, parse("{ things { slow } }"), context=ledger, is_compiled=is_compiled)
    )
    await ledger.started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(ledger.cancelled.wait(), ENOUGH)


@pytest.mark.parametrize("is_compiled", [True, False])
async def test_a_batch_that_is_cancelled_from_within_is_an_error_and_no_hang(is_compiled):
    ledger = Ledger()
    ledger.rows = [Row(1, "one")]
    running = execute(things, parse("{ things { within } }"), context=ledger, is_compiled=is_compiled)
    result = await asyncio.wait_for(running, ENOUGH)
    assert result.data == {"things": [{"within": None}]}
    assert [error.message for error in result.errors or ()] == ["The batch was cancelled."]


@pytest.mark.parametrize("is_compiled", [True, False])
async def test_a_batch_of_the_wrong_length_fails_each_parent_without_showing_rows(is_compiled):
    ledger = Ledger()
    ledger.rows = [Row(1, "secret"), Row(2, "secret")]
    result = await execute(things, parse("{ things { short } }"), context=ledger, is_compiled=is_compiled)
    assert result.data == {"things": [{"short": None}, {"short": None}]}
    messages = [error.message for error in result.errors or ()]
    assert messages == ["too_few returned 1 results for 2 keys."] * 2


async def test_deep_operations_are_answered_on_both_sides_of_the_bound():
    for depth in (28, 29, 60):
        text = "{ author(id: 1) { " + "best { author { " * depth + "name" + " } }" * depth + " } }"
        for _ in range(3):
            found = await execute(schema, parse(text), context=Context(World()))
            assert found.errors is None


async def test_facts_of_doubling_fragments_are_found_at_once():
    steps = " ".join(
        f"fragment F{n} on Author {{ ...F{n + 1} best {{ author {{ ...F{n + 1} }} }} }}" for n in range(28)
    )
    text = f"{{ author(id: 1) {{ name ...F0 @skip(if: true) }} }} {steps} fragment F28 on Author {{ name }}"
    found = await execute(schema, parse(text), context=Context(World()))
    assert found.data == {"author": {"name": "Name 1"}}
