"""File."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from gateway.db import tables as db
from gateway.execution import column
from gateway.schema.connections import ordering
from gateway.schema.filters import BigIntFilter, DateTimeFilter, StringFilter, on_id, on_parent, option
from gateway.schema.node import Node, to_one
from gateway.schema.scalars import BigInt

if TYPE_CHECKING:
    from gateway.schema.connection_requests import ConnectionRequest, ConnectionRequestFilter


@strawberry.input(description="Conditions on a file.")
class FileFilter:
    and_: list["FileFilter"] | None = option("All of them hold.", name="and")
    or_: list["FileFilter"] | None = option("At least one of them holds.", name="or")
    not_: "FileFilter | None" = option("It does not hold.", name="not")
    uuid: StringFilter | None = option("The record's own id.", condition=on_id())
    name: StringFilter | None = option("The file's name.")
    content_type: StringFilter | None = option("The media type.")
    size: BigIntFilter | None = option("The size in bytes.")
    sha256: StringFilter | None = option("The SHA-256 of the content, hexadecimal.")
    created_at: DateTimeFilter | None = option("When the record was made.")
    connection_request: (
        Annotated["ConnectionRequestFilter", strawberry.lazy("gateway.schema.connection_requests")] | None
    ) = option(
        "The request that the file is attached to.",
        condition=on_parent(db.connection_requests, "connection_request_id"),
    )


@strawberry.input(description="Conditions on a list of files.")
class FileListFilter:
    some: FileFilter | None = option("At least one file satisfies it.")
    every: FileFilter | None = option("Every file satisfies it.")
    none: FileFilter | None = option("No file satisfies it.")


FileOrder = ordering(
    "File",
    created_at="When the record was made.",
    position="The place among the files of its request.",
    name="The file's name.",
    size="The size in bytes.",
)


@strawberry.type(description="A file that was uploaded for a connection request.")
class File(Node):
    uuid: str = column("id", description="The record's own id.")
    name: str = column(description="The file's name.")
    content_type: str | None = column(description="The media type.")
    size: BigInt | None = column(description="The size in bytes.")
    sha256: str | None = column(description="The SHA-256 of the content, hexadecimal.")
    created_at: datetime = column(description="When the record was made.")
    connection_request: (
        Annotated["ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")] | None
    ) = to_one(
        db.connection_requests,
        "connection_request_id",
        description="The request that the file is attached to; null until it is.",
    )
