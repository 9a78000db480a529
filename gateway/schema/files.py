"""File."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from gateway.db import tables as db
from gateway.schema.node import Node, to_one
from gateway.schema.rows import column, filter_of, order_of, own_uuid, row_type
from gateway.schema.scalars import BigInt

if TYPE_CHECKING:
    from gateway.schema.connection_requests import ConnectionRequest


@row_type(db.files, description="A file that was uploaded for a connection request.")
class File(Node):
    uuid: str = own_uuid(filters=True)
    name: str = column(description="The file's name.", filters=True, orders=True)
    content_type: str | None = column(description="The media type.", filters=True)
    size: BigInt | None = column(description="The size in bytes.", filters=True, orders=True)
    sha256: str | None = column(description="The SHA-256 of the content, hexadecimal.", filters=True)
    created_at: datetime = column(description="When the record was made.", filters=True, orders=True)
    connection_request: (
        Annotated["ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")] | None
    ) = to_one(
        db.connection_requests,
        "connection_request_id",
        description="The request that the file is attached to; null until it is.",
        filters=True,
    )


FileFilter = filter_of(File)
FileOrder = order_of(File, position="The place among the files of its request.")
