"""The shortest way from a validated document to its answer, beside graphql-core's `execute`."""

from collections.abc import Awaitable, Mapping
from typing import Any, Final

import strawberry
from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues
from graphql.language import OperationType

from gateway.execution.arguments import keyword_arguments
from gateway.execution.deferral import Deferral
from gateway.execution.executor import NOT_COMPILED, OperationExecutor
from gateway.execution.increments import Parted
from gateway.execution.operations import Facts, operations_of
from gateway.execution.plan import Plan
from gateway.execution.running import run_operation
from gateway.execution.sources import Stream
from gateway.execution.variables import Variables
from gateway.execution.writing import Writer

_NO_VARIABLES: Final = VariableValues({}, {})
_NO_FIELD: Final = "A subscription must select one field."


class Prepared:
    """One operation of one valid document, ready for any variables.

    Args:
        schema: that the document fits.
        document: that it is in.
        operation: the operation.
    """

    __slots__ = ("core", "document", "facts", "fragments", "is_mutation", "name", "operations", "variables")

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        self.core = schema
        # Held so that its identity, the key of the cache, is not used again.
        self.document = document
        definitions = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
        fragments = {each.name.value: each for each in definitions}
        self.fragments = {name: FragmentDetails(each, None) for name, each in fragments.items()}
        self.variables = Variables(schema, operation) if operation.variable_definitions else None
        self.name = operation.name.value if operation.name else None
        self.is_mutation = operation.operation is OperationType.MUTATION
        self.operations = operations_of(schema)
        self.facts: Facts = self.operations.facts(schema, operation, fragments)

    def run(
        self,
        given: Mapping[str, Any],
        context: Any,
        *,
        root_value: Any = None,
        uncovered: str = "",
        writer: Writer | None = None,
        is_large: bool = False,
        deferral: Deferral = Deferral.NONE,
    ) -> Awaitable[Any] | ExecutionResult:
        """Run it (see `execute`).

        Args:
            given: the variables as they came.
            root_value: the event that a subscription is run for.
            uncovered: why graphql-core has to run it; empty where a plan may.
            deferral: what becomes of @defer and @stream; see `run_in_parts`.

        Returns:
            The result, or an awaitable of it.
        """
        values = _NO_VARIABLES
        if self.variables is not None:
            coerced = self.variables.coerce(given)
            if isinstance(coerced, list):
                return ExecutionResult(None, coerced)
            values = coerced

        def make_executor(own_context: Any) -> Any:
            return OperationExecutor.build(
                self.core, self.document, root_value, own_context, dict(given), self.name
            )

        return run_operation(
            self.core,
            self.operations,
            self.facts,
            self.fragments,
            values,
            context,
            root_value=root_value,
            is_serial=self.is_mutation,
            uncovered=uncovered,
            make_executor=make_executor,
            writer=writer,
            is_large=is_large,
            deferral=deferral,
        )

    async def run_in_parts(
        self,
        given: Mapping[str, Any],
        context: Any,
        deferral: Deferral,
        *,
        writer: Writer | None = None,
        is_large: bool = False,
    ) -> ExecutionResult | Parted:
        """Run it; what the document asks for later comes later, where a plan covers it.

        Args:
            given: the variables as they came.
            deferral: how.
        """
        result = self.run(given, context, writer=writer, is_large=is_large, deferral=deferral)
        if isinstance(result, ExecutionResult):
            return result
        made: ExecutionResult | Parted = await result
        return made

    async def source(self, given: Mapping[str, Any], context: Any) -> Any:
        """What the root field of a subscription says of the events that it is told of.

        Args:
            given: the variables as they came.
            context: an OperationContext.

        Raises:
            Unfit: variables or arguments do not fit; nothing was begun.
        """
        values = _NO_VARIABLES
        if self.variables is not None:
            coerced = self.variables.coerce(given)
            if isinstance(coerced, list):
                raise Unfit(coerced)
            values = coerced
        try:
            [field] = Plan(self.core, self.facts.operation, self.fragments, values).root.fields
            arguments = keyword_arguments(field, values, {})
        except (GraphQLError, ValueError) as error:  # wrong arguments, or @skip has left no field
            raise Unfit([error if isinstance(error, GraphQLError) else GraphQLError(_NO_FIELD)]) from None
        assert isinstance(field.source, Stream)
        return await field.source.function(
            context.for_operation(self.facts.columns), field.selection, **arguments
        )


class Unfit(Exception):
    """What was asked for is not begun.

    Attributes:
        errors: why.
    """

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


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
    prepared = _prepare(core, document, operation_name)
    if prepared is None:
        why = OperationExecutor.build(core, document, None, context, dict(variables or {}), operation_name)
        assert isinstance(why, list)  # graphql-core says why it makes none
        return ExecutionResult(None, why)
    reason = "" if is_compiled else NOT_COMPILED
    result = prepared.run(variables or {}, context, uncovered=reason, writer=writer, is_large=is_large)
    return result if isinstance(result, ExecutionResult) else await result


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
