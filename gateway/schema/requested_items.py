"""RequestedItem: a resource or group to which an access request asks for access."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from gateway.db import tables as db
from gateway.schema.histories import History, history_of
from gateway.schema.node import Node, to_one
from gateway.schema.rows import column, filter_of, own_uuid, row_type, row_version
from gateway.schema.scalars import BigInt

if TYPE_CHECKING:
    from gateway.schema.connection_requests import ConnectionRequest


@row_type(db.requested_items, description="A resource or group to which an access request asks for access.")
class RequestedItem(Node):
    uuid: str = own_uuid(filters=True)
    resource_id: str | None = column(
        description="The id of the requested resource. Null if a group is requested.", filters=True
    )
    group_id: str | None = column(
        description="The id of the requested group. Null if a resource is requested.", filters=True
    )
    access_level_name: str | None = column(
        description="The name of the requested access level, such as `Admin`."
    )
    access_level_remote_id: str | None = column(
        description="The id of the access level in the system that provides the item."
    )
    name: str | None = column(description="The name of the resource or group.", filters=True)
    remote_id: str | None = column(description="The id of the item in the system that provides it.")
    remote_name: str | None = column(description="The name of the item in the system that provides it.")
    version: BigInt = row_version()
    connection_request: Annotated[
        "ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")
    ] = to_one(
        db.connection_requests,
        "connection_request_id",
        description="The access request that asks for this item.",
    )
    history: History = history_of(db.requested_items)


RequestedItemFilter = filter_of(RequestedItem)
