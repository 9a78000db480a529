"""File."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.ids import now
from gateway.db.links import REQUESTS_OF_FILE
from gateway.db.pages import Window
from gateway.execution import VARIES, Selection, always, relation
from gateway.resolvers.context import Context
from gateway.resolvers.file_urls import DOWNLOADS, file_of, signed_url
from gateway.resolvers.viewer import Scope
from gateway.schema.connections import Connection, child_list
from gateway.schema.filters import Member, on_linked
from gateway.schema.histories import History, history_of
from gateway.schema.node import Node
from gateway.schema.rows import column, filter_of, order_of, own_uuid, row_type
from gateway.schema.scalars import BigInt

if TYPE_CHECKING:
    from gateway.schema.connection_requests import (
        ConnectionRequest,
        ConnectionRequestFilter,
        ConnectionRequestOrder,
    )


EARLIEST_FIRST = (("requested_at", False), ("id", False))

_LATER = strawberry.lazy("gateway.schema.connection_requests")


async def earliest_request(keys: list[str], context: Context, selection: Selection) -> Sequence[Any]:
    """The earliest request to which each file is attached; null if there is none."""
    order = Order.of(db.connection_requests, EARLIEST_FIRST)
    pages = await context.pages_of_children(
        db.connection_requests, REQUESTS_OF_FILE, keys, order, Window(1), columns=selection.columns
    )
    return [page.rows[0] if page.rows else None for page in pages]


async def download_urls(keys: list[str], context: Context, selection: Selection) -> Sequence[Any]:
    """The signed URL of each file, by its storage key."""
    until = now() + timedelta(seconds=context.settings.download_seconds)
    return [await signed_url(context, DOWNLOADS, Scope.READ, file_of(key), until) for key in keys]


@row_type(
    db.files,
    description="A file, such as an example of a feed. It can be attached to several connection requests, or to none.",
)
class File(Node):
    uuid: str = own_uuid(filters=True)
    name: str = column(description="The name of the file, such as `items.csv`.", filters=True, orders=True)
    content_type: str | None = column(
        description="The media type, such as `text/csv`. Null if unknown.", filters=True
    )
    size: BigInt | None = column(description="The size in bytes. Null if unknown.", filters=True, orders=True)
    sha256: str | None = column(
        description="The SHA-256 digest of the content: 64 lower-case hexadecimal digits. Null if unknown.",
        filters=True,
    )
    created_at: datetime = column(description="When the record was created.", filters=True, orders=True)
    download_url: str | None = relation(
        download_urls,
        key="storage_key",
        metadata={VARIES: always},  # it expires
        description="A signed URL from which you download the content without a token. It expires after 15 minutes, "
        "unless the server is configured otherwise. Null if the gateway does not have the content.",
    )
    connection_requests: Connection[
        Annotated["ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")]
    ] = child_list(
        db.connection_requests,
        REQUESTS_OF_FILE,
        filter=Annotated["ConnectionRequestFilter", _LATER],
        order_by=Annotated["ConnectionRequestOrder", _LATER],
        default=EARLIEST_FIRST,
        description="The connection requests that the file is attached to, earliest first.",
    )
    connection_request: (
        Annotated["ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")] | None
    ) = relation(
        earliest_request,
        description="The earliest connection request that the file is attached to. Null if there is none.",
        deprecation_reason="Use `connectionRequests`: a file can be attached to several requests.",
    )
    history: History = history_of(db.files)


FileFilter = filter_of(
    File,
    connection_request=(
        Member(Annotated["ConnectionRequestFilter", _LATER], on_linked(REQUESTS_OF_FILE), is_relation=True),
        "The file is attached to at least one connection request that matches this filter. Same as "
        "`connectionRequests: {some: …}`.",
    ),
)
FileOrder = order_of(
    File,
    position="The position among the files of the connection request. In a list of all files: the position in the "
    "request to which the file was attached first.",
)
