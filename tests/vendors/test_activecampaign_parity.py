"""ActiveCampaign's answers are the graph's, projected: random stores and parameters, each asked again by its link."""

import itertools
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.administration import create_organization
from gateway.app import create_app
from gateway.db.database import Database
from gateway.settings import Settings
from tests.graph import open_http
from tests.vendors.gateway import insert, make_token

pytestmark = pytest.mark.anyio

PATH = "/api/3/connections"

# The projection of the graph's answer, written from ActiveCampaign's documents.


def date(text: str | None, timezone: str) -> str | None:
    if text is None:
        return None
    shown = datetime.fromisoformat(text).astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%dT%H:%M:%S%z")
    return f"{shown[:-2]}:{shown[-2:]}"


def switch(value: bool) -> str:
    return str(int(value))


def zone(data: dict[str, Any]) -> str:
    organization = data["viewer"]["organization"]
    return organization["timezone"] if organization else "UTC"


def item(node: dict[str, Any], timezone: str) -> dict[str, Any]:
    return {
        "service": node["service"],
        "externalid": node["externalId"] or "",
        "name": node["name"] or "",
        "isInternal": switch(node["isInternal"]),
        "status": switch(node["status"] in ("HEALTHY", "MANUAL", "UNKNOWN")),
        "syncStatus": switch(node["isSyncing"]),
        "lastSync": date(node["lastSyncedAt"], timezone),
        "logoUrl": node["logoUrl"] or "",
        "linkUrl": node["linkUrl"] or "",
        "listId": "0" if node["listId"] is None else node["listId"],
        "cdate": date(node["createdAt"], timezone),
        "udate": date(node["updatedAt"], timezone),
        "links": {"customers": f"/api/3/connections/{node['number']}/customers"},
        "id": str(node["number"]),
    }


def connections(data: dict[str, Any]) -> dict[str, Any]:
    found = data["connectedAccounts"]
    return {
        "connections": [item(node, zone(data)) for node in found["nodes"]],
        "meta": {"total": str(found["totalCount"])},
    }


def single(data: dict[str, Any]) -> dict[str, Any]:
    node, timezone = data["connectedAccount"], zone(data)
    assert node["kind"] == "COMMERCE"
    return {
        "connection": {
            "isInternal": int(node["isInternal"]),
            "service": node["service"],
            "externalid": node["externalId"] or "",
            "name": node["name"] or "",
            "logoUrl": node["logoUrl"] or "",
            "linkUrl": node["linkUrl"] or "",
            "listId": "0" if node["listId"] is None else node["listId"],
            "cdate": date(node["createdAt"], timezone),
            "udate": date(node["updatedAt"], timezone),
            "links": {"customers": f"/connections/{node['number']}/customers"},
            "id": str(node["number"]),
        }
    }


# Random stores and parameters

NUMBERS = itertools.count()  # each example has an organization of its own in the test's store

START = datetime(2017, 3, 12, 7, tzinfo=UTC)  # an hour before Chicago's clocks are put forward
INSTANTS = st.sampled_from([START + timedelta(minutes=40 * n, microseconds=333333 * n) for n in range(6)])
TEXTS = st.none() | st.sampled_from(["", "x", "X", "żółw 🚀"])
URLS = TEXTS | st.just("https://user:secret@shop.example/?token=t&a=b")
ACCOUNT = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["commerce", "commerce", "commerce", "connector"]),
        "number": st.integers(1, 2**31 - 1) | st.integers(1, 30),
        "service": st.sampled_from(["shopify", "żółw 🚀"]),
        "external_id": TEXTS,
        "name": TEXTS,
        "is_internal": st.booleans(),
        "status": st.sampled_from(["healthy", "disconnected", "error", "manual", "unknown"]),
        "is_syncing": st.booleans(),
        "last_synced_at": st.none() | INSTANTS,
        "logo_url": URLS,
        "link_url": URLS,
        "list_id": TEXTS | st.just("12"),
        "customer_id": st.sampled_from([None, "carl"]),
        "created_at": INSTANTS,
        "updated_at": INSTANTS,
    }
)
ACCOUNTS = st.lists(
    ACCOUNT,
    max_size=8,
    unique_by=(
        lambda each: each["number"],
        lambda each: (
            (each["service"], each["external_id"] or each["number"]) if each["external_id"] != "" else 0
        ),
    ),
)

ORDER = st.tuples(
    st.sampled_from(
        ["id", "service", "externalid", "name", "status", "lastSync", "cdate", "udate", "linkUrl"]
    ),
    st.sampled_from(["ASC", "DESC", "desc", ""]),
)
FILTER = st.sampled_from(["", "shopify", "żółw 🚀", "x", "absent", "\0"])
PARAMETERS = st.tuples(
    st.fixed_dictionaries(
        {},
        optional={
            "limit": st.sampled_from(["1", "2", "3", "0", "-1", "x", "1000"]),
            "offset": st.sampled_from(["0", "1", "2", "-1", "x", "99999999999"]),
            "filters[service]": FILTER,
            "filters[externalid]": FILTER,
            "filters[name]": FILTER,
        },
    ),
    st.lists(ORDER, max_size=10).map(lambda orders: [(f"orders[{name}]", way) for name, way in orders]),
).map(lambda both: [*both[0].items(), *both[1]])


@pytest.fixture
async def http(database: Database, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(Settings(database_url=database_url, token_cache_seconds=0), database)
    async with open_http(app) as http:
        yield http


async def successor(http: httpx2.AsyncClient, answer: httpx2.Response, token: str) -> Any:
    """The data of what an answer's `Link` leads to."""
    target, relation = answer.headers["link"].split(">; ")
    assert relation == 'rel="successor-version"'
    graph = await http.get(target.removeprefix("<"), headers={"Authorization": f"Bearer {token}"})
    assert "errors" not in graph.json(), graph.text
    return graph.json()["data"]


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    accounts=ACCOUNTS,
    parameters=st.lists(PARAMETERS, min_size=4, max_size=4),
    timezone=st.sampled_from(["America/Chicago", "Asia/Kolkata", "UTC"]),
    token=st.sampled_from([{}, {}, {"customer_id": "carl"}]),
    scopes=st.sampled_from([("read",), ("read", "secrets")]),
)
async def test_every_answer_is_the_projection_of_its_successor(
    http: httpx2.AsyncClient,
    database: Database,
    accounts: list[dict[str, Any]],
    parameters: list[list[tuple[str, str]]],
    timezone: str,
    token: dict[str, str],
    scopes: tuple[str, ...],
) -> None:
    organization_id = f"o{next(NUMBERS)}"
    await create_organization(database, "Own", timezone=timezone, organization_id=organization_id)
    rows = [{"id": f"r{index}", **each} for index, each in enumerate(accounts)]
    await insert(database, organization_id, connected_accounts=rows)
    key = await make_token(database, organization_id, *scopes, **token)
    headers = {"Api-Token": key}

    for each in parameters:
        answer = await http.get(PATH, params=each, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.text == text(connections(await successor(http, answer, key)))
    for row in rows:
        answer = await http.get(f"{PATH}/{row['number']}", headers=headers)
        if row["kind"] == "connector" or (token and row["customer_id"] is None):
            assert answer.status_code == 404
        else:
            assert answer.text == text(single(await successor(http, answer, key)))


def text(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


async def test_a_probe_names_its_successor(http, database) -> None:
    await create_organization(database, "Own", organization_id="own")
    key = await make_token(database, "own")
    answer = await http.get("/api/3/", headers={"Api-Token": key})

    assert answer.json() == {}
    assert await successor(http, answer, key) == {"viewer": {"name": "test"}}


async def test_a_list_takes_no_more_statements_than_its_successor(http, database) -> None:
    await create_organization(database, "Own", organization_id="own")
    blank = {
        "kind": "commerce",
        "service": "s",
        "status": "healthy",
        "is_internal": False,
        "is_syncing": False,
    }
    rows = [{**blank, "id": f"r{n}", "number": n, "external_id": str(n)} for n in range(1, 51)]
    await insert(database, "own", connected_accounts=rows)
    key = await make_token(database, "own")
    seen: list[str] = []
    database.on_statement = seen.append
    answer = await http.get(f"{PATH}?limit=50", headers={"Api-Token": key})
    rest = len([sql for sql in seen if "api_tokens" not in sql])
    seen.clear()
    data = await successor(http, answer, key)
    graph = len([sql for sql in seen if "api_tokens" not in sql])
    database.on_statement = None

    assert len(answer.json()["connections"]) == len(data["connectedAccounts"]["nodes"]) == 50
    assert rest == 2 <= graph
