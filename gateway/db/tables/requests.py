"""Connection requests and what hangs on them: approvals, comments, items, integrations and files."""

from sqlalchemy import Column, Index, UniqueConstraint

from gateway.db.tables.columns import (
    EMAIL,
    INDEXED,
    KEPT,
    ORDERED,
    PLAIN,
    SEARCHED,
    SHORT,
    SORTED,
    closed,
    found_by_uuid,
    holding,
    holds_credential,
    ordered,
    parent,
    tenant_table,
    vendor_uuid,
    version,
)
from gateway.db.tables.enums import ConnectionRequestKind, ConnectionRequestStatus, DecisionOutcome
from gateway.db.types import BigInt, OrderedText, Text, Timestamp

connection_requests = tenant_table(
    "connection_requests",
    Column("kind", OrderedText, nullable=False, info=PLAIN | ORDERED),
    Column("org_name", OrderedText, info=SHORT | SORTED | SEARCHED),
    Column("org_contact_full_name", OrderedText, info=SHORT | SEARCHED),
    Column("primary_contact_phone", OrderedText, info=SHORT | SEARCHED),
    Column("primary_contact_email", OrderedText, info=SHORT | EMAIL | SEARCHED),
    Column("retailer_account_number", OrderedText, info=SHORT | SEARCHED),
    Column("supplier_account_number", OrderedText, info=SHORT | SEARCHED),
    Column("additional_information", OrderedText, info=SEARCHED),
    Column("reason", OrderedText, info=SEARCHED),
    Column("duration_minutes", BigInt),
    Column("requester_id", OrderedText),
    Column("target_user_id", OrderedText),
    Column("target_group_id", OrderedText, info=SHORT),
    Column("status", OrderedText, nullable=False, info=PLAIN | ORDERED),
    # how its document writes the status: `upper` or `lower`; null without one
    Column("status_case", Text, info=PLAIN),
    Column("requested_at", Timestamp, nullable=False, info=ORDERED),
    Column("extra", Text, info=KEPT),
    holds_credential(),
    version(),
    parent("requester_id", "people"),
    parent("target_user_id", "people"),
    closed("kind", ConnectionRequestKind),
    closed("status", ConnectionRequestStatus),
    type="ConnectionRequest",
)
ordered(connection_requests, "kind", "requested_at")
ordered(connection_requests, "status", "requested_at")
ordered(connection_requests, "kind", "status", "requested_at")
ordered(connection_requests, "kind", "created_at")
ordered(connection_requests, "kind", "status", "created_at")
ordered(connection_requests, "created_at")
ordered(connection_requests, "updated_at")
ordered(connection_requests, "requester_id", "requested_at")
ordered(connection_requests, "target_user_id", "requested_at")
holding(connection_requests)

approvals = tenant_table(
    "approvals",
    Column("connection_request_id", OrderedText, nullable=False),
    Column("person_id", OrderedText, nullable=False),
    Column("approved_at", Timestamp),  # null where a document does not say
    Column("extra", Text, info=KEPT),
    vendor_uuid(),
    parent("connection_request_id", "connection_requests"),
    parent("person_id", "people"),
    UniqueConstraint("organization_id", "connection_request_id"),
    type="Approval",
)
ordered(approvals, "person_id", "approved_at")

decisions = tenant_table(
    "decisions",  # that were made here, approvals among them; what documents say of approvals is in those alone
    Column("connection_request_id", OrderedText, nullable=False),
    Column("outcome", OrderedText, nullable=False, info=PLAIN),
    Column("decided_at", Timestamp, nullable=False),
    Column("person_id", OrderedText, nullable=False),
    Column("comment", OrderedText),
    parent("connection_request_id", "connection_requests"),
    parent("person_id", "people"),
    closed("outcome", DecisionOutcome),
    UniqueConstraint("organization_id", "connection_request_id"),
    type="Decision",
)
ordered(decisions, "person_id")

comments = tenant_table(
    "comments",
    Column("connection_request_id", OrderedText, nullable=False),
    Column("author_id", OrderedText),
    Column("body", OrderedText, nullable=False),
    Column("extra", Text, info=KEPT),
    version(),
    vendor_uuid(),
    parent("connection_request_id", "connection_requests"),
    parent("author_id", "people"),
    type="Comment",
)
ordered(comments, "connection_request_id", "created_at")
ordered(comments, "author_id")

requested_items = tenant_table(
    "requested_items",
    Column("connection_request_id", OrderedText, nullable=False),
    Column("position", BigInt, nullable=False),  # as the vendor listed them, from 0
    Column("resource_id", OrderedText, info=SHORT),
    Column("group_id", OrderedText, info=SHORT),
    Column("access_level_name", OrderedText, info=SHORT),
    Column("access_level_remote_id", OrderedText, info=SHORT),
    Column("name", OrderedText, info=SHORT),
    Column("remote_id", OrderedText, info=SHORT),
    Column("remote_name", OrderedText, info=SHORT),
    Column("extra", Text, info=KEPT),
    holds_credential(),
    version(),
    vendor_uuid(),
    parent("connection_request_id", "connection_requests"),
    type="RequestedItem",
)
ordered(requested_items, "connection_request_id", "position")
ordered(requested_items, "resource_id")
ordered(requested_items, "group_id")
found_by_uuid(requested_items)

integrations = tenant_table(
    "integrations",
    Column("connection_request_id", OrderedText, nullable=False),
    Column("position", BigInt, nullable=False, info=ORDERED),  # as the vendor listed them, from 0
    Column("integration_type", OrderedText, nullable=False, info=SHORT | ORDERED),  # verbatim
    Column("update_frequency", OrderedText, info=INDEXED),  # verbatim
    Column("feed_source_file_locations", OrderedText),
    Column("file_specs", OrderedText),
    Column("rules", OrderedText),
    Column("extra", Text, info=KEPT),
    holds_credential(),
    version(),
    vendor_uuid(),
    parent("connection_request_id", "connection_requests"),
    type="Integration",
)
ordered(integrations, "connection_request_id", "position")
ordered(integrations, "created_at")
ordered(integrations, "integration_type", "created_at")
ordered(integrations, "update_frequency", "created_at")
holding(integrations)
found_by_uuid(integrations)

files = tenant_table(
    "files",
    Column("position", BigInt, nullable=False, info=ORDERED),  # in the list that it came in first, from 0
    Column("name", OrderedText, nullable=False, info=SHORT | SORTED),
    Column("content_type", OrderedText, info=SHORT),
    Column("size", BigInt, info=ORDERED),  # bytes
    Column("sha256", OrderedText, info=PLAIN),  # hexadecimal
    Column("storage_key", OrderedText, info=PLAIN),
    Column("extra", Text, info=KEPT),
    holds_credential(),
    vendor_uuid(),
    type="File",
)
ordered(files, "created_at")
holding(files)
found_by_uuid(files)

file_attachments = tenant_table(
    "file_attachments",
    Column("connection_request_id", OrderedText, nullable=False),
    Column("file_id", OrderedText, nullable=False),
    Column("position", BigInt, nullable=False),  # of the file among those of the request, from 0
    # what the request's object says of the file otherwise than the file's row
    Column("extra", Text, info=KEPT),
    parent("connection_request_id", "connection_requests"),
    parent("file_id", "files"),
    UniqueConstraint(
        "organization_id", "file_id", "connection_request_id", name="uq_file_attachments_file_id"
    ),
)
Index(
    "ix_file_attachments_connection_request_id_position",
    *(
        file_attachments.c[name]
        for name in ("organization_id", "connection_request_id", "position", "file_id")
    ),
)
