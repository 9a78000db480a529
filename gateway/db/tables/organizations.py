"""Who there is: organizations, people, and the tokens that speak for them."""

from sqlalchemy import Column, Table

from gateway.db.tables.columns import EMAIL, ORDERED, closed, metadata, ordered, parent, tenant_table, version
from gateway.db.tables.enums import OrganizationKind
from gateway.db.types import Boolean, OrderedText, Text, Timestamp

organizations = Table(
    "organizations",
    metadata,
    Column("id", OrderedText, primary_key=True),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
    Column("name", OrderedText, nullable=False),
    Column("kind", OrderedText, nullable=False),
    Column("timezone", Text, nullable=False),  # IANA name
    # how the document that was read last writes a status: `upper` or `lower`; null before there is one
    Column("status_case", Text),
    # whether nobody may approve what they ask for themselves; null: they may
    Column("forbids_own_approval", Boolean),
    version(),
    closed("kind", OrganizationKind),
    info={"type": "Organization"},
)

people = tenant_table(
    "people",
    Column("first_name", OrderedText, info=ORDERED),
    Column("last_name", OrderedText, info=ORDERED),
    Column("email", OrderedText, info=ORDERED | EMAIL),
    Column("phone", OrderedText),
    Column("job_title", OrderedText),
    Column("extra", Text),
    version(),
    type="Person",
)
ordered(people, "created_at")

api_tokens = tenant_table(
    "api_tokens",
    Column("person_id", OrderedText),
    Column("customer_id", OrderedText),  # null: the whole organization
    Column("name", OrderedText, nullable=False),
    Column("token_hash", OrderedText, nullable=False, unique=True),  # SHA-256, hexadecimal
    Column("scopes", Text, nullable=False),  # separated by one space (RFC 6749, section 3.3)
    Column("expires_at", Timestamp),
    Column("last_used_at", Timestamp),
    Column("revoked_at", Timestamp),
    version(),
    parent("person_id", "people"),
)
ordered(api_tokens, "person_id")
