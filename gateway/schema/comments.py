"""Comment on a connection request."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from gateway.db import tables as db
from gateway.schema.histories import History, history_of
from gateway.schema.node import Node, to_one
from gateway.schema.people import Person
from gateway.schema.rows import column, filter_of, order_of, own_uuid, row_type, row_version
from gateway.schema.scalars import BigInt

if TYPE_CHECKING:
    from gateway.schema.connection_requests import ConnectionRequest


@row_type(db.comments, description="A comment on a connection request.")
class Comment(Node):
    uuid: str = own_uuid(filters=True)
    body: str = column(description="The text of the comment.", filters=True)
    created_at: datetime = column(description="When the comment was written.", filters=True, orders=True)
    updated_at: datetime = column(description="When the comment was last changed.", filters=True, orders=True)
    version: BigInt = row_version()
    author: Person | None = to_one(
        db.people,
        "author_id",
        description="The author of the comment. Null if the author is unknown.",
        filters=True,
    )
    connection_request: Annotated[
        "ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")
    ] = to_one(
        db.connection_requests,
        "connection_request_id",
        description="The connection request that the comment is about.",
        filters=True,
    )
    history: History = history_of(db.comments)


CommentFilter = filter_of(Comment)
CommentOrder = order_of(Comment)
