"""Crux's objects: a connection request with its integrations, files and approval, with a mapping in each direction."""

from typing import Any, NotRequired, TypedDict

from gateway.db import tables as db
from gateway.db.links import FILES_OF_REQUEST
from gateway.db.statements import Row
from gateway.db.tables import ConnectionRequestKind, ConnectionRequestStatus
from gateway.shapes.given import Given
from gateway.shapes.shape import Child, Children, Linked, Parent, Shape


class Person(TypedDict):
    uuid: str
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    job_title: str | None


class Approval(TypedDict):
    uuid: str
    person: Person


class File(TypedDict):
    name: str
    uuid: str


class Integration(TypedDict):
    record_uuid: str
    integration_type: str
    update_frequency: str | None
    feed_source_file_locations: str | None
    file_specs: str | None
    rules: str | None
    date_created: str


class ConnectionRequest(TypedDict):
    integrations: list[Integration]
    uploaded_files: list[File]
    record_uuid: str
    org_name: str | None
    org_contact_full_name: str | None
    primary_contact_phone: str | None
    primary_contact_email: str | None
    supplier_account_number: NotRequired[str]
    retailer_account_number: NotRequired[str | None]
    additional_information: str | None
    request_date: str
    is_approved: bool
    approved_by: Approval | None


def person(row: Row) -> Person:
    return {
        "uuid": row.id,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "email": row.email,
        "phone": row.phone,
        "job_title": row.job_title,
    }


def approval(row: Row, person: Person) -> Approval:
    return {"uuid": row.vendor_uuid or row.id, "person": person}


def file(row: Row) -> File:
    return {"name": row.name, "uuid": row.vendor_uuid or row.id}


def integration(row: Row) -> Integration:
    return {
        "record_uuid": row.vendor_uuid or row.id,
        "integration_type": row.integration_type,
        "update_frequency": row.update_frequency,
        "feed_source_file_locations": row.feed_source_file_locations,
        "file_specs": row.file_specs,
        "rules": row.rules,
        "date_created": row.created_at.date().isoformat(),
    }


def connection_request(
    row: Row, integrations: list[Integration], uploaded_files: list[File], approved_by: Approval | None
) -> Any:
    """The request with whichever of the two account numbers it has. The list and the detail have the same form."""
    supplier = row.supplier_account_number
    name, number = (
        ("retailer_account_number", row.retailer_account_number)
        if supplier is None
        else ("supplier_account_number", supplier)
    )
    return {
        "integrations": integrations,
        "uploaded_files": uploaded_files,
        "record_uuid": row.id,
        "org_name": row.org_name,
        "org_contact_full_name": row.org_contact_full_name,
        "primary_contact_phone": row.primary_contact_phone,
        "primary_contact_email": row.primary_contact_email,
        name: number,
        "additional_information": row.additional_information,
        "request_date": row.requested_at.date().isoformat(),
        "is_approved": row.status == ConnectionRequestStatus.APPROVED,
        "approved_by": approved_by,
    }


def read_person(given: Given) -> dict[str, Any]:
    return {"id": given.id("uuid")}


def read_approval(given: Given) -> dict[str, Any]:
    return {"id": given.id("uuid")}


def read_file(given: Given) -> dict[str, Any]:
    return {"id": given.id("uuid")}


def read_integration(given: Given) -> dict[str, Any]:
    return {
        "id": given.id("record_uuid"),
        "created_at": given.instant("date_created", _INSTANT),
    }


def read_connection_request(given: Given) -> dict[str, Any]:
    is_approved = given.flag("is_approved")
    return {
        "id": given.id("record_uuid"),
        "requested_at": given.instant("request_date", _INSTANT),
        "status": ConnectionRequestStatus.APPROVED if is_approved else ConnectionRequestStatus.PENDING,
    }


_INSTANT = "a date or a time of ISO 8601"
_BY_UUID = {"id": "uuid"}

PERSON = Shape(
    name="crux.person",
    table=db.people,
    body=Person,
    outgoing=person,
    incoming=read_person,
    names=_BY_UUID,
)
APPROVAL = Shape(
    name="crux.approval",
    table=db.approvals,
    body=Approval,
    outgoing=approval,
    incoming=read_approval,
    names=_BY_UUID,
    nested=(Parent(member="person", shape=PERSON, column="person_id"),),
)
FILE = Shape(name="crux.file", table=db.files, body=File, outgoing=file, incoming=read_file, names=_BY_UUID)
INTEGRATION = Shape(
    name="crux.integration",
    table=db.integrations,
    body=Integration,
    outgoing=integration,
    incoming=read_integration,
    names={"id": "record_uuid"},
)
CONNECTION_REQUEST = Shape(
    name="crux.connection_request",
    table=db.connection_requests,
    body=ConnectionRequest,
    outgoing=connection_request,
    incoming=read_connection_request,
    names={"id": "record_uuid"},
    fixed={"kind": ConnectionRequestKind.TRADING_PARTNER.value},
    nested=(
        Children(member="integrations", shape=INTEGRATION, key="connection_request_id"),
        Linked(member="uploaded_files", shape=FILE, link=FILES_OF_REQUEST),
        Child(member="approved_by", shape=APPROVAL, key="connection_request_id"),
    ),
)
