"""Uploads of files, and what signs the URLs that files are sent to and fetched from."""

from sqlalchemy import Column, Index

from gateway.db.tables.columns import PLAIN, SEALED, tenant_table
from gateway.db.types import BigInt, OrderedText, Text, Timestamp

file_uploads = tenant_table(
    "file_uploads",  # whatever lies in the storage of files under a row's id and is swept when the row expires
    Column("name", OrderedText, nullable=False),
    Column("content_type", OrderedText),
    Column("size", BigInt),  # bytes, as they were announced; null for any
    Column("sha256", OrderedText, info=PLAIN),  # hexadecimal, as it was announced; null for any
    # where what was sent lies, and what it is; null until something was
    Column("storage_key", OrderedText, info=PLAIN),
    Column("received_size", BigInt),
    Column("received_sha256", OrderedText, info=PLAIN),
    Column("completed_at", Timestamp),  # when a file of the same id was made of it, which may be gone by now
    Column("expires_at", Timestamp, nullable=False),
    type="FileUpload",
)
Index("ix_file_uploads_expires_at", file_uploads.c.expires_at)

signing_keys = tenant_table(
    "signing_keys",
    Column("secret", Text, nullable=False, info=SEALED),  # 256 random bits, hexadecimal
)
