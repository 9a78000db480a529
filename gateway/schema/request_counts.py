"""The number of connection requests by status."""

from dataclasses import dataclass
from typing import Annotated

import strawberry

from gateway.db import tables as db
from gateway.db.tables import ConnectionRequestStatus
from gateway.execution import Selection
from gateway.resolvers.context import Context
from gateway.resolvers.lists import counts_by
from gateway.schema.connection_requests import ConnectionRequestFilter
from gateway.schema.filters import where_of


@strawberry.type(description="The number of connection requests with one status.")
class ConnectionRequestCount:
    status: ConnectionRequestStatus = strawberry.field(description="The status that is counted.")
    count: int = strawberry.field(
        description="The number of connection requests with this status. It can be 0."
    )


@dataclass(frozen=True, slots=True)
class StatusCount:
    """A status and the number of requests with it: the parts of a `ConnectionRequestCount`."""

    status: str
    count: int


async def connection_request_counts(
    context: Context,
    selection: Selection,
    *,
    filter: Annotated[
        ConnectionRequestFilter | None,
        strawberry.argument(description="Count only requests that match this filter."),
    ] = None,
) -> list[StatusCount]:
    """The number of requests with each status, in the order of the statuses; it can be 0."""
    where = await where_of(context, db.connection_requests, filter)
    counts = await counts_by(context, db.connection_requests, "status", where)
    return [StatusCount(status.value, counts.get(status.value, 0)) for status in ConnectionRequestStatus]
