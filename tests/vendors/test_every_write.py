"""What holds of every write of a legacy path: who may call it, whom it refuses, and what nobody's call changes."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx2
import pytest

from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from gateway.resolvers import once
from tests.data import NORTH, SOUTH, events_of, fill
from tests.patience import ENOUGH
from tests.vendors.gateway import insert, make_token
from tests.vendors.parity import open_gateway
from tests.vendors.writes import EXAMPLES, ROWS, endpoints

pytestmark = pytest.mark.anyio

ALL = ("read", "write", "approve", "secrets", "admin")


def test_every_write_has_an_example() -> None:
    assert {key: each.method for key, each in EXAMPLES.items()} == {
        key: each.method for key, each in endpoints().items()
    }


@pytest.fixture
async def http(database: Database, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    database.vault = Vault([new_key()])
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

    async def call(example, **fields: str) -> httpx2.Response:
        fields = {name.replace("_", "-"): value for name, value in fields.items()}
        headers = {"authorization": f"Bearer {secret}", "api-token": secret, **fields}
        return await http.request(example.method, example.path, **example.content, headers=headers)

    yield call


async def counts(database: Database) -> tuple[int, int]:
    return len(await events_of(database, "north")), len(await events_of(database, "south"))


async def test_nobody_without_a_credential_changes_anything(http, database) -> None:
    before = await counts(database)
    for each in EXAMPLES.values():
        answer = await http.request(each.method, each.path, **each.content)
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


# Once


async def test_a_write_that_is_sent_again_with_its_key_is_made_once(http, database) -> None:
    async with caller(http, database, "north") as call:
        for key, each in EXAMPLES.items():
            first = await call(each, idempotency_key='"k1"')
            after = await counts(database)
            assert first.is_success, key
            assert "idempotency-replayed" not in first.headers
            second = await call(each, idempotency_key="k1")
            assert (second.status_code, second.content) == (first.status_code, first.content), key
            assert second.headers["idempotency-replayed"] == "true", key
            assert await counts(database) == after, key
            other = await call(replace(each, path=f"{each.path}?other=1"), idempotency_key="k1")
            assert other.status_code == 422, key
            assert await counts(database) == after, key
            wrong = await call(each, idempotency_key="")
            assert wrong.status_code == 400, key


async def test_a_refusal_is_the_same_when_it_is_sent_again(http, database) -> None:
    async with caller(http, database, "south") as call:
        for key, each in EXAMPLES.items():
            if each.names_a_row:
                before = await counts(database)
                answers = [await call(each, idempotency_key="k1") for _ in range(2)]
                assert answers[0].status_code == answers[1].status_code == 404, key
                assert answers[0].content == answers[1].content, key
                assert [each.headers.get("idempotency-replayed") for each in answers] == [None, "true"], key
                assert await counts(database) == before, key


async def test_twins_that_come_together_are_one_write(http, database, monkeypatch) -> None:
    monkeypatch.setattr(once, "PATIENCE", ENOUGH)
    async with caller(http, database, "north") as call:
        for key, each in EXAMPLES.items():
            answers = await asyncio.gather(*(call(each, idempotency_key=key[1]) for _ in range(3)))
            assert len({each.content for each in answers}) == 1, key
            assert [each.headers.get("idempotency-replayed") for each in answers].count("true") == 2, key


# Preconditions


async def test_a_write_is_made_only_for_the_object_that_its_caller_has_seen(http, database) -> None:
    async with caller(http, database, "north") as call:
        for key, each in EXAMPLES.items():
            if not each.names_a_row:
                before = await counts(database)
                assert (await call(each, if_match="*")).status_code == 412, key
                assert await counts(database) == before, key
                continue
            path = re.sub(r"/(comments|approve|deny)$", "", each.path)
            tag = (await call(replace(each, method="GET", path=path, body=None))).headers["etag"]
            before = await counts(database)
            for wrong in ('"another"', f"W/{tag}", "", tag.strip('"')):
                refused = await call(each, if_match=wrong)
                assert refused.status_code == 412, key
                assert refused.json(), key
            assert await counts(database) == before, key
            made = await call(each, if_match=f'"another", {tag}', idempotency_key="k1")
            assert made.is_success, key
            # That the change itself made the object another one is no reason to refuse its repetition.
            again = await call(each, if_match=f'"another", {tag}', idempotency_key="k1")
            assert again.content == made.content, key
            if each.method != "DELETE":
                assert (await call(each, if_match=tag)).status_code == 412, key
            if each.method == "PUT":
                assert (await call(each, if_match="*")).is_success, key


async def test_who_has_seen_what_another_has_changed_meanwhile_is_refused(http, database) -> None:
    async with caller(http, database, "north") as call:
        one = EXAMPLES["activecampaign", "update-connection"]
        tag = (await call(replace(one, method="GET", body=None))).headers["etag"]
        changes = [replace(one, body={"connection": {"name": f"Name {number}"}}) for number in range(4)]
        statuses = [
            each.status_code for each in await asyncio.gather(*(call(each, if_match=tag) for each in changes))
        ]
    assert sorted(statuses) == [200, 412, 412, 412]
