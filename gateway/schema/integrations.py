"""Integration: a feed that a connection request asks for."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from gateway.db import tables as db
from gateway.db.filters import EVERYTHING, NOTHING, Where, all_of, negate
from gateway.resolvers import integrations, schedules
from gateway.resolvers.context import Context
from gateway.resolvers.integrations import IntegrationType
from gateway.schema.comparisons import EnumFilter
from gateway.schema.filters import Member
from gateway.schema.histories import History, history_of
from gateway.schema.node import Node, to_one
from gateway.schema.rows import column, computed, filter_of, order_of, own_uuid, row_type, row_version
from gateway.schema.scalars import BigInt
from gateway.schema.schedules import Schedule

if TYPE_CHECKING:
    from gateway.schema.connection_requests import ConnectionRequest


def schedule(update_frequency: str | None) -> schedules.Schedule | None:
    return schedules.parse(update_frequency)


async def of_types(context: Context, given: EnumFilter[IntegrationType]) -> Where:
    members: dict[str, Callable[[Any], Where]] = {
        "eq": lambda value: integrations.of_types([value]) if value else NOTHING,  # every feed has a type
        "ne": lambda value: negate(integrations.of_types([value])) if value else EVERYTHING,
        "in_": integrations.of_types,
        "not_in": lambda values: negate(integrations.of_types(values)),
    }
    conditions = [
        members[name](value)
        for name, value in vars(given).items()
        if value is not strawberry.UNSET and (value is not None or name in ("eq", "ne"))
    ]
    return all_of(*conditions)


@strawberry.input(description="A stretch of time.")
class TimeWindow:
    from_: datetime = strawberry.field(name="from", description="Its first instant.")
    to: datetime = strawberry.field(
        description="Its end, itself excluded; at most a calendar month later, of 31 days and the hours by which a "
        "clock goes back."
    )
    timezone: str | None = strawberry.field(
        default=None,
        description="IANA name of the zone that the fields of cron texts mean; the organization's by default.",
    )


async def due(context: Context, given: TimeWindow) -> Where:
    return await integrations.due_between(context, given.from_, given.to, given.timezone)


@row_type(db.integrations, description="A feed that a connection request asks for.")
class Integration(Node):
    uuid: str = own_uuid(filters=True)
    type: IntegrationType = computed(
        integrations.type_of, description="What the feed carries.", filters=of_types
    )
    integration_type: str = column(
        description="The type as the vendor writes it, such as `items`.", filters=True, orders=True
    )
    update_frequency: str | None = column(
        description="When it runs, as the cron text that the vendor wrote: `0 3 * * *`.", filters=True
    )
    schedule: Schedule | None = computed(
        schedule, description="What the update frequency means; null where there is none."
    )
    feed_source_file_locations: str | None = column(description="Where the files are fetched.", filters=True)
    file_specs: str | None = column(description="Specifications of the files.", filters=True)
    rules: str | None = column(description="Rules and business logic.", filters=True)
    created_at: datetime = column(description="When the record was created.", filters=True, orders=True)
    updated_at: datetime = column(description="When the record was last changed.")
    version: BigInt = row_version()
    connection_request: Annotated[
        "ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")
    ] = to_one(
        db.connection_requests,
        "connection_request_id",
        description="The connection request that it belongs to.",
        filters=True,
    )
    history: History = history_of(db.integrations)


IntegrationFilter = filter_of(
    Integration,
    due_between=(
        Member(TimeWindow, due, cost=20),  # each is an evaluation of every distinct cron text
        "The schedule fires in this window.",
    ),
)
IntegrationOrder = order_of(Integration, position="The place among the integrations of its request.")
