"""OpenInt: credentials that have expired are refreshed when they are read, once, at the operator's endpoint alone."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from gateway.app import create_app
from gateway.db import tables as db
from gateway.db.database import Database
from gateway.db.ids import now
from gateway.db.vault import Vault, new_key
from gateway.oauth import token_endpoints
from gateway.settings import SettingError, Settings
from tests.data import changing, events_of
from tests.graph import open_http
from tests.oauth.authorization import CLIENT, SECRET, authorization_server
from tests.patience import ENOUGH
from tests.vendors.gateway import DAY, insert, make_organization, make_token
from tests.vendors.openapi import check_answer

pytestmark = pytest.mark.anyio

ID = "conn_hubspot_1"
PAST, FUTURE = "2018-04-09T00:00:00.000Z", "2999-01-01T00:00:00.000Z"
SECRETS = {"include_secrets": "true"}
KEY = new_key()


def settings_text(expires_at: str | None = PAST, **more) -> str:
    credentials = {"access_token": "access 0", "refresh_token": "refresh 0", "mark": 1.10, **more}
    credentials = {name: value for name, value in credentials.items() if value is not None}
    if expires_at is not None:
        credentials["expires_at"] = expires_at
    text = json.dumps({"oauth": {"credentials": credentials}, "big": 0, "access_token": "access 0"})
    return text.replace('"big": 0', '"big": 12345678901234567890123').replace("1.1", "1.10")


def account(number: int = 1, **more) -> dict:
    return {
        "id": f"a{number}",
        "kind": "connector",
        "service": "hubspot",
        "external_ref": f"conn_hubspot_{number}",
        "connector_config_id": "ccfg_hubspot_1",
        "customer_id": "zoe",
        "status": "healthy",
        "is_internal": False,
        "is_syncing": False,
        "settings": settings_text(),
        **more,
    }


@pytest.fixture
def server():
    with authorization_server() as server:
        yield server


@pytest.fixture
async def store(database: Database) -> Database:
    database.vault = Vault([KEY])
    await make_organization(database)
    config = json.dumps({"oauth": {"client_id": CLIENT, "client_secret": SECRET}})
    await insert(
        database,
        "north",
        connector_configs=[{"id": "ccfg_hubspot_1", "connector_name": "hubspot", "config": config}],
        connected_accounts=[account()],
    )
    return database


@asynccontextmanager
async def opened(store: Database, database_url: str, urls: str, *scopes: str):
    settings = Settings(database_url=database_url, oauth_token_urls=urls, token_cache_seconds=0)
    token = await make_token(store, "north", *(scopes or ("read", "secrets")))
    async with open_http(create_app(settings, store), token) as http:
        http.event_hooks = {"response": [check_answer]}
        yield http


@pytest.fixture
async def http(store, server, database_url) -> AsyncIterator[httpx2.AsyncClient]:
    async with opened(store, database_url, f"hubspot={server.url}") as http:
        yield http


async def read(http: httpx2.AsyncClient, **parameters: str) -> dict:
    answer = await http.get(f"/v1/connection/{ID}", params={**SECRETS, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def stored(database: Database, account_id: str = "a1"):
    async with changing(database, "north") as write:
        [row] = await write.rows(db.connected_accounts, [account_id])
    return row


async def change(database: Database, **columns) -> None:
    async with changing(database, "north") as write:
        await write.update(db.connected_accounts, "a1", columns)


async def test_what_has_expired_is_refreshed_kept_and_shown(http, server, store) -> None:
    before = len(await events_of(store, "north"))
    answer = await http.get(f"/connection/{ID}", params=SECRETS)

    assert server.grants == [
        (
            "/oauth/token?tenant=1",
            {
                "grant_type": "refresh_token",
                "refresh_token": "refresh 0",
                "client_id": CLIENT,
                "client_secret": SECRET,
            },
            None,
        )
    ]
    shown = answer.json()["settings"]
    row = await stored(store)
    assert json.loads(row.settings) == shown
    credentials = shown["oauth"]["credentials"]
    expires_at = datetime.fromisoformat(credentials.pop("expires_at"))
    assert timedelta(minutes=58) < expires_at - datetime.now(UTC) <= timedelta(hours=1)
    raw = {"access_token": "access 1", "token_type": "bearer", "refresh_token": "refresh 1"}
    assert credentials == {
        "access_token": "access 1",
        "refresh_token": "refresh 1",
        "mark": 1.1,
        "scope": "crm",
        "expires_in": 3600,
        "raw": {**raw, "expires_in": 3600, "scope": "crm"},
    }
    assert shown["access_token"] == "access 1"
    assert '"big":12345678901234567890123' in answer.text
    assert '"mark":1.10' in answer.text
    assert (row.status, row.status_message, row.version) == ("healthy", None, 2)
    assert row.updated_at > DAY
    [event] = (await events_of(store, "north"))[before:]
    assert (event.type, event.subject_id) == ("connected_account.checked", "a1")
    assert json.loads(event.data) == {"status": "healthy", "refreshed": True}

    assert (await read(http))["settings"] == (await http.get(f"/connection/{ID}", params=SECRETS)).json()[
        "settings"
    ]
    assert len(server.grants) == 1


@pytest.mark.parametrize(
    ("parameters", "expires_at", "asked"),
    [
        ({}, FUTURE, 0),
        ({}, None, 0),
        ({}, "soon", 0),
        ({"refresh_policy": "none"}, PAST, 0),
        ({"refresh_policy": "auto"}, PAST, 1),
        ({"refresh_policy": "force"}, FUTURE, 1),
        ({"refresh_policy": "force", "include_secrets": "false"}, PAST, 0),
        ({"include_secrets": ""}, PAST, 0),
    ],
)
async def test_whose_turn_it_is_says_the_policy(http, server, store, parameters, expires_at, asked) -> None:
    await change(store, settings=settings_text(expires_at))
    await read(http, **parameters)
    assert len(server.grants) == asked


async def test_a_list_refreshes_what_it_is_asked_to(http, server, store) -> None:
    await insert(
        store,
        "north",
        connected_accounts=[
            account(2, settings=settings_text(FUTURE)),
            account(3, service="slack", external_ref="conn_slack_3"),
        ],
    )
    listed = (await http.get("/connection", params=SECRETS)).json()["items"]
    assert server.grants == []
    again = (await http.get("/connection", params={**SECRETS, "refresh_policy": "auto"})).json()["items"]
    assert len(server.grants) == 1
    assert [each["id"] for each in again] == [each["id"] for each in listed]
    [fresh] = [each for each in again if each["id"] == ID]
    assert fresh["settings"]["access_token"] == "access 1"
    assert (await http.get("/connection", params={"refresh_policy": "force"})).status_code == 200
    assert len(server.grants) == 1


async def test_who_is_shown_no_settings_refreshes_none(store, server, database_url) -> None:
    async with opened(store, database_url, f"hubspot={server.url}", "read") as http:
        assert "settings" not in await read(http, refresh_policy="force")
        assert (await http.post(f"/connection/{ID}/check")).json()["status"] == "healthy"
    assert server.grants == []


async def test_a_check_refreshes(http, server) -> None:
    answer = await http.post(f"/connection/{ID}/check")
    assert answer.json() == {"id": ID, "status": "healthy", "status_message": None}
    assert len(server.grants) == 1


async def test_without_the_operators_word_nothing_is_sent_anywhere(store, server, database_url) -> None:
    elsewhere = {
        "token_url": server.url,
        "oauth": {
            "credentials": {
                "token_url": server.url,
                "access_token": "a",
                "refresh_token": "r",
                "expires_at": PAST,
            }
        },
    }
    await change(store, settings=json.dumps(elsewhere))
    async with opened(store, database_url, f"slack={server.url}") as http:
        assert (await read(http, refresh_policy="force"))["settings"] == elsewhere
        assert (await http.post(f"/connection/{ID}/check")).json()["status"] == "healthy"
    assert server.grants == []


async def test_a_client_may_say_who_it_is_in_the_field(store, server, database_url) -> None:
    async with opened(store, database_url, f"hubspot=basic:{server.url}") as http:
        assert (await read(http))["settings"]["access_token"] == "access 1"
    [(_, form, field)] = server.grants
    assert form == {"grant_type": "refresh_token", "refresh_token": "refresh 0"}
    assert field.startswith("Basic ")


TOO_LONG = b'{"access_token":"' + b"x" * 70_000 + b'"}'
MOVED = {"location": "http://127.0.0.1:1/elsewhere"}


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ((400, {}, b'{"error":"invalid_grant"}'), "disconnected", "invalid_grant"),
        ((400, {}, b'{"error":"invalid_scope","error_description":"hunter2"}'), "error", "invalid_scope"),
        ((400, {}, b'{"error":"hunter2 https://u:p@h"}'), "error", "http_400"),
        ((503, {}, b"<html>hunter2"), "error", "http_503"),
        ((302, MOVED, b""), "error", "http_302"),
        ((307, MOVED, b""), "error", "http_307"),
        ((200, {}, b"[]"), "error", "no_access_token"),
        ((200, {}, b'{"access_token":""}'), "error", "no_access_token"),
        ((200, {}, TOO_LONG), "error", "answer_too_large"),
    ],
)
async def test_a_failure_is_kept_in_a_word(http, server, store, caplog, answer, status, code) -> None:
    server.answer = answer
    shown = await read(http)
    assert (shown["status"], shown["status_message"]) == (status, f"Token refresh failed with error {code}")
    assert shown["settings"] == json.loads(settings_text())
    row = await stored(store)
    assert (row.status, row.status_message) == (status, shown["status_message"])
    assert "hunter2" not in caplog.text
    server.answer = None
    again = await read(http)
    assert again["status"] == ("disconnected" if status == "disconnected" else "healthy")
    assert len(server.grants) == (1 if status == "disconnected" else 2)


async def test_an_endpoint_that_is_not_there_or_does_not_answer_is_an_error(
    http, server, store, database_url, monkeypatch
) -> None:
    async with opened(store, database_url, "hubspot=http://127.0.0.1:1/") as nowhere:
        assert (await read(nowhere))["status_message"] == "Token refresh failed with error unreachable"
    monkeypatch.setattr(token_endpoints, "SECONDS", 0.2)
    server.may_answer.clear()
    assert (await read(http))["status_message"] == "Token refresh failed with error timeout"


@pytest.mark.parametrize(
    ("settings", "config", "status", "message"),
    [
        (settings_text(refresh_token=None), "ccfg_hubspot_1", "disconnected", f"Token expired at {PAST}"),
        (settings_text(FUTURE, refresh_token=None), "ccfg_hubspot_1", "healthy", None),
        (settings_text(), None, "error", "Token refresh failed with error no_client_id"),
        (settings_text(client_id="other"), None, "error", "Token refresh failed with error invalid_client"),
        (settings_text(access_token=None), "ccfg_hubspot_1", "healthy", None),
        ("{}", "ccfg_hubspot_1", "healthy", None),
    ],
)  # fmt: skip
async def test_what_cannot_be_refreshed(http, store, settings, config, status, message) -> None:
    await change(store, settings=settings, connector_config_id=config)
    shown = await read(http, refresh_policy="force")
    assert (shown["status"], shown["status_message"]) == (status, message)


async def test_all_who_ask_at_once_make_one_call(http, server, store) -> None:
    server.may_answer.clear()
    calls = [asyncio.create_task(read(http, refresh_policy="force")) for _ in range(4)]
    await asyncio.to_thread(server.asked.wait, ENOUGH)
    # meanwhile no transaction is open: another change goes through
    await change(store, name="Renamed meanwhile")
    server.may_answer.set()
    tokens = {shown["settings"]["access_token"] for shown in await asyncio.gather(*calls)}
    assert (tokens, len(server.grants)) == ({"access 1"}, 1)
    assert (await stored(store)).name == "Renamed meanwhile"


async def test_settings_that_somebody_gives_meanwhile_stay(http, server, store) -> None:
    server.may_answer.clear()
    call = asyncio.create_task(read(http))
    await asyncio.to_thread(server.asked.wait, ENOUGH)
    await change(store, settings='{"oauth":{"credentials":{"access_token":"theirs"}}}')
    server.may_answer.set()
    assert (await call)["settings"]["oauth"]["credentials"]["access_token"] == "theirs"


async def test_who_goes_away_leaves_the_new_credentials_behind(http, server, store) -> None:
    server.may_answer.clear()
    call = asyncio.create_task(read(http))
    await asyncio.to_thread(server.asked.wait, ENOUGH)
    call.cancel()
    server.may_answer.set()
    assert (await read(http))["settings"]["access_token"] == "access 1"
    assert len(server.grants) == 1


async def test_a_lease_that_ran_out_is_anybodys(http, server, store) -> None:
    gone = {"id": "a1", "holder": "a process that died", "until": now() - timedelta(seconds=1)}
    async with store.transaction() as transaction:
        row = {"organization_id": "north", "created_at": DAY, "updated_at": DAY, **gone}
        statement = store.prepare(("of a test",), lambda: db.account_leases.insert().values(row))
        await transaction.run_many(statement, [{}])
    assert (await read(http))["settings"]["access_token"] == "access 1"
    async with store.transaction() as transaction:
        assert await transaction.fetch(store.prepare(("leases",), db.account_leases.select), {}) == []


async def test_two_processes_make_one_call(server, store, database_url) -> None:
    token = await make_token(store, "north", "read", "secrets")
    environment = {
        **os.environ,
        "GATEWAY_DATABASE_URL": database_url,
        "GATEWAY_ENCRYPTION_KEYS": KEY,
        "GATEWAY_OAUTH_TOKEN_URLS": f"hubspot={server.url}",
        "GATEWAY_LOG_LEVEL": "off",
    }
    command = [sys.executable, "-m", "tests.oauth.asking", f"/connection/{ID}?include_secrets=true", token]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}

    def ask() -> list[str]:
        processes = [subprocess.Popen(command, **pipes) for _ in range(2)]
        for each in processes:
            assert each.stdout.readline() == "ready\n"
        server.may_answer.clear()
        for each in processes:
            each.stdin.write("\n")
            each.stdin.flush()
        assert server.asked.wait(ENOUGH)
        server.may_answer.set()
        return [each.communicate(timeout=ENOUGH)[0] for each in processes]

    answers = await asyncio.to_thread(ask)
    assert [json.loads(each)["settings"]["access_token"] for each in answers] == ["access 1"] * 2
    assert len(server.grants) == 1


@pytest.mark.parametrize(
    "setting",
    [
        "hubspot",
        "hubspot=",
        "=https://a.example/",
        "hubspot=http://a.example/",
        "hubspot=ftp://a.example/",
        "hubspot=https://u:p@a.example/",
        "hubspot=https://a.example/#x",
        "hubspot=https://a.example/,hubspot=https://b.example/",
        "hubspot=https:///x",
        "hubspot=https://a.example:99999/",
    ],
)
def test_a_setting_that_names_no_safe_place_is_one_line(setting, database_url) -> None:
    with pytest.raises(SettingError, match="GATEWAY_OAUTH_TOKEN_URLS takes CONNECTOR=URL"):
        create_app(Settings(database_url=database_url, oauth_token_urls=setting))
