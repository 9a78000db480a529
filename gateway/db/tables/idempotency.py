"""What changes came to that may be asked for again under the same key."""

from sqlalchemy import Column, Index

from gateway.db.tables.columns import SEALED, tenant_table
from gateway.db.types import OrderedText, Text, Timestamp

idempotency_keys = tenant_table(
    "idempotency_keys",  # the id is the SHA-256 of token, operation and key, in hexadecimal
    Column("fingerprint", OrderedText, nullable=False),  # SHA-256 of what was asked for, in hexadecimal
    Column("outcome", Text),  # JSON without secrets
    Column("sealed_outcome", Text, info=SEALED),  # JSON that may have some
    Column("expires_at", Timestamp, nullable=False),
)
Index("ix_idempotency_keys_expires_at", idempotency_keys.c.expires_at)
