"""OpenInt: the list of customers, made of the connections that they have."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from gateway.db.database import Database
from gateway.vendors import openint
from tests.vendors.gateway import DAY, client_of, insert, make_organization, make_token

pytestmark = pytest.mark.anyio


def account(place: int, customer_id: str | None, **more) -> dict:
    return {
        "id": f"a{place}",
        "kind": "connector",
        "service": "hubspot",
        "external_ref": f"conn_hubspot_{place}",
        "customer_id": customer_id,
        "status": "healthy",
        "is_internal": False,
        "is_syncing": False,
        "created_at": DAY + timedelta(hours=place),
        "updated_at": DAY + timedelta(days=place, microseconds=500),
        **more,
    }


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    await make_organization(database)
    await make_organization(database, "south")
    await insert(database, "south", connected_accounts=[account(9, "theirs")])
    accounts = [
        account(1, "zoe"),
        account(2, "Adam"),
        account(3, "zoe", service="linear", external_ref="conn_linear_3"),
        account(4, None),
        account(5, "u:hunter2@x https://u:hunter2@x"),
        account(6, "shop", kind="commerce", number=1, external_ref=None),
    ]
    await insert(database, "north", connected_accounts=accounts)
    async with client_of(database, (openint.VENDOR,)) as client:
        client.headers["Authorization"] = f"Bearer {await make_token(database, 'north', 'read')}"
        yield client


def item(id: str | None, count: int, created: int, updated: int) -> dict:
    at = f"2018-04-09 {created:02}:00:00+00", f"2018-04-{9 + updated:02} 00:00:00.0005+00"
    return {"id": id, "connection_count": count, "created_at": at[0], "updated_at": at[1]}


async def test_customers_are_those_of_connections_and_counted(client) -> None:
    answer = await client.get("/v1/customer")
    assert answer.status_code == 200
    assert answer.json() == {
        "items": [item(None, 1, 4, 4), item("Adam", 1, 2, 2), item("zoe", 2, 1, 3)],
        "total": 3,
        "limit": 50,
        "offset": 0,
        "has_next_page": False,
    }


async def test_a_page_and_a_search(client) -> None:
    page = (await client.get("/customer?limit=1&offset=1")).json()
    assert ([each["id"] for each in page["items"]], page["total"]) == (["Adam"], 3)
    assert page["has_next_page"] is True
    past = (await client.get("/customer?offset=9")).json()
    assert (past["items"], past["total"]) == ([], 0)
    for query, found in (("ADAM", ["Adam"]), ("linear", ["zoe"]), (" ", [None, "Adam", "zoe"]), ("%00", [])):
        items = (await client.get(f"/v2/customer?search_query={query}")).json()["items"]
        assert [each["id"] for each in items] == found, query
    assert (await client.get("/customer?search_query=linear")).json()["items"] == [item("zoe", 1, 3, 3)]


async def test_who_may_see_secrets_sees_the_customer_whose_id_holds_one(client, database) -> None:
    token = await make_token(database, "north", "read", "secrets")
    answer = await client.get("/customer", headers={"Authorization": f"Bearer {token}"})
    assert "hunter2" in answer.text
    assert "hunter2" not in (await client.get("/customer")).text


async def test_a_customer_may_not_ask(client, database) -> None:
    token = await make_token(database, "north", "read", customer_id="zoe")
    answer = await client.get("/customer", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["message"]) == (403, "Org admin only")
    bad = await client.get("/customer?limit=5000")
    assert bad.json()["issues"][0]["code"] == "too_big"
