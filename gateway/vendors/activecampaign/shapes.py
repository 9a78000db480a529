"""ActiveCampaign's connection in its documented forms. All dates have the time zone of the account.

Sources: https://developers.activecampaign.com/reference/list-all-connections and …/get-connection. In a list, every
scalar is a string. A single connection has fewer members in another order, `isInternal` as a number, and a link without
the API's prefix.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from gateway.db import tables as db
from gateway.db.statements import Row
from gateway.db.tables import ConnectedAccountKind, ConnectedAccountStatus
from gateway.instants import iso_instant
from gateway.shapes.given import Given
from gateway.shapes.shape import Owner, Shape

FAILING = (ConnectedAccountStatus.ERROR, ConnectedAccountStatus.DISCONNECTED)
NO_LIST = "0"
MAX_NUMBER = 2**31 - 1  # GraphQL's Int
MAX_DIGITS = len(str(MAX_NUMBER))

_SWITCHES = {"1": True, "0": False}
STATUSES = {True: ConnectedAccountStatus.HEALTHY, False: ConnectedAccountStatus.ERROR}


class Links(TypedDict):
    customers: str


class Connection(TypedDict):
    """An item of a list."""

    service: str
    externalid: str
    name: str
    isInternal: str
    status: str
    syncStatus: str
    lastSync: str | None
    logoUrl: str
    linkUrl: str
    listId: str
    cdate: str
    udate: str
    links: Links
    id: str


class SingleConnection(TypedDict):
    """The response to reading one connection."""

    isInternal: int
    service: str
    externalid: str
    name: str
    logoUrl: str
    linkUrl: str
    listId: str
    cdate: str
    udate: str
    links: Links
    id: str


class ChangedConnection(TypedDict):
    """The response to updating a connection: an item of the list without the time of its last synchronization."""

    service: str
    externalid: str
    name: str
    isInternal: str
    status: str
    syncStatus: str
    logoUrl: str
    linkUrl: str
    listId: str
    cdate: str
    udate: str
    links: Links
    id: str


def connection(row: Row, timezone: str | None) -> Connection:
    number = str(row.number)
    return {
        "service": row.service,
        "externalid": row.external_id or "",
        "name": row.name or "",
        "isInternal": "1" if row.is_internal else "0",
        "status": "0" if row.status in FAILING else "1",
        "syncStatus": "1" if row.is_syncing else "0",
        "lastSync": None if row.last_synced_at is None else date(row.last_synced_at, timezone),
        "logoUrl": row.logo_url or "",
        "linkUrl": row.link_url or "",
        "listId": NO_LIST if row.list_id is None else row.list_id,
        "cdate": date(row.created_at, timezone),
        "udate": date(row.updated_at, timezone),
        "links": {"customers": f"/api/3/connections/{number}/customers"},
        "id": number,
    }


def single_connection(row: Row, timezone: str | None) -> SingleConnection:
    number = str(row.number)
    return {
        "isInternal": 1 if row.is_internal else 0,
        "service": row.service,
        "externalid": row.external_id or "",
        "name": row.name or "",
        "logoUrl": row.logo_url or "",
        "linkUrl": row.link_url or "",
        "listId": NO_LIST if row.list_id is None else row.list_id,
        "cdate": date(row.created_at, timezone),
        "udate": date(row.updated_at, timezone),
        "links": {"customers": f"/connections/{number}/customers"},
        "id": number,
    }


def incoming(given: Given) -> dict[str, Any]:
    """The columns of a connection in any of its forms. One form lacks `lastSync`, which is then left unchanged.

    An account with "" as its id in the service has no id, so it cannot conflict with other accounts.
    """
    columns = {
        "number": _number(given),
        "external_id": given.text("externalid") or None,
        "is_internal": switch(given, "isInternal"),
        "status": None if (works := switch(given, "status")) is None else STATUSES[works],
        "is_syncing": switch(given, "syncStatus"),
        "logo_url": given.text("logoUrl"),
        "link_url": given.text("linkUrl"),
        "list_id": None if (list_id := given.text("listId")) == NO_LIST else list_id,
        "created_at": _instant(given, "cdate"),
        "updated_at": _instant(given, "udate"),
    }
    if "lastSync" in given.members:
        columns["last_synced_at"] = _instant(given, "lastSync")
    return columns


def _number(given: Given) -> int:
    text = given.text("id") or ""
    number = int(text) if len(text) <= MAX_DIGITS and text.isascii() and text.isdecimal() else 0
    if not 0 < number <= MAX_NUMBER:
        given.wrong("id", f"It must be a whole number from 1 to {MAX_NUMBER}.")
    return number


def switch(given: Given, name: str) -> bool | None:
    """`1` or `0`, as text, number or boolean. Any other value becomes null, and is kept verbatim."""
    value = given.members.get(name)
    return value if isinstance(value, bool) else _SWITCHES.get(given.text(name) or "")


def _instant(given: Given, name: str) -> datetime | None:
    """An ISO 8601 time; without an offset it is UTC. Other text becomes null, and is kept verbatim."""
    value = given.members.get(name)
    return iso_instant(value) if isinstance(value, str) else None


def date(instant: datetime, timezone: str | None) -> str:
    """ISO 8601 to the second, with the account's offset at that time: ``2017-02-02T13:09:07-06:00``. Never `Z`.

    Args:
        timezone: IANA name; UTC if it is None.
    """
    try:
        local = instant.astimezone(UTC if timezone is None else _zone(timezone))
    except (OverflowError, ValueError):  # the first or the last hours that there are
        local = instant.astimezone(UTC)
    return local.isoformat(timespec="seconds")[:25]  # offsets before time zones had seconds


_zone = lru_cache(maxsize=64)(ZoneInfo)


def _shape(name: str, body: Any, outgoing: Callable[..., Any]) -> Shape:
    return Shape(
        name=f"activecampaign.{name}",
        table=db.connected_accounts,
        body=body,
        outgoing=outgoing,
        incoming=incoming,
        nested=(Owner(column="timezone"),),
        key="number",
        names={"number": "id", "external_id": "externalid"},
        fixed={"kind": ConnectedAccountKind.COMMERCE.value},
        defaults={
            "is_internal": False,
            "status": ConnectedAccountStatus.HEALTHY.value,
            "is_syncing": False,
        },
    )


CONNECTION = _shape("connection", Connection, connection)
SINGLE_CONNECTION = _shape("single_connection", SingleConnection, single_connection)
