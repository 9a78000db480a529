"""RequestedItem: what an access request asks access to."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from gateway.db import tables as db
from gateway.execution import column
from gateway.schema.filters import StringFilter, on_id, option
from gateway.schema.node import Node, to_one

if TYPE_CHECKING:
    from gateway.schema.connection_requests import ConnectionRequest


@strawberry.input(description="Conditions on a requested item.")
class RequestedItemFilter:
    and_: list["RequestedItemFilter"] | None = option("All of them hold.", name="and")
    or_: list["RequestedItemFilter"] | None = option("At least one of them holds.", name="or")
    not_: "RequestedItemFilter | None" = option("It does not hold.", name="not")
    uuid: StringFilter | None = option("The record's own id.", condition=on_id())
    resource_id: StringFilter | None = option("The resource's id.")
    group_id: StringFilter | None = option("The group's id.")
    name: StringFilter | None = option("The name of the resource or group.")


@strawberry.input(description="Conditions on a list of requested items.")
class RequestedItemListFilter:
    some: RequestedItemFilter | None = option("At least one item satisfies it.")
    every: RequestedItemFilter | None = option("Every item satisfies it.")
    none: RequestedItemFilter | None = option("No item satisfies it.")


@strawberry.type(description="A resource or a group that an access request asks access to.")
class RequestedItem(Node):
    uuid: str = column("id", description="The record's own id.")
    resource_id: str | None = column(description="The resource's id, where a resource is asked for.")
    group_id: str | None = column(description="The group's id, where a group is asked for.")
    access_level_name: str | None = column(description="The name of the access level that is asked for.")
    access_level_remote_id: str | None = column(
        description="The access level's id in the system that the item lives in."
    )
    name: str | None = column(description="The name of the resource or group.")
    remote_id: str | None = column(description="The item's id in the system that it lives in.")
    remote_name: str | None = column(description="The item's name in the system that it lives in.")
    connection_request: Annotated[
        "ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")
    ] = to_one(db.connection_requests, "connection_request_id", description="The request that asks for it.")
