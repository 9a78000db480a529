"""ActiveCampaign's answers are the graph's, projected: random stores and parameters, each asked again by its link."""

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.administration import create_organization
from gateway.db.database import Database
from tests.lengths import cases
from tests.vendors.gateway import insert, make_token
from tests.vendors.parity import compare, compare_statements, open_gateway

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


def connections(data: dict[str, Any], _: object) -> dict[str, Any]:
    found = data["connectedAccounts"]
    return {
        "connections": [item(node, zone(data)) for node in found["nodes"]],
        "meta": {"total": str(found["totalCount"])},
    }


def single(data: dict[str, Any], _: object) -> dict[str, Any]:
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


def probe(data: dict[str, Any], _: object) -> dict[str, Any]:
    assert data == {"viewer": {"name": "test"}}
    return {}


def me(data: dict[str, Any], _: object) -> dict[str, Any]:
    person = data["viewer"]["person"] or dict.fromkeys(("firstName", "lastName", "email", "phone"))
    links = ("lists", "userGroup", "dealGroupTotals", "dealGroupUsers", "configs")
    return {
        "user": {
            "username": person["email"] or data["viewer"]["name"],
            "firstName": person["firstName"] or "",
            "lastName": person["lastName"] or "",
            "email": person["email"] or "",
            "phone": person["phone"] or "",
            "signature": None,
            "links": {name: f"/api/3/users/1/{name}" for name in links},
            "id": "1",
        }
    }


PROJECTIONS = {"connections": connections, "connection": single, "probe": probe, "me": me}

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
    async with open_gateway(database, database_url) as http:
        yield http


def speak_as(http: httpx2.AsyncClient, key: str) -> None:
    """To both: ActiveCampaign's callers have a header of their own."""
    http.headers.update({"Api-Token": key, "Authorization": f"Bearer {key}"})


@settings(
    max_examples=cases(14, at_most=2000),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(
    accounts=ACCOUNTS,
    parameters=st.lists(PARAMETERS, min_size=4, max_size=4),
    timezone=st.sampled_from(["America/Chicago", "Asia/Kolkata", "UTC"]),
    token=st.sampled_from([{}, {}, {"customer_id": "carl"}]),
    scopes=st.sampled_from([("read",), ("read", "secrets")]),
)
async def test_every_answer_is_the_projection_of_its_successors(
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
    speak_as(http, key)

    await compare(http, "/api/3/", PROJECTIONS)
    await compare(http, "/api/3/users/me", PROJECTIONS)
    for each in parameters:
        await compare(http, PATH, PROJECTIONS, each)
    for row in rows:
        path = f"{PATH}/{row['number']}"
        if row["kind"] == "connector" or (token and row["customer_id"] is None):
            assert (await http.get(path)).status_code == 404
        else:
            await compare(http, path, PROJECTIONS)


async def test_a_persons_key_says_whose_it_is(http, database) -> None:
    await create_organization(database, "Own", organization_id="own")
    ada = {"id": "ada", "first_name": "Ada", "last_name": None, "email": "ada@x.example", "phone": "1"}
    nobody = {"id": "nobody", "first_name": None, "last_name": "", "email": None, "phone": None}
    await insert(database, "own", people=[ada, nobody])
    users = {}
    for person in ("ada", "nobody"):
        for more in ({}, {"customer_id": "carl"}):
            speak_as(http, await make_token(database, "own", person_id=person, **more))
            user = (await compare(http, "/api/3/users/me", PROJECTIONS))["user"]
            users[person, *more] = (user["username"], user["firstName"], user["lastName"], user["phone"])
    assert users == {
        ("ada",): ("ada@x.example", "Ada", "", "1"),
        ("nobody",): ("test", "", "", ""),
        ("ada", "customer_id"): ("test", "", "", ""),
        ("nobody", "customer_id"): ("test", "", "", ""),
    }


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
    speak_as(http, await make_token(database, "own"))
    few, many = f"{PATH}?limit=2", f"{PATH}?limit=50"

    assert len((await http.get(many)).json()["connections"]) == 50
    assert await compare_statements(database, http, few, many) == 2
