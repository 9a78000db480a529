"""The hook through which graphql-core and Strawberry run an operation."""

import asyncio
import inspect
from collections.abc import Awaitable, Coroutine
from typing import Any, Final, Self

from graphql import ExecutionResult
from graphql.language import OperationType
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.execution.context import begin_root_field, end_root_field, is_operation_context
from gateway.execution.operations import operations_of
from gateway.execution.running import run_operation
from gateway.execution.sources import Root, source_of
from gateway.execution.values import settled

NOT_COMPILED: Final = "not compiled"
"""Why an operation has no plan that somebody asked graphql-core to run."""


class OperationExecutor(StrawberryGraphQLCoreExecutionContext):
    """Runs each operation, and each event of a subscription, by its plan.

    A schema uses it when it is made by `strawberry.Schema(…, execution_context_class=OperationExecutor)`. What no
    plan covers is left to graphql-core, and whoever watches the schema is told.
    """

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Run the operation (graphql-core's `Executor.execute_operation`)."""
        operations = operations_of(self.schema)
        return run_operation(
            self.schema,
            operations,
            operations.facts(self.schema, self.operation, self.fragment_definitions),
            self.fragments,
            self.variable_values,
            self.context_value,
            root_value=self.root_value,
            is_serial=self.operation.operation is OperationType.MUTATION if serially is None else serially,
            uncovered=self._uncovered(),
            make_executor=self._in_context,
        )

    def run_without_plan(self, serially: bool | None) -> Any:
        """Run the operation as graphql-core does, and close the coroutines that it leaves behind.

        Where a field fails, graphql-core cancels the tasks beside it. A task that had not begun forgets its coroutine,
        and with it those that this one was to await: Python warns of each.
        """
        self._made: list[Coroutine[Any, Any, Any]] = []
        result = super().execute_operation(serially)
        return self._closing(result) if inspect.isawaitable(result) else result

    async def _closing(self, result: Awaitable[Any]) -> Any:
        finished = None
        try:
            finished = await result
        finally:
            if finished is None or isinstance(finished, ExecutionResult):  # else more of it is to come
                for each in self._made:
                    if inspect.getcoroutinestate(each) == inspect.CORO_CREATED:
                        each.close()
        return finished

    def _noted(self, value: Any) -> Any:
        if inspect.iscoroutine(value):
            self._made.append(value)
        return value

    def execute_field(self, *of_field: Any) -> Any:
        """Execute a field (graphql-core's hook)."""
        return self._noted(super().execute_field(*of_field))

    def complete_awaitable_value(
        self, return_type: Any, details: Any, info: Any, path: Any, result: Any, position_context: Any
    ) -> Any:
        """Complete what a resolver promised (graphql-core's hook)."""
        return super().complete_awaitable_value(
            return_type, details, info, path, self._noted(result), position_context
        )

    def complete_list_value(self, *of_list: Any) -> Any:
        """Complete a list (graphql-core's hook)."""
        return self._noted(super().complete_list_value(*of_list))

    def complete_awaitable_list_item_value(
        self, item: Any, item_type: Any, details: Any, info: Any, path: Any, position_context: Any
    ) -> Any:
        """Complete an item that was promised (graphql-core's hook)."""
        complete = super().complete_awaitable_list_item_value
        return self._noted(complete(self._noted(item), item_type, details, info, path, position_context))

    def complete_list_item_value(self, item: Any, completed: Any, *of_item: Any) -> bool:
        """Complete an item, as the last of those that are completed (graphql-core's hook)."""
        is_awaitable = super().complete_list_item_value(item, completed, *of_item)
        self._noted(completed[-1])
        return is_awaitable

    def execute_collected_root_fields(
        self, root_type: Any, root_value: Any, grouped_field_set: Any, serially: bool, new_defer_usages: Any
    ) -> Any:
        """Execute the root fields, deferred ones too: only a plan answers in parts (graphql-core's hook)."""
        return self.execute_root_grouped_field_set(root_type, root_value, grouped_field_set, serially, None)

    def execute_collected_subfields(
        self,
        parent_type: Any,
        source_value: Any,
        path: Any,
        grouped_field_set: Any,
        new_defer_usages: Any,
        delivery_group_map: Any,
    ) -> Any:
        """Execute fields below others, deferred ones too (graphql-core's hook)."""
        return self.execute_fields(parent_type, source_value, path, grouped_field_set, None)

    def get_stream_usage(self, field_details_list: Any, path: Any) -> None:
        """Tell that a list comes at once (graphql-core's hook)."""

    def execute_fields(
        self, parent_type: Any, source_value: Any, path: Any, grouped_field_set: Any, position_context: Any
    ) -> Any:
        """Execute fields beside each other, those of the root first for which the others wait (graphql-core's hook)."""
        execute = super().execute_fields
        first = self._first(parent_type, grouped_field_set)
        if not first or len(first) == len(grouped_field_set):
            return self._noted(execute(parent_type, source_value, path, grouped_field_set, position_context))

        async def in_two_turns() -> dict[str, Any]:
            data: dict[str, Any] = {}
            for is_first in (True, False):
                group = {key: each for key, each in grouped_field_set.items() if (key in first) is is_first}
                data.update(await settled(execute(parent_type, source_value, path, group, position_context)))
            return {key: data[key] for key in grouped_field_set if key in data}

        return in_two_turns()

    def _first(self, parent_type: Any, grouped_field_set: Any) -> set[str]:
        """The response names of the query's fields for which those beside them wait."""
        root: Any = self.schema.query_type
        if parent_type is not root:
            return set()
        found: set[str] = set()
        for key, details in grouped_field_set.items():
            field = root.fields.get(details[0].node.name.value)
            if field is not None and isinstance(source := source_of(field), Root) and source.is_first:
                found.add(key)
        return found

    def execute_fields_serially(
        self, parent_type: Any, source_value: Any, path: Any, grouped_field_set: Any, position_context: Any
    ) -> Any:
        """Execute root fields one after the other, and tell the context of the end of each (graphql-core's hook)."""
        execute = super().execute_fields_serially
        context = self.context_value
        if not is_operation_context(context):
            return execute(parent_type, source_value, path, grouped_field_set, position_context)

        async def in_turn() -> dict[str, Any]:
            data: dict[str, Any] = {}
            for key, details in grouped_field_set.items():
                nodes = [each.node for each in details]
                begin_root_field(self.schema, context, key, nodes, self.variable_values)
                try:
                    one = execute(parent_type, source_value, path, {key: details}, position_context)
                    data.update(await settled(one))
                finally:
                    await end_root_field(context)
            return data

        return in_turn()

    def _in_context(self, context: Any) -> Self:
        self.context_value = context
        return self

    def _uncovered(self) -> str:
        """Return why this operation has to run on graphql-core's own path; empty if it need not."""
        if self.middleware_manager is not None and self.middleware_manager.middlewares:
            return "middleware"
        if self.abort_signal is not None or self.hooks is not None:
            return "abort signal or hooks"
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return "synchronous"
        return ""


class ClassicExecutor(OperationExecutor):
    """Runs each operation, and each event of a subscription, on graphql-core in a context of its own."""

    def _uncovered(self) -> str:
        return NOT_COMPILED
