"""The one way to run an operation: by its plan where one covers it, else on graphql-core's own executor."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from graphql import ExecutionResult, GraphQLSchema
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

from gateway.execution.answer import answer
from gateway.execution.context import is_operation_context
from gateway.execution.deferral import Deferral
from gateway.execution.increments import answer_in_parts
from gateway.execution.operations import Facts, OperationCache
from gateway.execution.places import close_places
from gateway.execution.run import Run
from gateway.execution.writing import Writer


class FallbackExecutor(Protocol):
    """An executor of graphql-core's that can be told to run its operation without a plan."""

    def run_without_plan(self, serially: bool | None) -> Any:
        """Run the operation; the result, or an awaitable of it."""
        ...


def run_operation(
    schema: GraphQLSchema,
    operations: OperationCache,
    facts: Facts,
    fragments: dict[str, FragmentDetails],
    variables: VariableValues,
    context: Any,
    *,
    root_value: Any,
    is_serial: bool,
    uncovered: str,
    make_executor: Callable[[Any], Any],
    writer: Writer | None = None,
    is_large: bool = False,
    deferral: Deferral = Deferral.NONE,
) -> Awaitable[Any] | ExecutionResult:
    """Run an operation in a context of its own; whoever watches is told what no plan covers.

    Args:
        operations: those of the schema.
        facts: of this one.
        fragments: those of the document, by name.
        variables: coerced.
        is_serial: whether a root field starts after the one before it is complete.
        uncovered: why graphql-core has to run the operation, whatever it is; empty where a plan may.
        make_executor: makes the executor (Executor and FallbackExecutor) of the operation in the context that it
            is given, when it is needed: for a fallback, and for what resolvers outside of this package are told.
        writer: None where the answer is wanted as Python's own objects.
        is_large: whether so much is asked for that its code is written at once.
        deferral: what becomes of @defer and @stream.

    Returns:
        The result, or an awaitable of it, in the way of `graphql.execute`; a Parted where something comes later.
    """
    reason = facts.uncovered or uncovered
    if is_operation_context(context):
        context = context.for_operation(facts.columns)
    else:
        reason = reason or "foreign context"
    watcher, plan = operations.watcher, None
    if not reason:
        plan = operations.plan(schema, facts, fragments, variables, deferral)
        reason = "" if plan is not None else "selection that cannot be collected"
    if plan is not None:
        run = Run(plan, variables, context, root_value, make_executor, watcher, writer, is_large=is_large)
        return answer(run, is_serial) if deferral is Deferral.NONE else answer_in_parts(run, is_serial)
    watcher.fallback(reason)
    fallback: FallbackExecutor = make_executor(context)
    result = fallback.run_without_plan(is_serial)
    return _closing_places(result, context) if inspect.isawaitable(result) else result


async def _closing_places(result: Awaitable[ExecutionResult], context: Any) -> ExecutionResult:
    try:
        return await result
    except BaseException:  # the operation is cancelled: errors of fields do not come this far
        if is_operation_context(context):
            close_places(context)
        raise
