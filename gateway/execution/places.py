"""The loaders of the classic path: one for each place of an operation, around a relation's batch function."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from aiodataloader import DataLoader
from graphql import GraphQLResolveInfo

from gateway.execution.context import OperationContext
from gateway.execution.selection import Selection, select
from gateway.execution.sources import Relation


async def call_batch(
    relation: Relation, keys: list[Any], context: Any, selection: Selection, arguments: dict[str, Any]
) -> list[Any]:
    """Call a relation's batch function and return one result for each key, in the order of the keys.

    Raises:
        TypeError: the function answers with another number of results; the message shows none of them.
    """
    results: Sequence[Any] = await relation.function(keys, context, selection, **arguments)
    if len(results) != len(keys):
        name = getattr(relation.function, "__name__", "the batch function")
        raise TypeError(f"{name} returned {len(results)} results for {len(keys)} keys.")
    return list(results)


class PlaceLoader(DataLoader[Any, Any]):
    """Loads one relation at one place of one operation.

    A cancelled waiter does not cancel what other waiters wait for; `close` cancels the batches that still
    run.
    """

    def __init__(
        self, relation: Relation, context: Any, selection: Selection, arguments: dict[str, Any]
    ) -> None:
        self._batch = (relation, context, selection, arguments)
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False
        super().__init__()

    async def batch_load_fn(self, keys: list[Any]) -> list[Any]:
        """Call the batch function; the loader's hook."""
        relation, context, selection, arguments = self._batch
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        try:
            return await call_batch(relation, keys, context, selection, arguments)
        except asyncio.CancelledError:
            if self._closed:
                raise
            # A cancellation from inside would leave every waiter waiting for ever.
            raise RuntimeError("The batch was cancelled.") from None

    async def load_shielded(self, key: Any) -> Any:
        """Return the result for one key; cancelling the caller leaves the shared result intact."""
        future = self.load(key)
        # Where every waiter was cancelled nobody else looks at the exception, and asyncio would report that.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(future)

    def close(self) -> None:
        """Cancel what still runs: the operation is over."""
        self._closed = True
        for task in self._running:
            task.cancel()


async def load_at_place(
    relation: Relation, row: Any, info: GraphQLResolveInfo[Any], arguments: dict[str, Any]
) -> Any:
    """Resolve a relation for one parent through the loader of its place; null for a null key."""
    key = getattr(row, relation.key)
    if key is None:
        return None
    if isinstance(key, Exception):
        raise key
    context: OperationContext = info.context
    path = tuple(part for part in info.path.as_list() if isinstance(part, str))
    # The type belongs to it: under an abstract type one path may hold different relations.
    place = (info.parent_type.name, path)
    loader = context.places.get(place)
    if not isinstance(loader, PlaceLoader):
        loader = PlaceLoader(relation, context, selection_at(info), arguments)
        context.places[place] = loader
    return await loader.load_shielded(key)


def selection_at(info: GraphQLResolveInfo[Any]) -> Selection:
    """Return what is selected below the field that is being resolved."""
    # Strawberry hands resolvers the plain dict of coerced variables.
    variables: Any = info.variable_values
    return select(info.schema, info.return_type, info.field_nodes, info.fragments, variables)


def close_places(context: OperationContext) -> None:
    """Cancel the batches of an operation that was cancelled itself."""
    close: Callable[[], None] | None = getattr(context, "close", None)
    if close is not None:
        close()
    for loader in context.places.values():
        if isinstance(loader, PlaceLoader):
            loader.close()
