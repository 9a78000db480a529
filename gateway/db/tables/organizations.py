"""Who there is: organizations, people, and the tokens that speak for them."""

from sqlalchemy import Column, Table

from gateway.db.tables.columns import (
    DIGEST,
    EMAIL,
    KEPT,
    ORDERED,
    PLAIN,
    SHORT,
    closed,
    holding,
    holds_credential,
    metadata,
    ordered,
    parent,
    tenant_table,
    version,
)
from gateway.db.tables.enums import OrganizationKind
from gateway.db.types import Boolean, OrderedText, Text, Timestamp

organizations = Table(
    "organizations",
    metadata,
    Column("id", OrderedText, primary_key=True),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
    Column("name", OrderedText, nullable=False, info=SHORT),
    Column("kind", OrderedText, nullable=False, info=PLAIN),
    Column("timezone", Text, nullable=False, info=PLAIN),  # IANA name
    # how the document that was read last writes a status: `upper` or `lower`; null before there is one
    Column("status_case", Text, info=PLAIN),
    # whether nobody may approve what they ask for themselves; null: they may
    Column("forbids_own_approval", Boolean),
    version(),
    closed("kind", OrganizationKind),
    info={"type": "Organization"},
)

people = tenant_table(
    "people",
    Column("first_name", OrderedText, info=SHORT | ORDERED),
    Column("last_name", OrderedText, info=SHORT | ORDERED),
    Column("email", OrderedText, info=SHORT | ORDERED | EMAIL),
    Column("phone", OrderedText, info=SHORT),
    Column("job_title", OrderedText, info=SHORT),
    Column("extra", Text, info=KEPT),
    holds_credential(),
    version(),
    type="Person",
)
ordered(people, "created_at")
holding(people)

api_tokens = tenant_table(
    "api_tokens",
    Column("person_id", OrderedText),
    Column("customer_id", OrderedText, info=SHORT),  # null: the whole organization
    Column("name", OrderedText, nullable=False, info=SHORT),
    # SHA-256, hexadecimal
    Column("token_hash", OrderedText, nullable=False, unique=True, info=PLAIN | DIGEST),
    Column("scopes", Text, nullable=False, info=PLAIN),  # separated by one space (RFC 6749, section 3.3)
    Column("expires_at", Timestamp),
    Column("last_used_at", Timestamp),
    Column("revoked_at", Timestamp),
    version(),
    parent("person_id", "people"),
    type="ApiToken",
)
ordered(api_tokens, "person_id")
