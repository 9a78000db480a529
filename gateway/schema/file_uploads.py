"""FileUpload: a file that is being sent, and not there before all of it is."""

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
    """Where each upload is sent to."""
    return await upload_urls(context, keys)


@row_type(
    db.file_uploads,
    description="A file that is being sent: PUT its bytes to the URL, then complete it. Without the scope `write` "
    "there is none to be seen.",
)
class FileUpload(Node):
    uuid: str = column("id", description="The record's own id, and that of the file that becomes of it.")
    name: str = column(description="The name that the file will have.")
    content_type: str | None = column(description="The media type, as it was announced.")
    size: BigInt | None = column(description="How many bytes were announced; null for any number.")
    sha256: str | None = column(description="The SHA-256 that was announced, hexadecimal; null for any.")
    created_at: datetime = column(description="When it was made.")
    expires_at: datetime = column(description="Until when it may be sent and completed.")
    upload_url: str | None = relation(
        urls_of, description="Where to PUT the bytes, without a token; null once it is complete or over."
    )
    file: File | None = to_one(db.files, "id", description="The file that was made of it; null until then.")
    history: History = history_of(db.file_uploads)
