"""RequestedItem: something to which an access request asks for access."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from gateway.db import tables as db
from gateway.schema.histories import History, history_of
from gateway.schema.node import Node, to_one
from gateway.schema.rows import column, filter_of, own_uuid, row_type, row_version
from gateway.schema.scalars import BigInt

if TYPE_CHECKING:
    from gateway.schema.connection_requests import ConnectionRequest


@row_type(db.requested_items, description="A resource or a group that an access request asks access to.")
class RequestedItem(Node):
    uuid: str = own_uuid(filters=True)
    resource_id: str | None = column(
        description="The resource's id, where a resource is asked for.", filters=True
    )
    group_id: str | None = column(description="The group's id, where a group is asked for.", filters=True)
    access_level_name: str | None = column(description="The name of the access level that is asked for.")
    access_level_remote_id: str | None = column(
        description="The access level's id in the system that the item lives in."
    )
    name: str | None = column(description="The name of the resource or group.", filters=True)
    remote_id: str | None = column(description="The item's id in the system that it lives in.")
    remote_name: str | None = column(description="The item's name in the system that it lives in.")
    version: BigInt = row_version()
    connection_request: Annotated[
        "ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")
    ] = to_one(
        db.connection_requests,
        "connection_request_id",
        description="The connection request that it belongs to.",
    )
    history: History = history_of(db.requested_items)


RequestedItemFilter = filter_of(RequestedItem)
