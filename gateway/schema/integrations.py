"""Integration: a feed that a connection request asks for."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from gateway.db import tables as db
from gateway.db.filters import EVERYTHING, NOTHING, Where, all_of, negate
from gateway.execution import column, computed
from gateway.resolvers import integrations, schedules
from gateway.resolvers.context import Context
from gateway.resolvers.integrations import IntegrationType
from gateway.schema.connections import ordering
from gateway.schema.filters import DateTimeFilter, EnumFilter, StringFilter, on_id, on_parent, option
from gateway.schema.node import Node, to_one
from gateway.schema.schedules import Schedule

if TYPE_CHECKING:
    from gateway.schema.connection_requests import ConnectionRequest, ConnectionRequestFilter


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
    to: datetime = strawberry.field(description="Its end, itself excluded; at most a month later.")


async def due(context: Context, given: TimeWindow) -> Where:
    return await integrations.due_between(context, given.from_, given.to)


@strawberry.input(description="Conditions on an integration.")
class IntegrationFilter:
    and_: list["IntegrationFilter"] | None = option("All of them hold.", name="and")
    or_: list["IntegrationFilter"] | None = option("At least one of them holds.", name="or")
    not_: "IntegrationFilter | None" = option("It does not hold.", name="not")
    uuid: StringFilter | None = option("The record's own id.", condition=on_id())
    type: EnumFilter[IntegrationType] | None = option("What the feed carries.", condition=of_types)
    integration_type: StringFilter | None = option("The type as the vendor wrote it.")
    update_frequency: StringFilter | None = option("The cron text; needs the scope `secrets`.")
    feed_source_file_locations: StringFilter | None = option("The locations; needs the scope `secrets`.")
    file_specs: StringFilter | None = option("The specifications; needs the scope `secrets`.")
    rules: StringFilter | None = option("The rules; needs the scope `secrets`.")
    due_between: TimeWindow | None = option(
        "The schedule fires in this window.",
        condition=due,
        cost=20,  # each is an evaluation of every distinct cron text
    )
    created_at: DateTimeFilter | None = option("When the record was made.")
    connection_request: (
        Annotated["ConnectionRequestFilter", strawberry.lazy("gateway.schema.connection_requests")] | None
    ) = option(
        "The request that asks for it.", condition=on_parent(db.connection_requests, "connection_request_id")
    )


@strawberry.input(description="Conditions on a list of integrations.")
class IntegrationListFilter:
    some: IntegrationFilter | None = option("At least one integration satisfies it.")
    every: IntegrationFilter | None = option("Every integration satisfies it.")
    none: IntegrationFilter | None = option("No integration satisfies it.")


IntegrationOrder = ordering(
    "Integration",
    created_at="When the record was made.",
    position="The place among the integrations of its request.",
    integration_type="The type as the vendor wrote it.",
)


@strawberry.type(description="A feed that a connection request asks for.")
class Integration(Node):
    uuid: str = column("id", description="The record's own id.")
    type: IntegrationType = computed(integrations.type_of, description="What the feed carries.")
    integration_type: str = column(description="The type as the vendor wrote it.")
    update_frequency: str | None = column(
        description="The cron text as the vendor wrote it; credentials masked without the scope `secrets`."
    )
    schedule: Schedule | None = computed(
        schedule, description="What the update frequency means; null where there is none."
    )
    feed_source_file_locations: str | None = column(
        description="Where the files are fetched; credentials masked without the scope `secrets`."
    )
    file_specs: str | None = column(description="Specifications of the files.")
    rules: str | None = column(description="Rules and business logic.")
    created_at: datetime = column(description="When the record was made.")
    updated_at: datetime = column(description="When the record was last changed.")
    connection_request: Annotated[
        "ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")
    ] = to_one(db.connection_requests, "connection_request_id", description="The request that asks for it.")
