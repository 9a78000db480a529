"""The busy organization: the same rows on both databases, counted, told of in their order, and shown by every door."""

import hashlib
import re
import uuid
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from gateway.app import create_app
from gateway.db import tables as db
from gateway.db.vault import Vault, new_key
from gateway.resolvers.file_sweeping import objects_of
from gateway.settings import Settings
from gateway.synthetic.explorer.filling import TABLES, fill
from tests.graph import Graph, open_http

pytestmark = pytest.mark.anyio

UNTIL = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
COUNT = func.count().label("n")
# SHA-256 of every row that is drawn: a change of them has to be meant.
DIGEST = "b2fca5f8e3985564e6306811ddc60392634aae58fe2b63a207e7282591c35408"

OVERVIEW = """{
  viewer { name person { fullName jobTitle } organization { name kind timezone } }
  connectionRequestCounts { status count }
  all: connectionRequests { totalCount }
  old: connectionRequests(filter: {requestedAt: {lt: "2024-02-29T00:00:00Z"}}) { totalCount }
  found: connectionRequests(filter: {search: "zwolle"}) { totalCount }
  due: integrations(
    filter: {dueBetween: {from: "2026-03-02T15:30:00Z", to: "2026-03-03T15:30:00Z"}}
  ) { totalCount }
  connectedAccounts { totalCount }
  events(first: 2) { nodes { number type occurredAt door actor { fullName } } }
}"""
OVERVIEW_SEEN = {
    "viewer": {
        "name": "explorer-token",
        "person": {"fullName": "Jeroen de Vries", "jobTitle": "Head of Partner Integrations"},
        "organization": {"name": "Halyard Markets", "kind": "RETAILER", "timezone": "Europe/Amsterdam"},
    },
    "connectionRequestCounts": [
        {"status": "PENDING", "count": 24},
        {"status": "APPROVED", "count": 403},
        {"status": "DENIED", "count": 41},
        {"status": "CANCELED", "count": 32},
    ],
    "all": {"totalCount": 500},
    "old": {"totalCount": 0},
    "found": {"totalCount": 9},
    "due": {"totalCount": 704},
    "connectedAccounts": {"totalCount": 114},
    "events": {
        "nodes": [
            {
                "number": 2074,
                "type": "comment.created",
                "occurredAt": "2026-03-02T14:50:13.971000Z",
                "door": "GRAPHQL",
                "actor": {"fullName": "Jeroen de Vries"},
            },
            {
                "number": 2073,
                "type": "connection_request.created",
                "occurredAt": "2026-03-02T13:21:37Z",
                "door": "GRAPHQL",
                "actor": {"fullName": "Yuki Nakamura"},
            },
        ]
    },
}
ONE = """{
  connectionRequests(first: 1, filter: {status: {eq: DENIED}, kind: {eq: TRADING_PARTNER}}) {
    nodes {
      orgName
      decision { outcome decidedAt comment decidedBy { fullName } }
      comments { nodes { body author { fullName } } }
      integrations { nodes { type schedule { description } } }
      history(first: 1) { nodes { type occurredAt door actor { fullName } changes { type before after } } }
    }
  }
  files(first: 1, filter: {name: {contains: ".pdf"}}) { nodes { name size sha256 downloadUrl } }
}"""
ONE_SEEN = {
    "orgName": "Rift Valley Flowers Co-operative",
    "decision": {
        "outcome": "DENIED",
        "decidedAt": "2026-02-19T18:38:26.230000Z",
        "comment": "Credit check failed, finance knows why.",
        "decidedBy": {"fullName": "Jonas Bergmann"},
    },
    "comments": {
        "nodes": [
            {
                "body": "Please start with the test folder; nothing of it reaches the shops.",
                "author": {"fullName": "Lars Sørensen"},
            }
        ]
    },
    "integrations": {
        "nodes": [
            {"type": "ALLOCATION", "schedule": {"description": "At 06:10 and 18:10"}},
            {"type": "TRACKING", "schedule": None},
        ]
    },
    "history": {
        "nodes": [
            {
                "type": "connection_request.denied",
                "occurredAt": "2026-02-19T18:38:26.230000Z",
                "door": "GRAPHQL",
                "actor": {"fullName": "Jonas Bergmann"},
            }
        ]
    },
}
LEGACY = {
    "/organizations/connections/request/?limit=2": ("Authorization", "Token "),
    "/organizations/connections/": ("Authorization", "Token "),
    "/v1/requests": ("Authorization", "Bearer "),
    "/api/3/connections": ("Api-Token", ""),
    "/api/3/ecomCustomers": ("Api-Token", ""),
    "/v1/connection?expand=connector": ("Authorization", "Bearer "),
    "/v1/connector": ("Authorization", "Bearer "),
}


async def rows_of(database, statement):
    return await database.fetch(database.prepare(statement, lambda: statement), {})


async def digest(database):
    found = hashlib.sha256()
    for table in TABLES:
        shown = [column for column in table.c if not column.info.get("sealed")]
        for row in await rows_of(database, select(*shown).order_by(*table.primary_key)):
            found.update(repr(tuple(row)).replace("tzinfo=datetime.timezone.utc", "UTC").encode())
    return found.hexdigest()


@pytest.fixture
def settings(database_url, tmp_path):
    return Settings(
        database_url=database_url, explorer_token="explorer-token", storage_url=str(tmp_path / "files")
    )


async def test_it_is_the_same_everywhere_counted_and_told_in_order_and_every_door_shows_it(
    database, settings
):
    database.vault = Vault([new_key()])
    objects = objects_of(settings)
    assert await fill(database, objects, "explorer", until=UNTIL)
    assert not await fill(database, objects, "explorer", until=UNTIL)
    assert await digest(database) == DIGEST
    await check_counters(database)
    await check_events(database)
    async with open_http(create_app(settings, database), "explorer-token") as http:
        graph = Graph(http, database)
        assert await graph.ask(OVERVIEW) == OVERVIEW_SEEN
        await check_one_request(graph, http)
        for path, (header, scheme) in LEGACY.items():
            answer = await http.get(path, headers={header: f"{scheme}explorer-token"})
            assert answer.status_code == 200, path
            assert len(answer.content) > 500, path
        await check_published_clients(http)


async def check_published_clients(http):
    """Ids, statuses and settings are such as the vendors' own schemas ask, which their clients hold answers to."""
    headers = {"Authorization": "Bearer explorer-token"}
    requests = (await http.get("/v1/requests", headers=headers)).json()["requests"]
    assert {each["status"] for each in requests} == {"PENDING", "APPROVED", "DENIED", "CANCELED"}
    items = [item for each in requests for item in each.get("requested_items_list", ())]
    ids = {each.get(name) for each in requests for name in ("id", "requester_id", "target_group_id")}
    assert all(uuid.UUID(id) for id in (ids | {item["resource_id"] for item in items}) - {None})
    path = "/v1/connection?include_secrets=true&limit=200"
    members = {}
    for each in (await http.get(path, headers=headers)).json()["items"]:
        members.setdefault(each["connector_name"], set()).add(tuple(each["settings"]))
    assert members == {
        "airtable": {("apiKey", "airtableBase")},
        "google-drive": {("oauth",)},
        "hubspot": {("oauth",)},
        "quickbooks": {("oauth",)},
        "salesforce": {("oauth", "instance_url")},
        "slack": {("oauth",)},
        "stripe": {("secretKey",)},
        "xero": {("oauth",)},
    }


async def check_counters(database):
    rows = await rows_of(database, select(db.counters))
    counted = {(row.table_name, row.kind, row.status): row.n for row in rows if "." not in row.table_name}
    expected = {}
    for table in db.COUNTED:
        columns = [table.c[name] for name in ("kind", "status") if name in table.c]
        statement = select(COUNT, *columns).where(table.c.organization_id == "explorer").group_by(*columns)
        for n, *rest in await rows_of(database, statement):
            if n:
                expected[table.name, *(rest or ("", ""))] = n
    assert counted == expected


async def check_events(database):
    """Each has its own time, in their order, and they end where the two years do."""
    events = await rows_of(database, select(db.events).order_by(db.events.c.id))
    assert [each.id for each in events] == list(range(1, len(events) + 1))
    times = [each.occurred_at for each in events]
    assert times == sorted(times)
    assert times[-1] <= UNTIL
    [[version]] = await rows_of(
        database, select(db.data_versions.c.event_id).where(db.data_versions.c.organization_id == "explorer")
    )
    assert version == len(events)


async def check_one_request(graph, http):
    answer = await graph.ask(ONE)
    [file] = answer["files"]["nodes"]
    content = (await http.get(file["downloadUrl"])).content
    assert (len(content), hashlib.sha256(content).hexdigest()) == (file["size"], file["sha256"])
    assert content.startswith(b"%PDF-1.4\n")
    assert re.search(rb"between Halyard Markets and [^)]+\.\) Tj", content)
    [request] = answer["connectionRequests"]["nodes"]
    [told] = request["history"]["nodes"]
    assert told["changes"][0] == {
        "type": "ConnectionRequest",
        "before": {"status": "pending"},
        "after": {"status": "denied"},
    }
    assert told["changes"][1]["after"]["comment"] == "Credit check failed, finance knows why."
    del told["changes"]
    assert request == ONE_SEEN
