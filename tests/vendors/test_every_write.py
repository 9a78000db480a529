"""What holds of every write of a legacy path: who may call it, whom it refuses, and what nobody's call changes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from gateway.db.database import Database
from tests.data import NORTH, SOUTH, events_of, fill
from tests.vendors.gateway import insert, make_token
from tests.vendors.parity import open_gateway
from tests.vendors.writes import EXAMPLES, ROWS, endpoints

pytestmark = pytest.mark.anyio

ALL = ("read", "write", "approve", "secrets", "admin")


def test_every_write_has_an_example() -> None:
    assert {key: each.method for key, each in EXAMPLES.items()} == {
        key: each.method for key, each in endpoints().items()
    }
    assert all(each.scope != "read" for each in endpoints().values())


@pytest.fixture
async def http(database: Database, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    await fill(database, NORTH)
    await fill(database, SOUTH)
    await insert(database, "north", **ROWS)
    async with open_gateway(database, database_url) as http:
        yield http


@asynccontextmanager
async def caller(http: httpx2.AsyncClient, database: Database, organization: str, *scopes, **token):
    """Sends an example as a new token of an organization."""
    if "customer_id" not in token:
        token["person_id"] = "ada"
    secret = await make_token(database, organization, *(scopes or ALL), **token)

    async def call(example) -> httpx2.Response:
        headers = {"authorization": f"Bearer {secret}", "api-token": secret}
        return await http.request(example.method, example.path, json=example.body, headers=headers)

    yield call


async def counts(database: Database) -> tuple[int, int]:
    return len(await events_of(database, "north")), len(await events_of(database, "south"))


async def test_nobody_without_a_credential_changes_anything(http, database) -> None:
    before = await counts(database)
    for each in EXAMPLES.values():
        answer = await http.request(each.method, each.path, json=each.body)
        assert answer.status_code in (401, 403)
    assert await counts(database) == before


@pytest.mark.parametrize("missing", ["read", "a write's own"])
async def test_a_token_without_a_scope_changes_nothing(http, database, missing) -> None:
    for key, each in EXAMPLES.items():
        lacks = "read" if missing == "read" else str(endpoints()[key].scope)
        async with caller(http, database, "north", *(set(ALL) - {lacks})) as call:
            before = await counts(database)
            assert (await call(each)).status_code == 403, key
            assert await counts(database) == before, key


async def test_no_write_reaches_another_organization(http, database) -> None:
    async with caller(http, database, "south") as call:
        north, south = await counts(database)
        for key, each in EXAMPLES.items():
            answer = await call(each)
            if each.names_a_row:
                assert answer.status_code == 404, key
                assert await counts(database) == (north, south), key
            _, south = await counts(database)
        assert (await counts(database))[0] == north


async def test_a_customers_token_changes_nothing_of_the_organizations(http, database) -> None:
    async with caller(http, database, "north", customer_id="nobody") as call:
        for key, each in EXAMPLES.items():
            before = await counts(database)
            answer = await call(each)
            assert answer.status_code == each.customer_status, key
            assert (await counts(database) == before) == (answer.status_code >= 400), key


async def test_an_example_is_one_change_with_its_event(http, database) -> None:
    async with caller(http, database, "north") as call:
        for key, each in EXAMPLES.items():
            before, _ = await counts(database)
            answer = await call(each)
            assert answer.status_code == endpoints()[key].status, (key, answer.text)
            assert (await counts(database))[0] > before, key
