"""ORM entities over the gateway's own tables, so that both read the same rows."""

from datetime import datetime

from sqlalchemy.orm import DeclarativeBase, Mapped

from gateway.db import tables


class Entity(DeclarativeBase):
    metadata = tables.metadata


class Person(Entity):
    __table__ = tables.people
    id: Mapped[str]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    job_title: Mapped[str | None]


class ConnectionRequest(Entity):
    __table__ = tables.connection_requests
    id: Mapped[str]
    organization_id: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str]
    org_name: Mapped[str | None]
    org_contact_full_name: Mapped[str | None]
    primary_contact_phone: Mapped[str | None]
    primary_contact_email: Mapped[str | None]
    retailer_account_number: Mapped[str | None]
    supplier_account_number: Mapped[str | None]
    additional_information: Mapped[str | None]
    requester_id: Mapped[str | None]
    requested_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Approval(Entity):
    __table__ = tables.approvals
    id: Mapped[str]
    connection_request_id: Mapped[str]
    person_id: Mapped[str]
    approved_at: Mapped[datetime | None]


class Integration(Entity):
    __table__ = tables.integrations
    id: Mapped[str]
    connection_request_id: Mapped[str]
    position: Mapped[int]
    integration_type: Mapped[str]
    update_frequency: Mapped[str | None]
    feed_source_file_locations: Mapped[str | None]
    file_specs: Mapped[str | None]
    rules: Mapped[str | None]
    created_at: Mapped[datetime]


class File(Entity):
    __table__ = tables.files
    id: Mapped[str]
    name: Mapped[str]
    content_type: Mapped[str | None]
    created_at: Mapped[datetime]


class FileAttachment(Entity):
    __table__ = tables.file_attachments
    connection_request_id: Mapped[str]
    file_id: Mapped[str]
    position: Mapped[int]
