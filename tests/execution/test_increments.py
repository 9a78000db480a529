"""Random operations in parts, on poisoned data: all parts together say what graphql-core's say."""

import json
from collections.abc import Iterator
from inspect import isawaitable
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLDeferDirective,
    GraphQLStreamDirective,
    OperationDefinitionNode,
    parse,
    validate,
)
from graphql.execution import experimental_execute_incrementally
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.execution import Deferral, Parted, Prepared
from tests.execution.library import Context, World, schema
from tests.execution.merging import Merged, merged, merged_by_core
from tests.execution.operations import Generator
from tests.execution.test_differential import POISON, nulled_position
from tests.lengths import cases as how_many

pytestmark = [
    pytest.mark.anyio,
    # As in the differential test of whole answers.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <coroutine object:pytest.PytestUnraisableExceptionWarning"
    ),
]

core = schema._schema
CASES = how_many(100)


@pytest.fixture(autouse=True)
def with_directives() -> Iterator[None]:
    """The schema has the directives for as long as these tests last: graphql-core's `execute` refuses them."""
    before = core.directives
    core.directives = (*before, GraphQLDeferDirective, GraphQLStreamDirective)
    yield
    core.directives = before


def prepared(document: DocumentNode) -> Prepared:
    [operation] = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    return Prepared(core, document, operation)


def cases(first: int, count: int) -> Iterator[tuple[int, DocumentNode, dict[str, Any]]]:
    for seed in range(first, first + count):
        generator = Generator(core, seed, later=True)
        document = parse(generator.text)
        if not validate(core, document):
            yield seed, document, generator.variables


def nulled(answer: Merged) -> list[tuple[Any, ...]]:
    return sorted({nulled_position(answer.data, error.path or []) for error in answer.errors}, key=repr)


async def test_parts_say_together_what_those_of_graphql_core_say():
    parted = 0
    for seed, document, variables in cases(0, CASES):
        poison = POISON[seed % len(POISON)]
        operation = prepared(document)
        context = Context(World(seed, poison)).for_operation(operation.facts.columns)
        answer: Any = experimental_execute_incrementally(
            core, document, None, context, variables, executor_class=StrawberryGraphQLCoreExecutionContext
        )
        expected = await merged_by_core(await answer if isawaitable(answer) else answer)
        for _ in range(2):
            ours = await operation.run_in_parts(variables, Context(World(seed, poison)), Deferral.MERGED)
            found = await merged(ours)
            try:
                assert json.dumps(found.data, sort_keys=True) == json.dumps(expected.data, sort_keys=True)
                assert found.failed.keys() == expected.failed.keys()
                assert nulled(found) == nulled(expected)
                assert len(nulled(found)) == len(found.errors)
            except AssertionError as error:
                error.add_note(
                    f"seed {seed}, poison {poison}, variables {variables}\n{document.loc.source.body}"
                )  # type: ignore[union-attr]
                raise
            parted += isinstance(ours, Parted)
    assert parted > CASES // 8


async def test_fragments_that_come_whole_say_together_what_the_whole_answer_says():
    for seed, document, variables in cases(CASES, CASES // 2):
        operation = prepared(document)
        whole: Any = operation.run(variables, Context(World(seed)))
        whole = whole if isinstance(whole, ExecutionResult) else await whole
        if whole.errors:  # a later part that fails leaves alone what has come
            continue
        for _ in range(2):
            ours = await operation.run_in_parts(variables, Context(World(seed)), Deferral.SEPARATE)
            found = await merged(ours, may_repeat=True)
            try:
                assert json.dumps(found.data, sort_keys=True) == json.dumps(whole.data, sort_keys=True)
                assert found.errors == []
            except AssertionError as error:
                error.add_note(f"seed {seed}, variables {variables}\n{document.loc.source.body}")  # type: ignore[union-attr]
                raise
