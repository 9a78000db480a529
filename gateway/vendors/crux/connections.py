"""Crux's established connections: approved requests, shown as two organizations that trade.

Source: _v1_discovery/get_connections.md and _discovery/get_connections.md of its repository. For the origin of each
member see docs/decisions/connections-are-approved-requests.md.
"""

from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, TypedDict

from gateway.db import tables as db
from gateway.db.filters import all_of, eq
from gateway.db.pages import Window
from gateway.db.statements import Row
from gateway.db.tables import ConnectionRequestStatus, OrganizationKind
from gateway.resolvers.context import Context
from gateway.rest.bodies import check_media_type
from gateway.rest.calls import Call
from gateway.rest.vendor import Endpoint
from gateway.vendors.crux.reads import ORDER, TRADING_PARTNERS
from gateway.vendors.crux.shapes import Approval, Person, approval, person

PATH: Final = "/organizations/connections/"
NOBODY: Final = ""
"""The id that the vendor writes for an absent object."""

_APPROVED = all_of(TRADING_PARTNERS, eq("status", ConnectionRequestStatus.APPROVED.value))
_ORGANIZATION = ("id", "name", "kind", "created_at")
_COLUMNS = (
    *("id", "org_name", "org_contact_full_name", "primary_contact_phone", "primary_contact_email"),
    *("retailer_account_number", "supplier_account_number", "requester_id", "requested_at"),
)

_APPROVAL = ("connection_request_id", "id", "vendor_uuid", "person_id")
_PERSON = ("id", "first_name", "last_name", "email", "phone", "job_title")

Side = Literal["RETAILER", "SUPPLIER"]


class TradingOrganization(TypedDict):
    uuid: str
    name: str | None
    website: str | None
    org_type: Side
    status: Literal["PENDING", "ACTIVE", "DEACTIVATED"]
    created_date: str
    active_date: str | None
    account_manager: Approval | None
    retailer_uuid: str
    supplier_uuid: str


class Party(TypedDict):
    uuid: str
    organization: TradingOrganization
    contact: Person


class Connection(TypedDict):
    uuid: str
    retailer: Party
    supplier: Party
    status: Literal["CONFIRMATION WAITING", "ACTIVE", "DEACTIVATED"]
    account_manager: Approval | None
    allocation_type: str | None
    suppliers_retailer_account_number: str | None
    retailers_supplier_account_number: str | None
    deactivated_date: str | None


class Trader(NamedTuple):
    """One of the two organizations, as far as it is known."""

    id: str
    name: str | None
    created_at: datetime
    account_manager: Approval | None
    contact: Person


def connections_arguments(call: Call) -> None:
    """Nothing: there are no parameters. The vendor's samples send an empty body.

    Raises:
        UnsupportedMediaType: there is a body, and it is not JSON.
    """
    check_media_type(call)


async def list_connections(context: Context, arguments: None) -> list[Connection]:
    """Every connection, because the vendor has no pages here. The usual limit of rows in a response applies."""
    window = Window(context.most_rows)
    page = await context.page(db.connection_requests, ORDER, window, columns=_COLUMNS, where=_APPROVED)
    if not page.rows:
        return []
    own = context.viewer.organization_id
    organization = (await context.rows(db.organizations, [own], columns=_ORGANIZATION))[own]
    approvals = await context.rows(
        db.approvals, [row.id for row in page.rows], columns=_APPROVAL, key="connection_request_id"
    )
    named = [row.requester_id for row in page.rows] + [row.person_id for row in approvals.values()]
    ids = [each for each in named if each is not None]
    people = {id: person(row) for id, row in (await context.rows(db.people, ids, columns=_PERSON)).items()}
    managers = {id: approval(row, people[row.person_id]) for id, row in approvals.items()}
    return [
        _connection(row, organization, people.get(row.requester_id) or _unknown(NOBODY), managers.get(row.id))
        for row in page.rows
    ]


def _connection(row: Row, organization: Row, requester: Person, manager: Approval | None) -> Connection:
    own = Trader(organization.id, organization.name, organization.created_at, manager, requester)
    other = Trader(row.id, row.org_name, row.requested_at, None, _contact(row))
    is_supplier = organization.kind == OrganizationKind.SUPPLIER
    retailer, supplier = (other, own) if is_supplier else (own, other)
    return {
        "uuid": row.id,
        "retailer": _party(retailer, "RETAILER"),
        "supplier": _party(supplier, "SUPPLIER"),
        "status": "ACTIVE",
        "account_manager": manager,
        "allocation_type": None,
        "suppliers_retailer_account_number": row.retailer_account_number,
        "retailers_supplier_account_number": row.supplier_account_number,
        "deactivated_date": None,
    }


def _party(trader: Trader, side: Side) -> Party:
    organization: TradingOrganization = {
        "uuid": trader.id,
        "name": trader.name,
        "website": None,
        "org_type": side,
        "status": "ACTIVE",
        "created_date": _timestamp(trader.created_at),
        "active_date": None,
        "account_manager": trader.account_manager,
        "retailer_uuid": trader.id if side == "RETAILER" else NOBODY,
        "supplier_uuid": trader.id if side == "SUPPLIER" else NOBODY,
    }
    return {"uuid": trader.id, "organization": organization, "contact": trader.contact}


def _contact(row: Row) -> Person:
    """The contact at the other organization. The last word of the full name is the last name."""
    contact = _unknown(row.id)
    if (name := row.org_contact_full_name) is not None:
        first, space, last = name.rpartition(" ")
        contact["first_name"], contact["last_name"] = (first, last) if space else (name, "")
    contact["email"], contact["phone"] = row.primary_contact_email, row.primary_contact_phone
    return contact


def _unknown(uuid: str) -> Person:
    return {
        "uuid": uuid,
        "first_name": None,
        "last_name": None,
        "email": None,
        "phone": None,
        "job_title": None,
    }


def _timestamp(instant: datetime) -> str:
    return instant.isoformat(timespec="microseconds").replace("+00:00", "Z")


def connections_variables(arguments: None) -> dict[str, Any]:
    return {}


def _endpoint(method: str, operation_id: str) -> Endpoint[None]:
    return Endpoint(
        method=method,
        path=PATH,
        operation_id=operation_id,
        summary="Get all direct connections specific to your account",
        arguments=connections_arguments,
        answer=list_connections,
        response=list[Connection],
        document="connections",
        variables=connections_variables,
        takes_body=True,
    )


# The documented curl sends a body and no method, and so a POST, as that of the requests' list does.
CONNECTIONS = (_endpoint("GET", "listConnections"), _endpoint("POST", "listConnectionsByPost"))
