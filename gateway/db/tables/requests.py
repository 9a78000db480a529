"""Connection requests and what hangs on them: approvals, comments, items, integrations and files."""

from sqlalchemy import Column, Index, UniqueConstraint

from gateway.db.tables.columns import (
    EMAIL,
    INDEXED,
    MASKED,
    ORDERED,
    closed,
    found_by_uuid,
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
    Column("kind", OrderedText, nullable=False, info=ORDERED),
    Column("org_name", OrderedText, info=ORDERED),
    Column("org_contact_full_name", OrderedText),
    Column("primary_contact_phone", OrderedText),
    Column("primary_contact_email", OrderedText, info=EMAIL),
    Column("retailer_account_number", OrderedText),
    Column("supplier_account_number", OrderedText),
    Column("additional_information", OrderedText, info=MASKED),
    Column("reason", OrderedText, info=MASKED),
    Column("duration_minutes", BigInt),
    Column("requester_id", OrderedText),
    Column("target_user_id", OrderedText),
    Column("target_group_id", OrderedText),
    Column("status", OrderedText, nullable=False, info=ORDERED),
    Column("status_case", Text),  # how its document writes the status: `upper` or `lower`; null without one
    Column("requested_at", Timestamp, nullable=False, info=ORDERED),
    Column("extra", Text),
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

approvals = tenant_table(
    "approvals",
    Column("connection_request_id", OrderedText, nullable=False),
    Column("person_id", OrderedText, nullable=False),
    Column("approved_at", Timestamp),  # null where a document does not say
    Column("extra", Text),
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
    Column("outcome", OrderedText, nullable=False),
    Column("decided_at", Timestamp, nullable=False),
    Column("person_id", OrderedText, nullable=False),
    Column("comment", OrderedText, info=MASKED),
    parent("connection_request_id", "connection_requests"),
    parent("person_id", "people"),
    closed("outcome", DecisionOutcome),
    UniqueConstraint("organization_id", "connection_request_id"),
)
ordered(decisions, "person_id")

comments = tenant_table(
    "comments",
    Column("connection_request_id", OrderedText, nullable=False),
    Column("author_id", OrderedText),
    Column("body", OrderedText, nullable=False, info=MASKED),
    Column("extra", Text),
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
    Column("resource_id", OrderedText),
    Column("group_id", OrderedText),
    Column("access_level_name", OrderedText),
    Column("access_level_remote_id", OrderedText),
    Column("name", OrderedText),
    Column("remote_id", OrderedText),
    Column("remote_name", OrderedText),
    Column("extra", Text),
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
    Column("integration_type", OrderedText, nullable=False, info=ORDERED),  # verbatim
    Column("update_frequency", OrderedText, info=MASKED | INDEXED),  # verbatim
    Column("feed_source_file_locations", OrderedText, info=MASKED),
    Column("file_specs", OrderedText, info=MASKED),
    Column("rules", OrderedText, info=MASKED),
    Column("extra", Text),
    version(),
    vendor_uuid(),
    parent("connection_request_id", "connection_requests"),
    type="Integration",
)
ordered(integrations, "connection_request_id", "position")
ordered(integrations, "created_at")
ordered(integrations, "integration_type", "created_at")
ordered(integrations, "update_frequency", "created_at")
found_by_uuid(integrations)

files = tenant_table(
    "files",
    Column("position", BigInt, nullable=False, info=ORDERED),  # in the list that it came in first, from 0
    Column("name", OrderedText, nullable=False, info=ORDERED),
    Column("content_type", OrderedText),
    Column("size", BigInt, info=ORDERED),  # bytes
    Column("sha256", OrderedText),  # hexadecimal
    Column("storage_key", OrderedText),
    Column("extra", Text),
    vendor_uuid(),
    type="File",
)
ordered(files, "created_at")
found_by_uuid(files)

file_attachments = tenant_table(
    "file_attachments",
    Column("connection_request_id", OrderedText, nullable=False),
    Column("file_id", OrderedText, nullable=False),
    Column("position", BigInt, nullable=False),  # of the file among those of the request, from 0
    Column("extra", Text),  # what the request's object says of the file otherwise than the file's row
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
