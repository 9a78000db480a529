"""What execution asks of the context that an operation runs in."""

from collections.abc import Mapping
from typing import Any, Protocol, Self

from aiodataloader import DataLoader


class OperationContext(Protocol):
    """The value passed to `Schema.execute(context_value=…)`.

    A method `close`, which it need not have, is called when the operation was cancelled: what is still being fetched
    for it is cancelled, too. A true attribute `runs_siblings_together`, which it need not have either, says that
    relations beside each other are fetched at the same time: less waiting where the store is far away, some more work
    everywhere.

    A method `end_root_field`, which it need not have either, is awaited when a root field of a mutation is complete,
    with everything below it, or has failed: what the field's function left open for that is closed there.
    """

    places: dict[Any, DataLoader[Any, Any]]
    """The loaders of relations, one for each place of the operation; filled while it runs."""

    def for_operation(self, columns_by_type: Mapping[str, tuple[str, ...]]) -> Self:
        """Return a copy for one operation, with loaders and places of its own.

        Args:
            columns_by_type: for the name of a GraphQL object type, every column that the operation reads of it
                anywhere, sorted; a type of which the operation reads nothing is absent.
        """
        ...


def is_operation_context(context: Any) -> bool:
    """Tell whether fields of this package can run in a context; with any other, plain resolvers alone can."""
    return hasattr(context, "for_operation")


async def end_root_field(context: Any) -> None:
    """Tell a context that a root field of a mutation is complete, if it wants to be told."""
    end = getattr(context, "end_root_field", None)
    if end is not None:
        await end()
