"""The history of an object: the events that changed it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import Table

from gateway.execution import VARIES, Selection, always, relation
from gateway.resolvers.context import Context
from gateway.resolvers.event_log import list_histories
from gateway.resolvers.lists import PageParts, Slice
from gateway.schema.connections import Connection, list_signature, wanted

if TYPE_CHECKING:
    from gateway.schema.events import Event

History = Connection[Annotated["Event", strawberry.lazy("gateway.schema.events")]] | None


Lister = Callable[[Context, list[str], Slice, PageParts], Awaitable[Sequence[Any]]]


def history_of(table: Table) -> Any:
    """Declare the field `history` of objects that are rows of a table."""

    async def listed(context: Context, keys: list[str], slice_: Slice, parts: PageParts) -> Sequence[Any]:
        return await list_histories(context, table, keys, slice_, parts)

    return history_by(listed, "id")


def history_by(listed: Lister, key: str) -> Any:
    """Declare the field `history` of other objects.

    Args:
        listed: called as `listed(context, keys, slice_, parts)`; it returns one page for each key, in order.
        key: the attribute with the key of the objects.
    """

    async def load(keys: list[str], context: Context, selection: Selection, **slice_: Any) -> Any:
        return await listed(context, keys, Slice(**slice_), wanted(selection))

    load.__signature__ = list_signature(("keys", "context", "selection"), None, None)  # type: ignore[attr-defined]
    return relation(
        load,
        key=key,
        metadata={VARIES: always},  # events are pruned without a new data version
        description="The events that changed this object, latest first. Null without the scope `admin`. An event that "
        "changed many objects, such as an import, is included if it can have changed this object: it happened later, "
        "and it changed objects of this type.",
    )
