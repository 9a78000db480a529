"""The hook through which graphql-core and Strawberry run an operation."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from graphql import ExecutionResult
from graphql.language import OperationType
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.execution.answer import answer
from gateway.execution.context import is_operation_context
from gateway.execution.operations import Facts, fallbacks, operations_of
from gateway.execution.places import close_places
from gateway.execution.run import Run


class ClassicExecutor(StrawberryGraphQLCoreExecutionContext):
    """Runs each operation, and each event of a subscription, on graphql-core in a context of its own."""

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Run the operation (graphql-core's `Executor.execute_operation`)."""
        self._enter(operations_of(self.schema).facts(self.schema, self.operation, self.fragment_definitions))
        return self._classic(serially)

    def _enter(self, facts: Facts) -> None:
        if is_operation_context(self.context_value):
            self.context_value = self.context_value.for_operation(facts.columns)

    def _classic(self, serially: bool | None) -> Any:
        result = super().execute_operation(serially)
        return self._closing_places(result) if self.is_awaitable(result) else result

    async def _closing_places(self, result: Awaitable[Any]) -> Any:
        try:
            return await result
        except asyncio.CancelledError:
            if is_operation_context(self.context_value):
                close_places(self.context_value)
            raise


class OperationExecutor(ClassicExecutor):
    """Runs each operation, and each event of a subscription, by its plan.

    Use: `strawberry.Schema(…, execution_context_class=OperationExecutor)`. What no plan covers is left to
    graphql-core and counted in `fallbacks`.
    """

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Run the operation (graphql-core's `Executor.execute_operation`)."""
        operations = operations_of(self.schema)
        facts = operations.facts(self.schema, self.operation, self.fragment_definitions)
        self._enter(facts)
        reason = self._why_not(facts)
        if reason:
            fallbacks[reason] += 1
            return self._classic(serially)
        plan = operations.plan(self.schema, facts, self.fragments, self.variable_values)
        if plan is None:
            fallbacks["selection that cannot be collected"] += 1
            return self._classic(serially)
        is_serial = self.operation.operation is OperationType.MUTATION if serially is None else serially
        run = Run(plan, self.variable_values, self.context_value, self.root_value, lambda: self)
        return self._closing_places(self._result(run, is_serial))

    def _why_not(self, facts: Facts) -> str:
        """Return why this operation has to run on graphql-core's own path; empty if it need not."""
        if facts.uncovered:
            return facts.uncovered
        if not is_operation_context(self.context_value):
            return "foreign context"
        if self.middleware_manager is not None and self.middleware_manager.middlewares:
            return "middleware"
        if self.abort_signal is not None or self.hooks is not None:
            return "abort signal or hooks"
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return "synchronous"
        return ""

    @staticmethod
    async def _result(run: Run, is_serial: bool) -> ExecutionResult:
        data, errors = await answer(run, is_serial)
        return ExecutionResult(data, errors or None)
