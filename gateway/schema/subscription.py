"""The root of every subscription."""

from collections.abc import Awaitable, Callable, Collection
from typing import Annotated, Any

import strawberry
from sqlalchemy import Table
from strawberry import UNSET

from gateway.db import tables as db
from gateway.db.filters import EVERYTHING, Where, all_of, eq
from gateway.execution import Selection, subscription
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Invalid
from gateway.resolvers.event_log import Happened
from gateway.schema.comparisons import option
from gateway.schema.connected_accounts import ConnectedAccountFilter
from gateway.schema.connection_requests import ConnectionRequestFilter
from gateway.schema.filters import where_of
from gateway.schema.node import from_global_id
from gateway.schema.stream_events import ConnectedAccountEvent, ConnectionRequestEvent, OrganizationEvent
from gateway.streams.messages import StreamEvent, Wanted

MOST_LISTED = 1000

After = Annotated[
    str | None,
    strawberry.argument(
        description="Send only events after this cursor, including past events. Default: only events from now on."
    ),
]
_TYPES = (
    "Send only events of these types, such as `connection_request.approved`. At most 1000. Events that changed many "
    "objects are always sent."
)


@strawberry.input(description="Conditions on events. All given members must match.")
class OrganizationEventFilter:
    types: list[str] | None = option(_TYPES)
    nodes: list[strawberry.ID] | None = option(
        "Send only events of the objects with these global ids. At most 1000. Events that changed many objects are "
        "always sent."
    )


@strawberry.input(description="Conditions on events of connection requests. All given members must match.")
class ConnectionRequestEventFilter(OrganizationEventFilter):
    node: ConnectionRequestFilter | None = option(
        "Send only events of requests that match this filter now. Events of deleted requests and events that "
        "changed many objects are always sent."
    )


@strawberry.input(description="Conditions on events of connected accounts. All given members must match.")
class ConnectedAccountEventFilter(OrganizationEventFilter):
    node: ConnectedAccountFilter | None = option(
        "Send only events of accounts that match this filter now. Events of deleted accounts and events that "
        "changed many objects are always sent."
    )


def _listed(values: Collection[str] | None, name: str) -> frozenset[str] | None:
    if values is None or values is UNSET:
        return None
    if len(values) > MOST_LISTED:
        raise Invalid(f"`{name}` takes at most {MOST_LISTED} values, not {len(values)}.")
    return frozenset(values)


def _takes(tables: frozenset[str] | None, given: Any) -> Callable[[Happened], bool]:
    """A function that says whether an event is wanted, without reading anything.

    Raises:
        Invalid: the filter has too many values.
    """
    types = _listed(getattr(given, "types", None), "types")
    ids = _listed(getattr(given, "nodes", None), "nodes")
    parsed = None if ids is None else {from_global_id(each) for each in ids}
    nodes = (
        None
        if parsed is None
        else {(str(db.NODES[each[0]].name), each[1]) for each in parsed if each is not None}
    )

    def takes(happened: Happened) -> bool:
        if tables is not None and happened.tables is not None and tables.isdisjoint(happened.tables):
            return False
        if happened.subject_id is None:
            return True
        if types is not None and happened.type not in types:
            return False
        return nodes is None or (happened.subject_type, happened.subject_id) in nodes

    return takes


def _matches(table: Table, where: Where) -> Callable[[StreamEvent, Context], Awaitable[bool]]:
    """A function that says whether the row of an event satisfies a condition, or no longer exists."""

    async def matches(event: StreamEvent, context: Context) -> bool:
        row_id = event.subject_id
        assert row_id is not None
        if await context.count(table, all_of(where, eq("id", row_id))):
            return True
        return not await context.rows(table, [row_id], columns=("id",))

    return matches


async def _of_table(context: Context, table: Table, after: str | None, given: Any) -> Wanted:
    takes = _takes(frozenset((str(table.name),)), given)
    where = await where_of(context, table, getattr(given, "node", None))
    return Wanted(_given(after), takes, None if where is EVERYTHING else _matches(table, where))


def _given(after: str | None) -> str | None:
    return None if after is UNSET else after


async def connection_request_events(
    context: Context,
    selection: Selection,
    *,
    after: After = None,
    filter: Annotated[
        ConnectionRequestEventFilter | None,
        strawberry.argument(description="Send only events that match this filter."),
    ] = None,
) -> Wanted:
    """Events of connection requests that match a filter.

    Raises:
        Invalid: the filter has too many values or conditions.
    """
    return await _of_table(context, db.connection_requests, after, filter)


async def connected_account_events(
    context: Context,
    selection: Selection,
    *,
    after: After = None,
    filter: Annotated[
        ConnectedAccountEventFilter | None,
        strawberry.argument(description="Send only events that match this filter."),
    ] = None,
) -> Wanted:
    """Events of connected accounts that match a filter.

    Raises:
        Invalid: the filter has too many values or conditions.
    """
    return await _of_table(context, db.connected_accounts, after, filter)


async def all_events(
    context: Context,
    selection: Selection,
    *,
    after: After = None,
    filter: Annotated[
        OrganizationEventFilter | None,
        strawberry.argument(description="Send only events that match this filter."),
    ] = None,
) -> Wanted:
    """Events of any object that match a filter.

    Raises:
        Invalid: the filter has too many values.
    """
    return Wanted(_given(after), _takes(None, filter))


@strawberry.type(
    description="The event streams. Each event is delivered at least once, in the order in which the changes were "
    "committed."
)
class Subscription:
    connection_request_events: ConnectionRequestEvent = subscription(
        connection_request_events, description="Events that change connection requests."
    )
    connected_account_events: ConnectedAccountEvent = subscription(
        connected_account_events, description="Events that change connected accounts."
    )
    events: OrganizationEvent = subscription(
        all_events, description="All events of the organization that you may see."
    )
