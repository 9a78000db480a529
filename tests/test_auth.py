"""Who is let in: every route without a token, and what becomes of tokens."""

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from graphql import get_introspection_query

from gateway import auth
from gateway.administration import create_organization, create_token, revoke_token
from gateway.app import create_app
from gateway.auth import credentials
from gateway.db import tables as db
from gateway.resolvers.errors import Conflict, Invalid, NotFound, Unauthenticated
from gateway.settings import Settings
from tests.data import NORTH, changing, events_of, fill
from tests.graph import Graph, gid, open_http

pytestmark = pytest.mark.anyio

HELLO = "{ viewer { name } }"
UNKNOWN = {
    "errors": [
        {"message": "The token is unknown, expired or revoked.", "extensions": {"code": "UNAUTHENTICATED"}}
    ]
}
OPEN = {
    "/": (307, b""),
    "/healthz": (200, b'{"status":"ok"}'),
    "/readyz": (
        200,
        b'{"status":"ok","checks":{"database":"ok","migrations":"ok","keys":"ok","writes":"ok"}}',
    ),
    # Of an asset that does not exist.
    "/assets/{name}": (
        404,
        b'{"errors":[{"message":"Nothing is served at this path. GraphQL is at /graphql; the REST paths are '
        b'described at /openapi.json.","extensions":{"code":"NOT_FOUND"}}]}',
    ),
}

PAGES = ("/docs",)
"""Whose scripts ask for a token before they show anything."""


def path_of(route, value="x"):
    return re.sub(r"{[^}]*}", value, route.path)


@pytest.fixture
def app(database, database_url):
    return create_app(Settings(database_url=database_url, token_cache_seconds=0), database)


@pytest.fixture
async def north(database):
    await fill(database, NORTH)


async def test_every_route_refuses_callers_without_a_token_but_those_named_open(app, north, database):
    _, secret = await create_token(database, "north", name="t", scopes=["read", "secrets"])
    served = 0
    async with open_http(app) as anonymous, open_http(app, secret) as known:
        for route in app.routes:
            path = path_of(route)
            for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
                answer = await anonymous.request(method, path)
                if route.path in PAGES and method in ("GET", "HEAD"):
                    assert answer.headers["content-type"] == "text/html; charset=utf-8"
                    continue
                if route.path in OPEN:
                    if method == "GET":
                        status, body = OPEN[route.path]
                        assert answer.status_code == status
                        assert answer.content == body
                    continue
                if answer.status_code in (401, 403):  # one vendor answers 403
                    served += 1
                    continue
                # What nobody is served may be said to anybody, if it is said to all alike.
                other = await known.request(method, path)
                assert answer.status_code in (204, 404, 405), (method, path, answer.status_code)
                assert (other.status_code, other.content) == (answer.status_code, answer.content), path
    assert served > 5


async def test_paths_tell_nobody_whether_a_record_is_anothers_or_absent(app, north, database):
    await create_organization(database, "South", organization_id="south")
    _, secret = await create_token(database, "south", name="t", scopes=["read", "secrets"])
    looked_up = 0
    async with open_http(app, secret) as http:
        for route in app.routes:
            if "{" not in route.path or route.path in OPEN:
                continue
            for given, absent in [
                ("r1", "r9"),
                ("acc1", "acc9"),
                ("1", "9"),
                ("conn_hubspot_1", "conn_hubspot_9"),
            ]:
                of_north = await http.get(path_of(route, given))
                of_nobody = await http.get(path_of(route, absent))
                assert of_north.status_code == of_nobody.status_code, route.path
                assert of_north.content.replace(given.encode(), b"") == of_nobody.content.replace(
                    absent.encode(), b""
                )
                assert b"Baz Boutique" not in of_north.content
                assert b"hubspot" not in of_north.content.replace(given.encode(), b"")
                looked_up += 1
    assert looked_up > 3


BODIES = [
    {"query": "{ __typename }"},
    {"query": get_introspection_query()},
    {"query": "{ __schema { queryType { name } } }"},
    {"query": "{ connectionRequests { totalCount } }"},
    {
        "query": "query ($id: ID!) { node(id: $id) { id } }",
        "variables": {"id": gid("ConnectionRequest", "r1")},
    },
    {"query": "no document at all"},
    {"documentId": "0" * 64},
    [],
    None,
]


HEADERS = [None, "", "Bearer", "Bearer ", "Bearer no-token", "Token no-token", "Basic bm86dG9rZW4=", "Bearer a b",
           "Api-Token no-token", "no-token", "Bearer " + "x" * 10_000, "Bearer \xe9\xff"]  # fmt: skip


async def test_whatever_is_posted_without_a_good_token_is_refused_alike(app, north):
    async with open_http(app) as http:
        for header in HEADERS:
            headers = {} if header is None else {"authorization": header.encode("latin-1")}
            answers = [await http.post("/graphql", json=body, headers=headers) for body in BODIES]
            answers.append(await http.get("/graphql", params={"query": HELLO}, headers=headers))
            assert {each.status_code for each in answers} == {401}, header
            assert {each.headers["www-authenticate"] for each in answers} == {"Bearer"}
            assert len({each.content for each in answers}) == 1
            [error] = answers[0].json()["errors"]
            assert error["extensions"] == {"code": "UNAUTHENTICATED"}
            assert "data" not in answers[0].json()


async def test_a_page_is_open_and_holds_nothing_of_the_store(app, north):
    async with open_http(app) as http:
        for path in ("/openapi.json", *PAGES):
            page = await http.get(path, headers={"accept": "text/html"})
            assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
            assert "Baz Boutique" not in page.text
            assert '"tokens": []' in page.text
        page = await http.get("/graphql", headers={"accept": "text/html"})
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "Baz Boutique" not in page.text
        assert '"tokens": []' in page.text
        assert (await http.get("/")).headers["location"] == "/graphql"
        with_query = await http.get("/graphql", params={"query": HELLO}, headers={"accept": "text/html"})
        assert (with_query.status_code, with_query.content) == (200, page.content)


async def test_a_token_is_taken_in_either_scheme(app, north, database):
    _, secret = await create_token(database, "north", name="mine")
    async with open_http(app) as http:
        for form in ("Bearer {}", "bearer {}", "BEARER {}", "Token {}", "token   {} "):
            headers = {"authorization": form.format(secret)}
            answer = await http.post("/graphql", json={"query": HELLO}, headers=headers)
            assert answer.json() == {"data": {"viewer": {"name": "mine"}}}, form


async def asked(app, secret):
    async with open_http(app, secret) as http:
        answer = await http.post("/graphql", json={"query": HELLO})
        return answer.status_code, answer.json()


async def test_tokens_expire_and_are_revoked(app, north, database):
    now = datetime.now(UTC)
    with pytest.raises(Invalid, match=r"A token must expire in the future; .* is past"):
        await create_token(database, "north", name="old", expires_at=now)
    old_id, expired = await create_token(database, "north", name="old", expires_at=now + timedelta(days=1))
    async with changing(database, "north") as write:
        await write.update(db.api_tokens, old_id, {"expires_at": now - timedelta(microseconds=1)})
    token_id, revoked = await create_token(database, "north", name="t", expires_at=now + timedelta(days=1))
    assert await asked(app, expired) == (401, UNKNOWN)
    assert await asked(app, revoked) == (200, {"data": {"viewer": {"name": "t"}}})
    for _ in range(2):
        await revoke_token(database, "north", token_id)
        assert await asked(app, revoked) == (401, UNKNOWN)
    assert [event.type for event in await events_of(database, "north")].count("token.revoked") == 1
    assert await asked(app, revoked[:-1]) == (401, UNKNOWN)
    assert await asked(app, revoked + "x") == (401, UNKNOWN)


async def test_a_verified_token_is_believed_for_a_few_seconds(north, database, database_url):
    app = create_app(Settings(database_url=database_url), database)
    token_id, secret = await create_token(database, "north", name="t")
    statements = []
    database.on_statement = statements.append
    assert [await asked(app, secret) for _ in range(3)] == [(200, {"data": {"viewer": {"name": "t"}}})] * 3
    database.on_statement = None
    assert len([each for each in statements if "token_hash = " in each]) == 1
    await revoke_token(database, "north", token_id)
    assert (await asked(app, secret))[0] == 200  # at most for token_cache_seconds
    later = create_app(Settings(database_url=database_url), database)
    assert await asked(later, secret) == (401, UNKNOWN)


async def test_the_demo_token_is_of_one_process_and_no_row(north, database, database_url):
    rows = {
        "organizations": [{"id": auth.DEMO_ORGANIZATION, "name": "Demo"}],
        "people": [{"id": "zoe", "first_name": "Zoe"}, {"id": "amy"}, {"id": "zula", "first_name": "Zula"}],
    }
    await fill(database, rows)
    app = create_app(Settings(database_url=database_url, demo_token="demo-token"), database)
    async with open_http(app, "demo-token") as http:
        demo = Graph(http, database)
        assert await demo.ask(
            """{ viewer { name scopes person { uuid } organization { name } }
                connectionRequests { totalCount } }"""
        ) == {
            "viewer": {
                "name": "demo-token",
                "scopes": ["admin", "approve", "read", "secrets", "write"],
                # the first with a name, so that the demo's requests can be decided on
                "person": {"uuid": "zoe"},
                "organization": {"name": "Demo"},
            },
            "connectionRequests": {"totalCount": 0},
        }
    plain = create_app(Settings(database_url=database_url), database)
    assert await asked(plain, "demo-token") == (401, UNKNOWN)


async def stored(database_url):
    """Everything that the database holds, as bytes."""
    if database_url.startswith("sqlite:"):
        path = Path(database_url.removeprefix("sqlite:///"))
        return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
    connection = await asyncpg.connect(database_url)
    tables = ("api_tokens", "events", "organizations", "counters")
    found = [await connection.fetch(f"SELECT {each}::text FROM {each}") for each in tables]
    await connection.close()
    return "\n".join(record[0] for records in found for record in records).encode()


async def test_tokens_are_neither_stored_nor_logged(app, north, database, database_url, caplog):
    caplog.set_level(logging.DEBUG)
    token_id, secret = await create_token(database, "north", name="visible name")
    unknown = "gw_" + "z" * 43
    assert (await asked(app, secret))[0] == 200
    assert (await asked(app, unknown))[0] == 401
    async with open_http(app) as http:
        for path in ("/graphql", "/organizations/connections/request/", "/healthz", "/nowhere"):
            await http.get(path, headers={"authorization": f"Bearer {secret}"})
            await http.get(path, params={"access_token": secret, "query": "{"})
    held = await stored(database_url)
    assert b"visible name" in held
    assert token_id.encode() in held
    assert secret.encode() not in held
    ours = "\n".join(each.getMessage() for each in caplog.records if not each.name.startswith("http"))
    assert secret not in ours  # what the test's own client logs is its own affair
    assert unknown not in ours


async def test_a_token_is_256_random_bits_with_a_prefix_to_search_for(north, database):
    secrets = {(await create_token(database, "north", name="t"))[1] for _ in range(20)}
    assert len(secrets) == 20
    assert {(each[:3], len(each)) for each in secrets} == {("gw_", 3 + 43)}


async def test_what_cannot_be_made_or_revoked(north, database):
    with pytest.raises(NotFound, match="There is no organization south"):
        await create_token(database, "south", name="t")
    with pytest.raises(NotFound, match="There is no person sam in this organization"):
        await create_token(database, "north", name="t", person_id="sam")
    with pytest.raises(Invalid, match=r"Unknown scopes: everything, root\. Known are read, write"):
        await create_token(database, "north", name="t", scopes=["read", "root", "everything"])
    with pytest.raises(Conflict, match="The organization north exists already"):
        await create_organization(database, "North again", organization_id="north")
    token_id, _ = await create_token(database, "north", name="t")
    await create_organization(database, "South", organization_id="south")
    for organization, token in (("south", token_id), ("north", "none"), ("nowhere", token_id)):
        with pytest.raises(NotFound, match=f"There is no token {token} in this organization"):
            await revoke_token(database, organization, token)


NO_TIME_ZONES = [
    "", "Mars/Olympus", "America", "Europe/Berlin ", "Europe/Berlin\0", "../../etc/passwd", "/etc/localtime",
    "localtime", "Factory", "posixrules", "posix/Europe/Berlin", "right/Europe/Berlin", "leapseconds", "+01:00",
    "\ud800", "x" * 300,
]  # fmt: skip


async def test_an_organizations_time_zone_is_one_of_the_iana_database(database):
    for timezone in NO_TIME_ZONES:
        with pytest.raises(Invalid, match="is not a time zone of the IANA database, such as Europe/Berlin"):
            await create_organization(database, "South", timezone=timezone, organization_id="south")
    for timezone in ("UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "EST5EDT"):
        await create_organization(database, "Known", timezone=timezone)


async def test_names_that_name_nothing(north, database):
    for text in ("", "   ", "a\0b", "a\nb", "a\x1b[0mb", "a\u2028b", "a\ud800b"):
        with pytest.raises(Invalid, match="An organization's name must be one line of text"):
            await create_organization(database, text)
        with pytest.raises(Invalid, match="A token's name must be one line of text"):
            await create_token(database, "north", name=text)
    with pytest.raises(Invalid, match="An organization's name must have at most 255 characters, not 256"):
        await create_organization(database, "x" * 256)
    with pytest.raises(Invalid, match=r"kind is one of retailer, supplier, none, not nonsense\.$"):
        await create_organization(database, "Nonsense", kind="nonsense")
    await create_organization(database, "Ärzte\u00a0GmbH \U0001f469\u200d\U0001f4bb" + "x" * 239)
    for text in ("a\0b", "a\ud800b"):
        with pytest.raises(NotFound):
            await create_token(database, text, name="t")
        with pytest.raises(NotFound):
            await create_token(database, "north", name="t", person_id=text)
        with pytest.raises(NotFound):
            await revoke_token(database, "north", text)
        with pytest.raises(Invalid):
            await create_token(database, "north", name="t", customer_id=text)


def test_credentials_are_read_as_the_schemes_have_them():
    assert credentials("bearer  abc ", ("bearer",)) == "abc"
    assert credentials(" bearer  abc \t", ("bearer",)) == "abc"
    for header in (None, "", " ", "Bearer", "Bearer  ", "Token abc", "abc", "Bearer a b", "Bearer\tabc"):
        with pytest.raises(Unauthenticated):
            credentials(header, ("bearer",))
