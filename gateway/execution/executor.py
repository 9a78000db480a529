"""The hook through which graphql-core and Strawberry run an operation."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.execution.operations import operation_columns
from gateway.execution.places import PlaceLoader


class OperationExecutor(StrawberryGraphQLCoreExecutionContext):
    """Runs each operation, and each event of a subscription, in a context of its own.

    Use: `strawberry.Schema(…, execution_context_class=OperationExecutor)`.
    """

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Run the operation (graphql-core's `Executor.execute_operation`)."""
        if self.context_value is None:
            return super().execute_operation(serially)
        columns = operation_columns(self.schema, self.operation, self.fragment_definitions)
        self.context_value = self.context_value.for_operation(columns)
        result = super().execute_operation(serially)
        return self._closing_places(result) if self.is_awaitable(result) else result

    async def _closing_places(self, result: Awaitable[Any]) -> Any:
        try:
            return await result
        except asyncio.CancelledError:
            for loader in self.context_value.places.values():
                if isinstance(loader, PlaceLoader):
                    loader.close()
            raise
