"""The shortest way from a validated document to its answer, beside graphql-core's `execute`."""

import asyncio
import inspect
from collections.abc import Mapping
from typing import Any, Final

import strawberry
from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql import execute as execute_classically
from graphql.execution import Executor
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues
from graphql.language import OperationType

from gateway.execution.answer import answer
from gateway.execution.context import is_operation_context
from gateway.execution.executor import ClassicExecutor, OperationExecutor
from gateway.execution.operations import Facts, operations_of
from gateway.execution.places import close_places
from gateway.execution.run import Run
from gateway.execution.variables import Variables

_NO_VARIABLES: Final = VariableValues({}, {})


class Prepared:
    """One operation of one document, ready for any variables."""

    __slots__ = ("document", "facts", "fragments", "operation", "variables")

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        # Held so that its identity, the key of the cache, is not used again.
        self.document = document
        self.operation = operation
        definitions = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
        fragments = {each.name.value: each for each in definitions}
        self.fragments = {name: FragmentDetails(each, None) for name, each in fragments.items()}
        self.variables = Variables(schema, operation)
        self.facts: Facts = operations_of(schema).facts(schema, operation, fragments)


async def execute(
    schema: strawberry.Schema,
    document: DocumentNode,
    *,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    context: Any,
    is_compiled: bool = True,
) -> ExecutionResult:
    """Run a query or mutation of a valid document; the same document object is the key to its plan.

    Strawberry's extensions take no part. Errors are in the result: without a path those of a request that
    never began (which operation, variables), with a path those of fields. Parameters: `variables` as they
    came, `context` an OperationContext (with any other graphql-core runs the operation), `is_compiled`
    false for graphql-core's own path.
    """
    core = schema._schema
    is_compilable = is_compiled and is_operation_context(context)
    prepared = _prepare(core, document, operation_name) if is_compilable else None
    if prepared is None:
        return await _classic(core, document, variables, operation_name, context, is_compiled)
    operation, facts = prepared.operation, prepared.facts
    values = _NO_VARIABLES
    if operation.variable_definitions:
        coerced = prepared.variables.coerce(variables or {})
        if isinstance(coerced, list):
            return ExecutionResult(None, coerced)
        values = coerced
    plan = operations_of(core).plan(core, facts, prepared.fragments, values)
    if plan is None:
        return await _classic(core, document, variables, operation_name, context, is_compiled)
    own_context = context.for_operation(facts.columns)

    def make_executor() -> Executor[Any]:
        raw = dict(variables or {})
        made: Any = OperationExecutor.build(core, document, None, own_context, raw, operation_name)
        return made  # type: ignore[no-any-return]

    run = Run(plan, values, own_context, None, make_executor)
    try:
        data, errors = await answer(run, operation.operation is OperationType.MUTATION)
    except asyncio.CancelledError:
        close_places(own_context)
        raise
    return ExecutionResult(data, errors or None)


def _prepare(schema: GraphQLSchema, document: DocumentNode, name: str | None) -> Prepared | None:
    """Return the operation to run; None where graphql-core has to run it or to say why it cannot."""
    prepared_operations = operations_of(schema).prepared
    key = (id(document), name)
    prepared: Prepared | None = prepared_operations.get(key)
    if prepared is None:
        operation = _find(document, name)
        if operation is None or operation.operation is OperationType.SUBSCRIPTION:
            return None
        prepared = Prepared(schema, document, operation)
        prepared_operations.put(key, prepared)
    if prepared.facts.uncovered:
        return None
    return prepared


def _find(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    found = [
        each
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
        and (name is None or (each.name is not None and each.name.value == name))
    ]
    return found[0] if len(found) == 1 else None


async def _classic(
    schema: GraphQLSchema,
    document: DocumentNode,
    variables: Mapping[str, Any] | None,
    operation_name: str | None,
    context: Any,
    is_compiled: bool,
) -> ExecutionResult:
    result: Any = execute_classically(
        schema,
        document,
        context_value=context,
        variable_values=dict(variables or {}),
        operation_name=operation_name,
        executor_class=OperationExecutor if is_compiled else ClassicExecutor,
    )
    done: ExecutionResult = await result if inspect.isawaitable(result) else result
    return done
