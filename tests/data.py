"""Rows of two organizations as literals, which share most of their ids, and how rows get into a store."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from gateway.db import tables
from gateway.db.database import Database
from gateway.events import Event
from gateway.resolvers.context import Context
from gateway.resolvers.viewer import Scope, Viewer
from gateway.resolvers.writes import Write, writing
from gateway.settings import Settings
from tests.patience import PATIENT

Rows = Mapping[str, list[dict[str, Any]]]


def at(text: str) -> datetime:
    """The instant of ISO 8601 text, in UTC where it has no offset."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


DAY = at("2018-04-09")
DEFAULTS: dict[str, dict[str, Any]] = {
    "organizations": {"kind": "none", "timezone": "UTC"},
    "connection_requests": {"kind": "trading_partner", "status": "pending", "requested_at": DAY},
    "integrations": {"position": 0, "integration_type": "items"},
    "files": {"position": 0},
    "file_attachments": {"position": 0},
    "connected_accounts": {
        "kind": "connector",
        "status": "healthy",
        "service": "hubspot",
        "is_internal": False,
        "is_syncing": False,
    },
}

NORTH: Rows = {
    "organizations": [
        {"id": "north", "name": "North Stores", "kind": "retailer", "timezone": "America/Chicago"}
    ],
    "people": [
        {
            "id": "ada",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "ada@north.example",
            "phone": "+44 1",
            "job_title": "Analyst",
            "created_at": at("2018-01-01"),
            "updated_at": at("2018-02-01T10:00:00.000001"),
        },
        {"id": "bob", "first_name": "Bob", "email": "BOB@north.example", "created_at": at("2018-01-02")},
        {"id": "cat", "created_at": at("2018-01-02")},
    ],
    "api_tokens": [{"id": "t1", "name": "robot", "token_hash": "of nothing", "scopes": "read write"}],
    "connection_requests": [
        {
            "id": "r1",
            "status": "approved",
            "org_name": "Baz Boutique",
            "org_contact_full_name": "Baz Smith",
            "primary_contact_phone": "+1-555",
            "primary_contact_email": "baz@boutique.example",
            "retailer_account_number": "00123",
            "supplier_account_number": "S-9",
            "additional_information": "see https://me:hunter2@host.example/x",
            "requester_id": "ada",
            "requested_at": at("2018-01-05"),
            "created_at": at("2018-01-06"),
            "updated_at": at("2018-01-07"),
        },
        {
            "id": "r2",
            "org_name": "ÄPFEL & Birnen",
            "requested_at": at("2018-01-03"),
            "created_at": at("2018-01-06"),
        },
        {
            "id": "r3",
            "kind": "access",
            "reason": "on call",
            "duration_minutes": 60,
            "requester_id": "bob",
            "target_user_id": "cat",
            "target_group_id": "g1",
            "requested_at": at("2018-01-03"),
        },
        {"id": "r4", "status": "denied", "org_name": "", "requested_at": at("2018-01-01")},
        {
            "id": "r5",
            "kind": "access",
            "status": "canceled",
            "org_name": "Zeta",
            "duration_minutes": 2**31 - 1,
            "requester_id": "ada",
            "requested_at": at("2018-01-04"),
        },
    ],
    "approvals": [
        {
            "id": "a1",
            "connection_request_id": "r1",
            "person_id": "ada",
            "approved_at": at("2018-01-06T10:00:00"),
        },
        {"id": "a2", "connection_request_id": "r5", "person_id": "bob"},
    ],
    "comments": [
        {"id": "c2", "connection_request_id": "r1", "author_id": "ada", "body": "first"},
        {"id": "c3", "connection_request_id": "r1", "body": "second"},
        {
            "id": "c1",
            "connection_request_id": "r1",
            "author_id": "bob",
            "body": "third",
            "created_at": at("2018-04-10"),
        },
        {"id": "c4", "connection_request_id": "r2", "body": ""},
    ],
    "requested_items": [
        {
            "id": "q2",
            "connection_request_id": "r3",
            "position": 0,
            "resource_id": "res",
            "name": "Ledger",
            "access_level_name": "Administrator",
            "access_level_remote_id": "adm",
            "remote_id": "rem",
            "remote_name": "ledger-1",
        },
        {
            "id": "q1",
            "connection_request_id": "r3",
            "position": 1,
            "group_id": "g1",
            "name": "Staff",
        },
    ],
    "integrations": [
        {
            "id": "i1",
            "connection_request_id": "r1",
            "update_frequency": "33 * * * *",
            "feed_source_file_locations": "ftp://foo:bar@baz.blerg/items",
            "file_specs": "csv, see sftp://u:pw@h/spec",
            "rules": "ask https://a:b@rules.example",
            "created_at": at("2018-01-05"),
            "updated_at": at("2018-01-06"),
        },
        {
            "id": "i2",
            "connection_request_id": "r1",
            "position": 1,
            "integration_type": "orders",
            "update_frequency": "* 20 12 3 8,9 *",
            "created_at": at("2018-01-06"),
        },
        {
            "id": "i3",
            "connection_request_id": "r2",
            "integration_type": "allocation",
            "created_at": at("2018-01-06"),
        },
        {
            "id": "i4",
            "connection_request_id": "r2",
            "position": 1,
            "integration_type": "whatever",
            "update_frequency": "ftp://foo:bar@baz.blerg",
            "rules": "",
        },
        {"id": "i5", "connection_request_id": "r4", "integration_type": "item"},
    ],
    "files": [
        {
            "id": "f1",
            "name": "list.csv",
            "content_type": "text/csv",
            "size": 10,
            "sha256": "ab" * 32,
            "created_at": at("2018-01-05"),
        },
        {
            "id": "f2",
            "position": 1,
            "name": "Photo.PNG",
            "content_type": "image/png",
            "size": 2**40,
        },
        {"id": "f3", "name": "notes"},
        {"id": "f4", "name": "loose.txt", "size": 0, "created_at": at("2018-01-06")},
    ],
    "file_uploads": [{"id": "u1", "name": "coming.csv", "expires_at": at("2100-01-01")}],
    "webhook_endpoints": [{"id": "hook", "url": "https://north.example/hooks", "types": "person.*"}],
    "webhook_attempts": [
        {
            "id": "try1",
            "endpoint_id": "hook",
            "webhook_id": "a cursor",
            "event_id": 1,
            "event_type": "person.created",
            "number": 1,
            "outcome": "delivered",
            "status": 204,
            "duration_ms": 7,
        }
    ],
    "file_attachments": [
        {"id": "at1", "connection_request_id": "r1", "file_id": "f1"},
        {"id": "at2", "connection_request_id": "r1", "file_id": "f2", "position": 1},
        {"id": "at3", "connection_request_id": "r3", "file_id": "f3"},
    ],
    "connectors": [
        {
            "id": "hubspot",
            "display_name": "HubSpot",
            "logo_url": "https://logo.example/h.png",
            "stage": "ga",
            "platforms": '["web"]',
            "auth_type": "OAUTH2",
        },
        {"id": "acme"},
    ],
    "connector_integrations": [
        {
            "id": "int_1",
            "connector_name": "hubspot",
            "name": "CRM",
            "standard": '{"z": 1, "a": 2}',
            "stage": "beta",
            "platforms": '["mobile", "desktop"]',
            "category": "crm",
            "version": "2",
        }
    ],
    "connected_accounts": [
        {
            "id": "acc1",
            "number": 1,
            "external_ref": "conn_hubspot_1",
            "customer_id": "cus1",
            "connector_config_id": "ccfg_1",
            "integration_ref": "int_1",
            "metadata": '{"b": 1, "a": [null]}',
            "connection_request_id": "r1",
            "created_at": at("2018-01-05"),
        },
        {
            "id": "acc2",
            "number": 2,
            "kind": "commerce",
            "service": "shop",
            "external_id": "shop-9",
            "name": "Shop",
            "is_internal": True,
            "status": "error",
            "status_message": "refused",
            "is_syncing": True,
            "last_synced_at": at("2018-04-08"),
            "logo_url": "https://u:pw@logo.example/x.png",
            "link_url": "https://shop.example",
            "list_id": "7",
            "customer_id": "cus2",
            "disabled": False,
            "updated_at": at("2018-04-10"),
        },
    ],
}

# The same ids as far as they go, other values, and rows of its own.
SOUTH: Rows = {
    "organizations": [{"id": "south", "name": "South Supplies", "kind": "supplier"}],
    "people": [
        {"id": "ada", "first_name": "Sue", "last_name": "South", "email": "sue@south.example"},
        {"id": "sam", "first_name": "Sam", "last_name": "South"},
    ],
    "connection_requests": [
        {"id": "r1", "org_name": "South only", "requester_id": "ada", "requested_at": at("2018-01-02")},
        {"id": "s1", "org_name": "South only too", "requested_at": at("2018-01-08")},
    ],
    "approvals": [{"id": "s-a1", "connection_request_id": "s1", "person_id": "sam"}],
    "comments": [{"id": "s-c1", "connection_request_id": "r1", "body": "of the south"}],
    "requested_items": [{"id": "q1", "connection_request_id": "s1", "position": 0, "name": "of the south"}],
    "integrations": [
        {"id": "s-i1", "connection_request_id": "r1", "update_frequency": "0 3 * * *"},
        {"id": "i1", "connection_request_id": "s1", "integration_type": "south"},
    ],
    "files": [
        {"id": "f1", "name": "south.csv"},
        {"id": "s-f1", "name": "south.txt"},
    ],
    "file_attachments": [{"id": "at1", "connection_request_id": "s1", "file_id": "f1"}],
    "connectors": [{"id": "s-conn", "display_name": "South's"}],
    "connected_accounts": [
        {
            "id": "acc1",
            "number": 1,
            "external_ref": "conn_hubspot_1",
            "customer_id": "cus1",
            "name": "South's",
        },
        {"id": "s-acc", "number": 9, "external_ref": "conn_south_1", "external_id": "south"},
    ],
}


def context_of(
    database: Database, organization_id: str, *scopes: str, settings: Settings | None = None, **viewer: Any
) -> Context:
    """What a resolver is given for a caller of an organization; with every scope where none is named."""
    return Context(
        database,
        Viewer(organization_id, frozenset(scopes or Scope), "test", **viewer),
        settings or Settings(**PATIENT),
    )


def told(*names: str) -> Event:
    """An event of a test's own, which tells of any rows of these tables."""
    return Event("test.changed", "tests", data={"rows": dict.fromkeys(map(str, names), 1)})


@asynccontextmanager
async def changing(database: Database, organization_id: str) -> AsyncIterator[Write]:
    """Changes of a test's own, told by one event if they want one."""
    async with writing(database, organization_id, None) as write:
        yield write
        if write.untold:
            write.happened(told(*write.untold.tables))


async def events_of(database: Database, organization_id: str, after: int = 0) -> list[Any]:
    """The organization's events behind one of them, in order."""
    events = tables.events.c
    statement = select(tables.events).where(events.organization_id == organization_id, events.id > after)
    prepared = database.prepare(("events", organization_id, after), lambda: statement.order_by(events.id))
    return await database.fetch(prepared, {})


async def fill(database: Database, rows: Rows, organization_id: str | None = None) -> None:
    """Insert rows, their organization's own first, as every write path does: in one transaction, counted."""
    owner = organization_id or rows["organizations"][0]["id"]
    async with changing(database, owner) as write:
        for name, each in rows.items():
            blank = {"created_at": DAY, "updated_at": DAY, **DEFAULTS.get(name, {})}
            await write.insert(tables.metadata.tables[name], [{**blank, **row} for row in each])
