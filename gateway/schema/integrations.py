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


@strawberry.input(description="A period of time.")
class TimeWindow:
    from_: datetime = strawberry.field(name="from", description="The start of the period, inclusive.")
    to: datetime = strawberry.field(
        description="The end of the period, exclusive. At most one calendar month (31 days and 7 hours) after `from`."
    )
    timezone: str | None = strawberry.field(
        default=None,
        description="The time zone in which cron expressions are read: an IANA name such as `Europe/Berlin`. Default: "
        "the organization's time zone.",
    )


async def due(context: Context, given: TimeWindow) -> Where:
    return await integrations.due_between(context, given.from_, given.to, given.timezone)


@row_type(
    db.integrations, description="A data feed that a connection request asks for, such as a supplier's items."
)
class Integration(Node):
    uuid: str = own_uuid(filters=True)
    type: IntegrationType = computed(
        integrations.type_of,
        description="The kind of data in the feed, derived from `integrationType`.",
        filters=of_types,
    )
    integration_type: str = column(
        description="The type as the vendor writes it, such as `items`.", filters=True, orders=True
    )
    update_frequency: str | None = column(
        description="When the feed runs: a cron expression such as `0 3 * * *` (every day at 3:00). Null if there is "
        "no schedule.",
        filters=True,
    )
    schedule: Schedule | None = computed(
        schedule, description="The meaning of `updateFrequency`. Null if `updateFrequency` is null."
    )
    feed_source_file_locations: str | None = column(
        description="Where the feed's files are fetched from, as free text, such as `sftp://files.example.com/items/`.",
        filters=True,
    )
    file_specs: str | None = column(
        description="Specifications of the feed's files, as free text, such as `UTF-8 CSV with a header`.",
        filters=True,
    )
    rules: str | None = column(
        description="Rules and business logic for the feed, as free text.", filters=True
    )
    created_at: datetime = column(description="When the record was created.", filters=True, orders=True)
    updated_at: datetime = column(description="When the record was last changed.")
    version: BigInt = row_version()
    connection_request: Annotated[
        "ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")
    ] = to_one(
        db.connection_requests,
        "connection_request_id",
        description="The connection request that asks for the feed.",
        filters=True,
    )
    history: History = history_of(db.integrations)


IntegrationFilter = filter_of(
    Integration,
    due_between=(
        Member(TimeWindow, due, cost=20),  # each is an evaluation of every distinct cron text
        "The schedule runs at least once in this period.",
    ),
)
IntegrationOrder = order_of(
    Integration, position="The position among the integrations of the connection request."
)
