"""Crux's login: tokens for passwords, and nothing for anybody else."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2
import pytest

from gateway.administration import create_organization
from gateway.app import create_app
from gateway.db import tables as db
from gateway.db.database import Database
from gateway.db.ids import now
from gateway.limits import Limits
from gateway.passwords import hashing
from gateway.passwords.setting import remove_password, set_password
from gateway.resolvers.errors import Conflict, Invalid, NotFound
from gateway.settings import Settings
from tests.data import changing, events_of
from tests.graph import gid, open_http
from tests.vendors.gateway import insert, make_token
from tests.vendors.openapi import check_answer

pytestmark = pytest.mark.anyio

PATH = "/organizations/user-login/"
PASSWORD = "thanos_rocks"
WRONG = (401, {"detail": "Incorrect authentication credentials."})


@asynccontextmanager
async def opened(database: Database, database_url: str, **limits: str | float):
    settings = Settings(database_url=database_url, crux_login=True, limits=Limits().decided(**limits))
    async with open_http(create_app(settings, database)) as http:
        http.event_hooks = {"response": [check_answer]}
        yield http


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch) -> None:
    """They take a thousandth of what they are to take; `tests/commands/test_people.py` sees what that is."""
    monkeypatch.setattr(hashing, "PROFILE", "CHEAPEST")


@pytest.fixture
async def store(database: Database) -> Database:
    await create_organization(database, "North", organization_id="north", kind="supplier")
    await create_organization(database, "South", organization_id="south")
    people = [{"id": "nick", "email": "Nick@Example.org"}, {"id": "mute"}]
    await insert(database, "north", people=people)
    await insert(database, "south", people=[{"id": "nick", "email": "nick@south.example"}])
    await set_password(database, "north", "nick", PASSWORD, scopes=("read", "write"))
    return database


@pytest.fixture
async def http(store: Database, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with opened(store, database_url) as http:
        yield http


async def log_in(http, username: str = "nick@example.org", password: str = PASSWORD, **more):
    return await http.post(PATH, json={"username": username, "password": password}, **more)


def told(answer: httpx2.Response) -> tuple[int, dict]:
    return answer.status_code, answer.json()


async def tokens(database: Database, organization_id: str = "north") -> list[str]:
    async with changing(database, organization_id) as write:
        statement = write.prepare(("of a test",), lambda: db.api_tokens.select().order_by(db.api_tokens.c.id))
        return [row.id for row in await write.fetch(statement, {})]


async def test_a_token_of_two_hours_for_a_name_and_its_password(http, store) -> None:
    # as the documented curl does: `-u ':'`
    answer = await log_in(http, " NICK@example.ORG", headers={"Authorization": "Basic Og=="})

    assert answer.status_code == 200
    body = answer.json()
    token = body.pop("auth_token")
    assert body == {
        "org_uuid": "north",
        "user_uuid": "nick",
        "retailer_uuid": "",
        "supplier_uuid": "north",
        "org_type": "SUPPLIER",
        "permission_assignments": {"permissions": [], "org_user": {"uuid": "nick"}},
    }
    assert answer.headers["cache-control"] == "private, no-cache"
    headers = {"Authorization": f"Token {token}"}
    listed = await http.get("/timp/organizations/connections/request/", headers=headers)
    assert listed.status_code == 200
    asked = "{ viewer { name scopes person { uuid } organization { uuid } } }"
    viewer = await http.post("/graphql", json={"query": asked}, headers=headers)
    assert viewer.json()["data"]["viewer"] == {
        "name": "login",
        "scopes": ["read", "write"],
        "person": {"uuid": "nick"},
        "organization": {"uuid": "north"},
    }
    [token_id] = await tokens(store)
    async with changing(store, "north") as write:
        [row] = await write.rows(db.api_tokens, [token_id])
    assert timedelta(minutes=119) < row.expires_at - now() <= timedelta(hours=2)


async def test_nobody_learns_which_of_the_two_was_wrong(http, store) -> None:
    seen: list[list[str]] = []
    for username, password in (
        ("nick@example.org", "thanos_sucks"),
        ("nobody@example.org", PASSWORD),
        ("nick@south.example", PASSWORD),
        ("nul\0", PASSWORD),
        ("nick@example.org", "\ud800"),
    ):
        statements: list[str] = []
        store.on_statement = statements.append
        content = json.dumps({"username": username, "password": password})
        answer = await http.post(PATH, content=content, headers={"content-type": "application/json"})
        store.on_statement = None
        assert told(answer) == WRONG
        assert answer.headers["www-authenticate"] == "Token"
        seen.append(statements)
    assert seen[0] == seen[1] == seen[2]
    assert await tokens(store) == []


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, {"username": ["This field is required."], "password": ["This field is required."]}),
        ({"username": "", "password": "x"}, {"username": ["This field may not be blank."]}),
        ({"username": "x", "password": None}, {"password": ["This field may not be null."]}),
        ({"username": 1, "password": "x"}, {"username": ["Not a valid string."]}),
        (
            {"username": "x", "password": "x" * 1001},
            {"password": ["Ensure this field has no more than 1000 characters."]},
        ),
    ],
)
async def test_what_is_missing_is_said_member_by_member(http, body, problems) -> None:
    assert told(await http.post(PATH, json=body)) == (400, problems)


async def test_junk_is_refused(http) -> None:
    assert (await http.post(PATH, content=b"[")).status_code == 400
    assert (await http.post(PATH, content=b"[]")).status_code == 400
    assert (await http.post(PATH, content=b"{}", headers={"content-type": "text/plain"})).status_code == 415
    assert (await http.get(PATH)).status_code == 401


async def test_so_many_attempts_fail_for_a_name_and_no_more(store, database_url) -> None:
    async with opened(store, database_url, login_attempts=3) as http:
        for _ in range(2):
            assert told(await log_in(http, password="a wrong one")) == WRONG
        assert (await log_in(http)).status_code == 200  # which takes all of them back
        answers = await asyncio.gather(*(log_in(http, password="a wrong one") for _ in range(5)))
        assert sorted(each.status_code for each in answers) == [401, 401, 401, 429, 429]
        refused = await log_in(http)
        assert refused.status_code == 429
        seconds = int(refused.headers["retry-after"])
        assert 600 <= seconds <= 900
        assert refused.json() == {
            "detail": f"Request was throttled. Expected available in {seconds} seconds."
        }
        assert told(await log_in(http, "other@example.org")) == WRONG
        await forget(store)
        assert (await log_in(http)).status_code == 200


async def forget(database: Database) -> None:
    """Let the time pass after which attempts are forgotten."""
    async with database.transaction() as transaction:
        statement = database.prepare(
            ("of a test, too",), lambda: db.login_attempts.update().values(until=now())
        )
        await transaction.run_many(statement, [{}])


async def test_so_many_attempts_fail_from_an_address_and_no_more(store, database_url) -> None:
    async with opened(store, database_url, address_logins=2) as http:
        for name in ("a", "b"):
            assert told(await log_in(http, name)) == WRONG
        assert (await log_in(http)).status_code == 429
        await forget(store)
        for _ in range(4):
            assert (await log_in(http)).status_code == 200
    async with opened(store, database_url, address_logins="observe:1", login_attempts="off") as http:
        for _ in range(3):
            assert told(await log_in(http, "a")) == WRONG


async def test_two_processes_count_together(store, database_url) -> None:
    async with (
        opened(store, database_url, login_attempts=1) as one,
        opened(store, database_url, login_attempts=1) as other,
    ):
        assert told(await log_in(one, password="a wrong one")) == WRONG
        assert (await log_in(other)).status_code == 429


async def test_no_log_and_no_row_has_a_password_or_a_token(http, store, caplog, database_url) -> None:
    caplog.set_level(logging.DEBUG)
    token = (await log_in(http)).json()["auth_token"]
    await log_in(http, username="hunter2 typed there", password="hunter2 itself")
    for secret in (PASSWORD, token, "hunter2"):
        assert secret not in caplog.text
    async with store.transaction() as transaction:
        for table in (db.passwords, db.api_tokens, db.login_attempts, db.events):
            statement = store.prepare(("all of", table.name), table.select)
            kept = str([tuple(row) for row in await transaction.fetch(statement, {})])
            assert all(secret not in kept for secret in (PASSWORD, token, "hunter2")), table
            assert ("$argon2id$" in kept) == (table is db.passwords), table


async def test_another_password_or_none_ends_what_was_begun_by_the_old_one(store, database_url) -> None:
    settings = Settings(database_url=database_url, crux_login=True, token_cache_seconds=0)
    async with open_http(create_app(settings, store)) as http:

        async def begin(password: str):
            token = (await log_in(http, password=password)).json()["auth_token"]
            url, headers = "/organizations/connections/request/", {"Authorization": f"Token {token}"}
            assert (await http.get(url, headers=headers)).status_code == 200
            return lambda: http.get(url, headers=headers)

        call = await begin(PASSWORD)
        await set_password(store, "north", "nick", "another one")
        assert (await call()).status_code == 401
        assert told(await log_in(http)) == WRONG
        call = await begin("another one")
        await remove_password(store, "north", "nick")
        assert (await call()).status_code == 401
        assert told(await log_in(http, password="another one")) == WRONG


async def test_tokens_that_are_over_go_at_the_next_login(http, store) -> None:
    await log_in(http)
    [first] = await tokens(store)
    async with changing(store, "north") as write:
        await write.update(db.api_tokens, first, {"expires_at": now()})
    await log_in(http)
    [second] = await tokens(store)
    assert second != first
    happened = [each.type for each in await events_of(store, "north")]
    assert happened[-2:] == ["token.deleted", "token.created"]


async def test_without_the_setting_there_is_no_such_path(store, database_url) -> None:
    async with open_http(create_app(Settings(database_url=database_url), store)) as http:
        for path in (PATH, f"/timp{PATH}"):
            assert told(await http.post(path, json={"username": "x"})) == (404, {"detail": "Not found."})


async def test_a_password_is_somebodys_and_a_name_is_nobody_elses(store) -> None:
    for organization, person, error in (
        ("nowhere", "nick", NotFound),
        ("north", "nobody", NotFound),
        ("north", "nul\0", NotFound),
        ("north", "mute", Invalid),
    ):
        with pytest.raises(error):
            await set_password(store, organization, person, PASSWORD)
    with pytest.raises(Conflict, match="Somebody else logs in as"):
        await set_password(store, "south", "nick", PASSWORD, username="NICK@example.org")
    assert await set_password(store, "north", "mute", PASSWORD, username="Mute") == "mute"
    for wrong in (
        {"password": "1234567"},
        {"password": "x" * 257},
        {"scopes": ("all",)},
        {"username": "a\nb"},
    ):
        with pytest.raises(Invalid):
            await set_password(store, "south", "nick", **{"password": PASSWORD, **wrong})
    with pytest.raises(NotFound):
        await remove_password(store, "south", "nick")


async def test_the_same_password_typed_by_another_keyboard(http, store) -> None:
    await set_password(store, "north", "nick", "\uff21\u030angstrom")
    assert (await log_in(http, password="\u00c5ngstrom")).status_code == 200


async def test_a_persons_password_goes_with_them(http, store) -> None:
    admin = await make_token(store, "north", "read", "admin")
    delete = """mutation ($id: ID!) { deletePerson(input: {id: $id}) { deletedWithIt { typeName count } } }"""
    assert (await log_in(http)).status_code == 200
    answer = await http.post(
        "/graphql",
        json={"query": delete, "variables": {"id": gid("Person", "nick")}},
        headers={"Authorization": f"Bearer {admin}"},
    )
    assert answer.json()["data"]["deletePerson"]["deletedWithIt"] == [
        {"typeName": "ApiToken", "count": 1},
        {"typeName": "Password", "count": 1},
    ]
    assert told(await log_in(http)) == WRONG


async def test_more_than_wait_for_their_turn_are_refused(http, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(hashing, "MOST_WAITING", 0)
        for username in ("nick@example.org", "nobody"):
            answer = await log_in(http, username)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (await log_in(http)).status_code == 200
