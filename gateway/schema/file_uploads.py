"""FileUpload: a file whose bytes are still being sent. The File exists only after the upload is complete."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateway.db import tables as db
from gateway.execution import Selection, relation
from gateway.resolvers.context import Context
from gateway.resolvers.file_uploads import upload_urls
from gateway.schema.files import File
from gateway.schema.histories import History, history_of
from gateway.schema.node import Node, to_one
from gateway.schema.rows import column, row_type
from gateway.schema.scalars import BigInt


async def urls_of(keys: list[str], context: Context, selection: Selection) -> Sequence[Any]:
    """The URL to which each upload is sent."""
    return await upload_urls(context, keys)


@row_type(
    db.file_uploads,
    description="A file whose bytes are still to be sent. Send them with PUT to `uploadUrl`, then call "
    "`completeFileUpload`. Only tokens with the scope `write` can see it.",
)
class FileUpload(Node):
    uuid: str = column("id", description="The record's own id. The finished file has the same `uuid`.")
    name: str = column(description="The name of the finished file, such as `items.csv`.")
    content_type: str | None = column(
        description="The announced media type, such as `text/csv`. Null if none was announced."
    )
    size: BigInt | None = column(
        description="The announced size in bytes. Null if none was announced: any size is accepted."
    )
    sha256: str | None = column(
        description="The announced SHA-256 digest: 64 hexadecimal digits. Null if none was announced: any content is "
        "accepted."
    )
    created_at: datetime = column(description="When the upload was created.")
    expires_at: datetime = column(
        description="When the upload expires. Send the bytes and complete the upload before this time."
    )
    upload_url: str | None = relation(
        urls_of,
        description="The signed URL to which you send the bytes with PUT, without a token. Null after the upload is "
        "complete or has expired.",
    )
    file: File | None = to_one(
        db.files, "id", description="The finished file. Null until the upload is complete."
    )
    history: History = history_of(db.file_uploads)
