"""Crux's established connections: what they are made of, for which callers, and by the documented calls."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from gateway.administration import create_organization
from gateway.app import create_app
from gateway.db.database import Database
from gateway.exchange.importing import Imported
from gateway.limits import Limits
from gateway.settings import Settings
from gateway.vendors import crux
from tests.graph import open_http
from tests.vendors.gateway import DAY, client_of, insert, make_token
from tests.vendors.test_round_trips import load

pytestmark = pytest.mark.anyio

PATH = "/organizations/connections/"
MANAGER = {
    "uuid": "6cf0bb8b-442e-43c4-8bbe-bc823e17981e",
    "person": {
        "uuid": "joe",
        "first_name": "Joe",
        "last_name": "Account",
        "email": "joe@cruxaccountmanager.com",
        "phone": None,
        "job_title": "Account Manager",
    },
}
OWN = {
    "uuid": "north",
    "organization": {
        "uuid": "north",
        "name": "Retail Me",
        "website": None,
        "org_type": "RETAILER",
        "status": "ACTIVE",
        "created_date": "2018-04-06T01:11:40.090603Z",
        "active_date": None,
        "account_manager": MANAGER,
        "retailer_uuid": "north",
        "supplier_uuid": "",
    },
    "contact": {
        "uuid": "ada",
        "first_name": "Ada",
        "last_name": None,
        "email": None,
        "phone": None,
        "job_title": None,
    },
}
OTHER = {
    "uuid": "r1",
    "organization": {
        "uuid": "r1",
        "name": "Supply Me",
        "website": None,
        "org_type": "SUPPLIER",
        "status": "ACTIVE",
        "created_date": "2018-04-09T00:00:00.000000Z",
        "active_date": None,
        "account_manager": None,
        "retailer_uuid": "",
        "supplier_uuid": "r1",
    },
    "contact": {
        "uuid": "r1",
        "first_name": "Ludwig van",
        "last_name": "Beethoven",
        "email": "l@example.org",
        "phone": "(971)270-6745",
        "job_title": None,
    },
}
CONNECTION = {
    "uuid": "r1",
    "retailer": OWN,
    "supplier": OTHER,
    "status": "ACTIVE",
    "account_manager": MANAGER,
    "allocation_type": None,
    "suppliers_retailer_account_number": "38473",
    "retailers_supplier_account_number": "",
    "deactivated_date": None,
}


async def fill(database: Database, kind: str = "none") -> None:
    await create_organization(database, "Retail Me", organization_id="north", kind=kind)
    request = {"kind": "trading_partner", "status": "approved", "org_name": "Supply Me", "requested_at": DAY}
    own = {"org_contact_full_name": "Ludwig van Beethoven", "primary_contact_email": "l@example.org"}
    own |= {"primary_contact_phone": "(971)270-6745", "requester_id": "ada"}
    numbers = {"retailer_account_number": "38473", "supplier_account_number": ""}
    joe = {"first_name": "Joe", "last_name": "Account", "email": "joe@cruxaccountmanager.com"}
    await insert(
        database,
        "north",
        people=[{"id": "joe", **joe, "job_title": "Account Manager"}, {"id": "ada", "first_name": "Ada"}],
        connection_requests=[
            {"id": "r2", **request, "requested_at": DAY.replace(day=10)},
            {"id": "r1", **request, **own, **numbers},
            {"id": "pending", **request, "status": "pending"},
            {"id": "access", **request, "kind": "access"},
        ],
        approvals=[{"id": MANAGER["uuid"], "connection_request_id": "r1", "person_id": "joe"}],
    )


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(database, (crux.VENDOR,)) as client:
        yield client


async def call(
    client: httpx2.AsyncClient, database: Database, method: str = "GET", **more
) -> httpx2.Response:
    token = await make_token(database)
    return await client.request(method, PATH, headers={"Authorization": f"Token {token}"}, **more)


def dated(connection: dict, created_date: str) -> dict:
    """The connection, whose own organization was made at an instant that the test does not know."""
    own = {**OWN, "organization": {**OWN["organization"], "created_date": created_date}}
    return {**connection, "retailer": own}


async def test_a_connection_has_every_documented_member_in_the_documented_order(client, database) -> None:
    await fill(database)
    [first, second] = (await call(client, database)).json()

    created = first["retailer"]["organization"]["created_date"]
    assert len(created) == len("2018-04-06T01:11:40.090603Z")
    assert repr(first) == repr(dated(CONNECTION, created))
    assert second["retailer"]["contact"] == dict.fromkeys(OWN["contact"]) | {"uuid": ""}
    assert (second["account_manager"], second["suppliers_retailer_account_number"]) == (None, None)
    assert second["supplier"]["contact"] == dict.fromkeys(OWN["contact"]) | {"uuid": "r2"}


async def test_a_supplier_sees_itself_at_the_other_side(client, database) -> None:
    await fill(database, kind="supplier")
    [first, _] = (await call(client, database)).json()

    own, other = first["supplier"], first["retailer"]
    assert (own["uuid"], own["organization"]["org_type"]) == ("north", "SUPPLIER")
    assert own["organization"]["account_manager"] == MANAGER
    assert (own["organization"]["supplier_uuid"], own["organization"]["retailer_uuid"]) == ("north", "")
    assert (other["uuid"], other["organization"]["org_type"]) == ("r1", "RETAILER")
    assert (other["organization"]["supplier_uuid"], other["organization"]["retailer_uuid"]) == ("", "r1")
    assert first["suppliers_retailer_account_number"] == "38473"


async def test_the_documented_calls_list(client, database) -> None:
    await fill(database)
    listed = (await call(client, database)).json()
    # HTTPie's and Python's; curl's `-d` without a method is a POST
    assert (await call(client, database, content=b"{}")).json() == listed
    assert (await call(client, database, "POST", json={})).json() == listed
    assert (await client.get(f"/timp{PATH}")).status_code == 401


async def test_a_customers_token_sees_no_connection(client, database) -> None:
    await fill(database)
    token = await make_token(database, customer_id="c1")
    answer = await client.get(PATH, headers={"Authorization": f"Token {token}"})
    assert (answer.status_code, answer.text) == (200, "[]")


async def test_an_answer_of_too_many_rows_is_refused(database, database_url) -> None:
    await fill(database)
    settings = Settings(database_url=database_url, limits=Limits().decided(rows=1))
    async with open_http(create_app(settings, database)) as client:
        token = await make_token(database)
        answer = await client.get(PATH, headers={"Authorization": f"Token {token}"})
    assert answer.status_code == 400
    assert "rows" in answer.json()["detail"]


async def test_a_connection_of_cruxs_own_is_no_record(database, tmp_path) -> None:
    await fill(database)
    text = '[{"uuid":"x","retailer":{"uuid":"y"},"supplier":{},"status":"ACTIVE"}]'
    assert await load(database, crux.VENDOR, "north", tmp_path, text) == Imported()
