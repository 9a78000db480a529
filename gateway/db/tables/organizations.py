"""Who there is: organizations, people, and the tokens that speak for them."""

from sqlalchemy import Column, Index, Table, UniqueConstraint

from gateway.db.tables.columns import (
    DIGEST,
    EMAIL,
    KEPT,
    ORDERED,
    PLAIN,
    SEARCHED,
    SHORT,
    SORTED,
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
from gateway.db.types import BigInt, Boolean, OrderedText, Text, Timestamp

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
    Column("first_name", OrderedText, info=SHORT | SORTED | SEARCHED),
    Column("last_name", OrderedText, info=SHORT | SORTED | SEARCHED),
    Column("email", OrderedText, info=SHORT | ORDERED | EMAIL | SEARCHED),
    Column("phone", OrderedText, info=SHORT | SEARCHED),
    Column("job_title", OrderedText, info=SHORT | SEARCHED),
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

passwords = tenant_table(
    "passwords",  # of people who may log in
    Column("person_id", OrderedText, nullable=False),
    Column("username", OrderedText, nullable=False, unique=True, info=PLAIN),  # in one case, of all tenants
    # argon2id, in PHC's string format
    Column("password_hash", OrderedText, nullable=False, info=PLAIN | DIGEST),
    Column("scopes", Text, nullable=False, info=PLAIN),  # of the tokens that a login makes, as theirs
    version(),
    parent("person_id", "people"),
    UniqueConstraint("organization_id", "person_id"),
)

login_attempts = Table(
    "login_attempts",  # that failed: nobody's, since who makes them is not known
    metadata,
    Column("id", OrderedText, primary_key=True),  # SHA-256 of a user name or an address, in hexadecimal
    Column("attempts", BigInt, nullable=False),
    Column("until", Timestamp, nullable=False),  # when they are forgotten
)
Index("ix_login_attempts_until", login_attempts.c.until)
