"""The shortest way from a validated document to its answer, beside graphql-core's `execute`."""

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
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues
from graphql.language import OperationType

from gateway.execution.executor import NOT_COMPILED, OperationExecutor
from gateway.execution.operations import Facts, operations_of
from gateway.execution.running import run_operation
from gateway.execution.variables import Variables
from gateway.execution.writing import Writer

_NO_VARIABLES: Final = VariableValues({}, {})


class Prepared:
    """One operation of one document, ready for any variables."""

    __slots__ = ("document", "facts", "fragments", "is_mutation", "variables")

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        # Held so that its identity, the key of the cache, is not used again.
        self.document = document
        definitions = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
        fragments = {each.name.value: each for each in definitions}
        self.fragments = {name: FragmentDetails(each, None) for name, each in fragments.items()}
        self.variables = Variables(schema, operation) if operation.variable_definitions else None
        self.is_mutation = operation.operation is OperationType.MUTATION
        self.facts: Facts = operations_of(schema).facts(schema, operation, fragments)


async def execute(
    schema: strawberry.Schema,
    document: DocumentNode,
    *,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    context: Any,
    is_compiled: bool = True,
    writer: Writer | None = None,
    is_large: bool = False,
) -> ExecutionResult:
    """Run a query or mutation of a valid document; the same document object is the key to its plan.

    Strawberry's extensions take no part. No executor is made unless one is needed.

    Args:
        variables: as they came.
        context: an OperationContext; with any other graphql-core runs the operation.
        is_compiled: false for graphql-core's own way, whatever a plan would cover.
        writer: has objects written that stand in the data many times, which then holds what it writes in their places.
        is_large: whether so much is asked for that code is written for it at once.

    Returns:
        The data and the errors: without a path those of a request that never began (which operation, variables),
        with a path those of fields.
    """
    core = schema._schema

    def make_executor(own_context: Any) -> Any:
        return OperationExecutor.build(
            core, document, None, own_context, dict(variables or {}), operation_name
        )

    prepared = _prepare(core, document, operation_name)
    if prepared is None:
        return ExecutionResult(None, make_executor(context))  # graphql-core says why it makes none
    values = _NO_VARIABLES
    if prepared.variables is not None:
        coerced = prepared.variables.coerce(variables or {})
        if isinstance(coerced, list):
            return ExecutionResult(None, coerced)
        values = coerced
    result = run_operation(
        core,
        prepared.facts,
        prepared.fragments,
        values,
        context,
        root_value=None,
        is_serial=prepared.is_mutation,
        uncovered="" if is_compiled else NOT_COMPILED,
        make_executor=make_executor,
        writer=writer,
        is_large=is_large,
    )
    return result if isinstance(result, ExecutionResult) else await result


def uncovered(schema: strawberry.Schema, document: DocumentNode, operation_name: str | None) -> str:
    """Why graphql-core's own executor would run an operation of a valid document; empty where a plan does."""
    prepared = _prepare(schema._schema, document, operation_name)
    return "" if prepared is None else prepared.facts.uncovered


def _prepare(schema: GraphQLSchema, document: DocumentNode, name: str | None) -> Prepared | None:
    """Return the operation to run; None where there is none, or not one, of that name."""
    prepared_operations = operations_of(schema).prepared
    key = (id(document), name)
    prepared: Prepared | None = prepared_operations.get(key)
    if prepared is None:
        operation = _find(document, name)
        if operation is None:
            return None
        prepared = Prepared(schema, document, operation)
        prepared_operations.put(key, prepared, prepared.facts.size)
    return prepared


def _find(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name is not None:
        operations = [each for each in operations if each.name is not None and each.name.value == name]
    return operations[0] if len(operations) == 1 else None
