"""Random introspection over a schema that has everything: as graphql-core answers it, byte by byte."""

from typing import Any

import orjson
import pytest
from graphql import (
    ExecutionResult,
    GraphQLSchema,
    build_schema,
    execute,
    get_introspection_query,
    parse,
    validate,
)

from gateway.execution import Prepared
from gateway.execution.executor import ClassicExecutor, OperationExecutor
from gateway.execution.operations import operations_of
from tests.execution.library import Context, World
from tests.execution.operations import Generator
from tests.lengths import cases

pytestmark = pytest.mark.anyio

SCHEMA = build_schema(
    """
    "Says “so”."
    schema { query: Query mutation: Mutation }
    directive @tag(name: String = "a\\"b", old: Int @deprecated) repeatable on OBJECT | FIELD_DEFINITION | FIELD
    scalar Date @specifiedBy(url: "https://example.com/date")
    "Of a thing."
    interface Named { name(as: Case = LOWER): String! }
    interface Aged implements Named { name(as: Case = LOWER): String! age: Int @deprecated(reason: "Too old.") }
    type Thing implements Named & Aged {
        name(as: Case = LOWER, language: String @deprecated): String!
        age: Int @deprecated(reason: "Too old.")
        others(where: Where = {born: "2001-02-03", sizes: [1, 2]}, first: Int = 3): [[Thing!]!]
    }
    type Place { at: [Float!]! }
    union Anything = Thing | Place
    enum Case { LOWER UPPER @deprecated TITLE }
    input Where { born: Date sizes: [Int!] = [0] or: [Where!] old: Boolean = true @deprecated(reason: "") }
    input One @oneOf { id: ID name: String }
    type Query { anything(one: One): Anything things: [Thing] version: String }
    type Mutation { change(input: Where!): Thing }
    """
)
CASES = cases(80)


class Introspection(Generator):
    """Writes operations whose root fields are introspection."""

    def selection(self, parent: Any, depth: int) -> str:
        if parent is not self.schema.query_type:
            return super().selection(parent, depth)
        names = ["__schema", "__schema", "__type", "__typename", "version"]
        return (
            "{ "
            + " ".join(self.root(self.random.choice(names)) for _ in range(self.random.randint(1, 3)))
            + " }"
        )

    def root(self, name: str) -> str:
        alias = self.random.choice(["a: ", "b: "]) if self.chance(0.4) else ""
        if name in ("__typename", "version"):
            return f"{name}{self.directives()}"
        below = super().selection(self.schema.get_type("__Schema" if name == "__schema" else "__Type"), 5)
        if name == "__type":
            text = f'"{self.random.choice([*self.schema.type_map, "None"])}"'
            if self.chance(0.3):
                self.declared.append(
                    f"$n{len(self.declared)}: String{self.random.choice(['!', f' = {text}'])}"
                )
                variable = self.declared[-1].partition(":")[0]
                self.variables[variable[1:]] = orjson.loads(text)
                text = variable
            name = f"__type(name: {text})"
        return f"{alias}{name}{self.directives()} {below}"


class Writer:
    """Writes objects as a server does."""

    wrote_at_last = 0

    def write(self, value: Any) -> tuple[Any, int]:
        text = orjson.dumps(value)
        return orjson.Fragment(text), len(text)

    def wrote(self, size: int) -> None:
        assert size > 0
        self.wrote_at_last = size


async def run(
    schema: GraphQLSchema, document: Any, variables: dict[str, Any], executor: Any
) -> ExecutionResult:
    made: Any = execute(schema, document, None, Context(World()), variables, executor_class=executor)
    return made if isinstance(made, ExecutionResult) else await made


async def written(schema: GraphQLSchema, document: Any, variables: dict[str, Any], writer: Writer) -> Any:
    made = Prepared(schema, document, document.definitions[0]).run(variables, Context(World()), writer=writer)
    return made if isinstance(made, ExecutionResult) else await made


def told(result: ExecutionResult) -> list[str]:
    return sorted(orjson.dumps(each.formatted).decode() for each in result.errors or ())


@pytest.mark.parametrize("later", [False, True])
async def test_random_introspection(later):
    ran = failed = 0
    for seed in range(CASES):
        generator = Introspection(SCHEMA, seed, later=later)
        document = parse(generator.text)
        if validate(SCHEMA, document):
            continue
        for nulled in (False, True):
            variables = dict.fromkeys(generator.variables) if nulled else generator.variables
            expected = await run(SCHEMA, document, variables, ClassicExecutor)
            ours = await run(SCHEMA, document, variables, OperationExecutor)
            text = await written(SCHEMA, document, variables, Writer())
            try:
                for each in (ours, text):
                    assert orjson.dumps(each.data) == orjson.dumps(expected.data)
                    assert told(each) == told(expected)
            except AssertionError as error:
                error.add_note(f"seed {seed}, variables {variables}\n{generator.text}")
                raise
            ran += 1
            failed += bool(expected.errors)
    assert ran > CASES / 3
    assert failed > CASES / 50


@pytest.mark.parametrize("depth", [1, 9, 80])
async def test_introspection_as_tools_ask(depth):
    text = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
        type_depth=depth,
    )
    document, writer = parse(text), Writer()
    expected = orjson.dumps((await run(SCHEMA, document, {}, ClassicExecutor)).data)
    result = await written(SCHEMA, document, {}, writer)
    assert orjson.dumps(result.data) == expected
    # All but the names of the root fields and the braces around them.
    assert writer.wrote_at_last == len(expected) - len('{"__schema":}')


@pytest.mark.parametrize(
    ("text", "is_of_schema"),
    [
        ("{ __schema { queryType { name } } }", True),
        ('{ a: __type(name: "Thing") { name } __typename }', True),
        ("{ ...F } fragment F on Query { ... { __schema { description } } }", True),
        ("{ __typename }", False),
        ("{ __schema { description } version }", False),
        (
            "{ ...F __schema { description } } fragment F on Query { ...G } fragment G on Query { version }",
            False,
        ),
        ("mutation { change(input: {}) { __typename } }", False),
    ],
)
def test_what_follows_from_the_schema_alone(text, is_of_schema):
    document = parse(text)
    fragments = {each.name.value: each for each in document.definitions[1:]}
    facts = operations_of(SCHEMA).facts(SCHEMA, document.definitions[0], fragments)
    assert (facts.is_of_schema, facts.uncovered) == (is_of_schema, "")
