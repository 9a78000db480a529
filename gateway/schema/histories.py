"""The history of an object: the events that tell of it."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import Table

from gateway.execution import VARIES, Selection, always, relation
from gateway.resolvers.context import Context
from gateway.resolvers.event_log import list_histories
from gateway.resolvers.lists import Slice
from gateway.schema.connections import Connection, list_signature, wanted

if TYPE_CHECKING:
    from gateway.schema.events import Event

History = Connection[Annotated["Event", strawberry.lazy("gateway.schema.events")]] | None


def history_of(table: Table) -> Any:
    """Declare the field `history` of objects that are rows of a table."""

    async def load(keys: list[str], context: Context, selection: Selection, **slice_: Any) -> Any:
        return await list_histories(context, table, keys, Slice(**slice_), wanted(selection))

    load.__signature__ = list_signature(("keys", "context", "selection"), None, None)  # type: ignore[attr-defined]
    return relation(
        load,
        metadata={VARIES: always},  # events are pruned without a new data version
        description="What happened to it, the latest first; null without the scope `admin`. An event of many rows, "
        "such as an import, is named where it may have changed this one: it tells of the table, and came later.",
    )
