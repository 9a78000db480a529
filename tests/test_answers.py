"""Answers that are given again: only while nothing has changed, to whoever may see them, and nothing that varies."""

import asyncio
import json
import random
import re
import time
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from starlette.applications import Starlette

from gateway.admission.admission import Admission
from gateway.answers import Answers
from gateway.app import create_app
from gateway.auth import Authenticator
from gateway.db import tables
from gateway.db.tables import NODES
from gateway.db.vault import Vault, new_key
from gateway.exchange.importing import import_files
from gateway.execution.sources import columns_of, definition_of
from gateway.execution.steadiness import VARIES, always
from gateway.rest.forms import FormReader
from gateway.rest.routes import Gate, routes
from gateway.rest.vendor import Repeated
from gateway.schema.schema import make_schema
from gateway.settings import Settings
from gateway.transport.documents import prepare
from gateway.vendors import VENDORS
from tests.crawl.documents import COMMERCE, CONNECTION
from tests.crawl.operations import queries
from tests.data import NORTH, SOUTH, changing, fill
from tests.graph import FILES, open_http
from tests.patience import PATIENT
from tests.stores import open_store
from tests.vendors.gateway import insert, make_token
from tests.vendors.writes import ROWS

pytestmark = pytest.mark.anyio

PAGE = """{ connectionRequests(first: 20) {
  totalCount nodes { orgName status integrations { nodes { integrationType } } } } }"""
SCHEMA = make_schema()


@pytest.fixture
async def store(database):
    database.vault = Vault([new_key()])
    await fill(database, NORTH)
    await fill(database, SOUTH)
    await insert(database, "north", **ROWS)
    return database


@asynccontextmanager
async def caller(store, url, *scopes, organization="north", kept=1 << 20, **token):
    secret = await make_token(store, organization, *(scopes or ("read", "write", "secrets")), **token)
    settings = Settings(
        database_url=url, token_cache_seconds=5, storage_url=FILES, kept_answers_bytes=kept, **PATIENT
    )
    app = create_app(settings, store)
    async with app.router.lifespan_context(app), open_http(app, secret) as http:
        http.headers["api-token"] = secret
        yield http


async def statements(store, asking):
    """An answer, and the SQL that it took, but for the token's."""
    seen = []
    store.on_statement = seen.append
    try:
        answer = await asking
    finally:
        store.on_statement = None
    return answer, [sql for sql in seen if "api_tokens" not in sql]


def get(http, query, known=None):
    headers = {"accept": "application/json"} | ({"if-none-match": known} if known else {})
    return http.get("/graphql", params={"query": query}, headers=headers)


def post(http, query, **variables):
    return http.post("/graphql", json={"query": query, "variables": variables})


async def rename(store, name, organization="north"):
    async with changing(store, organization) as write:
        await write.update(tables.connection_requests, "r1", {"org_name": name})


async def test_who_has_an_answer_is_told_so_by_one_statement_until_something_changes(store, database_url):
    async with caller(store, database_url) as http, caller(store, database_url) as twin:
        first = await get(http, PAGE)
        tag = first.headers["etag"]
        assert (first.status_code, first.headers["vary"]) == (200, "Accept, Authorization")
        again, sql = await statements(store, get(http, PAGE, f'"other", {tag}'))
        assert (again.status_code, again.content, again.headers["etag"], len(sql)) == (304, b"", tag, 1)
        assert "content-length" not in again.headers
        for _ in range(2):  # by another process, which has not made the answer
            same = await get(twin, PAGE, tag)
            assert (same.status_code, same.headers["etag"]) == (304, tag)
        await rename(store, "Elsewhere", organization="south")
        assert (await get(http, PAGE, tag)).status_code == 304
        await rename(store, "Changed")
        changed = await get(http, PAGE, tag)
        assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)
        assert "Changed" in changed.text


async def test_many_who_ask_at_once_are_told_by_few_statements(store, database_url):
    async with caller(store, database_url) as http:
        tag = (await get(http, PAGE)).headers["etag"]
        known = {"if-none-match": (await http.get("/v1/requests")).headers["etag"]}
        asked = [get(http, PAGE, tag) for _ in range(20)]
        asked += [http.get("/v1/requests", headers=known) for _ in range(20)]
        answers, sql = await statements(store, asyncio.gather(*asked))
        assert {each.status_code for each in answers} == {304}
        assert len(sql) < 10


async def test_a_tag_is_of_one_question_of_one_sight_and_of_one_way_to_answer(store, database_url):
    tags = []
    async with AsyncExitStack() as stack:
        callers = [
            await stack.enter_async_context(caller(store, database_url, "read")),
            await stack.enter_async_context(caller(store, database_url, "read", "secrets")),
            await stack.enter_async_context(caller(store, database_url, "read", organization="south")),
            await stack.enter_async_context(caller(store, database_url, "read", kept=2 << 20)),
        ]
        for http in callers:
            tags.append((await get(http, PAGE)).headers["etag"])
        http = callers[0]
        tags.append((await get(http, f"{PAGE} ")).headers["etag"])
        named = f"query A {PAGE} query B {PAGE}"
        for name in "AB":
            asked = {"query": named, "operationName": name}
            tags.append((await http.get("/graphql", params=asked)).headers["etag"])
        for first in (1, 2):
            asked = {
                "query": "query ($n: Int) { people(first: $n) { totalCount } }",
                "variables": f'{{"n":{first}}}',
            }
            tags.append((await http.get("/graphql", params=asked)).headers["etag"])
        other_type = {"accept": "application/graphql-response+json"}
        answer = await http.get("/graphql", params={"query": PAGE}, headers=other_type)
        tags.append(answer.headers["etag"])
        assert (await get(http, PAGE)).headers["etag"] == tags[0]
    assert len(set(tags)) == len(tags)


async def test_from_the_third_time_on_the_same_page_takes_one_statement(store, database_url):
    async with caller(store, database_url) as http, caller(store, database_url, "read") as other:
        counts, texts = [], set()
        for _ in range(4):
            answer, sql = await statements(store, post(http, PAGE))
            counts.append(len(sql))
            texts.add(answer.content)
        assert counts[0] == counts[1] - 1 > 1
        assert counts[2:] == [1, 1]
        assert len(texts) == 1
        assert len((await statements(store, post(other, PAGE)))[1]) == counts[0]
        await rename(store, "Changed")
        assert "Changed" in (await post(http, PAGE)).text
        small = "{ people(first: 1) { totalCount } }"
        assert [len((await statements(store, post(http, small)))[1]) for _ in range(3)] == [1, 1, 1]
        broken = "{ connectionRequests(first: 20) { nodes { id integrations(first: -1) { totalCount } } } }"
        assert len({len((await statements(store, post(http, broken)))[1]) for _ in range(3)}) == 1


async def test_what_has_changed_each_time_is_looked_up_seldom_until_it_stays_as_it_was(store, database_url):
    async with caller(store, database_url) as http:
        looks = []
        for number in range(104):
            if number < 66 or number == 101:
                await rename(store, name := f"N{number}")
            answer, sql = await statements(store, post(http, PAGE))
            assert f'"{name}"' in answer.text
            looks.append("data_versions" in sql[0])
    assert [n for n, each in enumerate(looks) if each] == [1, 2, 3, 5, 9, 17, 33, 65, *range(97, 104)]


async def test_none_is_kept_where_the_operator_wants_none(store, database_url):
    async with caller(store, database_url, kept=0) as http:
        assert len({len((await statements(store, post(http, PAGE)))[1]) for _ in range(3)}) == 1
        assert (await get(http, PAGE, (await get(http, PAGE)).headers["etag"])).status_code == 304


VARYING = (
    "{ viewer { scopes } }",
    "{ integrations { nodes { schedule { nextRuns } } } }",
    "query ($after: DateTime) { integrations { nodes { schedule { nextRuns(after: $after) } } } }",
    "{ connectionRequests { nodes { viewerCan { approve { isAllowed } } } } }",
    "{ files { nodes { downloadUrl } } }",
    '{ ...A } fragment A on Query { node(id: "UmVxdWVzdDpy") { ... on File { downloadUrl } } }',
    '{ node(id: "RmlsZVVwbG9hZDp1MQ==") { id } }',
    '{ nodes(ids: "RmlsZVVwbG9hZDp1MQ==") { id } }',  # one value is a list of one
)


@pytest.mark.parametrize("query", VARYING)
async def test_what_varies_has_no_tag_and_is_not_kept(store, database_url, query):
    async with caller(store, database_url) as http:
        answer = await get(http, query)
        assert (answer.status_code, "etag" in answer.headers) == (200, False)
        assert (await get(http, query, "*")).status_code == 200


@pytest.mark.parametrize("ids", [5, 1.5, True, None, {"a": 1}, [[]]])
async def test_ids_of_any_kind_are_answered(store, database_url, ids):
    async with caller(store, database_url) as http:
        query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
        asked = {"query": query, "variables": json.dumps({"ids": ids})}
        answer = await http.get("/graphql", params=asked, headers={"accept": "application/json"})
    assert (answer.status_code, ids == 5) == (200, "errors" not in answer.json())


async def test_runs_behind_an_instant_that_is_given_do_not_vary(store, database_url):
    async with caller(store, database_url) as http:
        query = '{ integrations { nodes { schedule { nextRuns(after: "2026-01-01") } } } }'
        assert "etag" in (await get(http, query)).headers
        asked = {"query": VARYING[2], "variables": '{"after":"2026-01-01T00:00:00Z"}'}
        assert "etag" in (await http.get("/graphql", params=asked)).headers


READS = {
    "/organizations/connections/request/": Repeated.WHOLE,
    "/organizations/connections/request/r1/": Repeated.WHOLE,
    "/organizations/connections/": Repeated.WHOLE,
    "/v1/requests": Repeated.WHOLE,
    "/v1/requests/relay": Repeated.WHOLE,
    "/v1/requests/r3": Repeated.WHOLE,
    "/v1/requests/r3/comments": Repeated.WHOLE,
    "/api/3/connections": Repeated.TAG,
    "/api/3/connections/2": Repeated.TAG,
    "/api/3/connections/2/customers": Repeated.WHOLE,
    "/api/3/ecomCustomers": Repeated.WHOLE,
    "/api/3/ecomCustomers/7": Repeated.WHOLE,
    "/api/3/ecomCustomers/7/connection": Repeated.TAG,
    "/api/3/ecomCustomers/7/orders": Repeated.WHOLE,
    "/connection": Repeated.TAG,
    "/connection?include_secrets=true": Repeated.TAG,
    "/connection/conn_hubspot_1": Repeated.TAG,
    "/connector-config": Repeated.TAG,
    "/connector-config/ccfg_hubspot_w": Repeated.TAG,
    "/connector": Repeated.WHOLE,
    "/customer": Repeated.WHOLE,
    "/connection?include_secrets=true&refresh_policy=auto": Repeated.NEVER,
    "/connection/conn_hubspot_1?include_secrets=true": Repeated.NEVER,
    "/viewer": Repeated.NEVER,
    "/api/3/users/me": Repeated.NEVER,
    **dict.fromkeys(
        (f"/api/3/{each}" for each in ("", "fields", "accounts", "lists", "users")), Repeated.NEVER
    ),
}


def test_every_read_of_every_vendor_is_looked_at():
    for vendor in VENDORS:
        for each in vendor.served:
            forms = [re.sub(r"{[^}]*}", "[^/]+", path) for path in vendor.paths(each.path)]
            seen = [path for path in READS if any(re.fullmatch(f"{form}([?].*)?", path) for form in forms)]
            assert seen or each.method != "GET", (vendor.name, each.path)


async def test_legacy_reads_are_given_again_as_far_as_they_may(store, database_url):
    async with caller(store, database_url) as http:
        for path in READS:
            await look_at(store, http, path)


async def look_at(store, http, path):
    """Ask for a legacy path, again, with its tag, and with that behind a change."""
    first, taken = await statements(store, http.get(path))
    assert first.status_code == 200, path
    again, sql = await statements(store, http.get(path))
    assert (again.content, again.headers.get("link")) == (first.content, first.headers.get("link")), path
    assert (len(sql) <= 1) == (READS[path] is Repeated.WHOLE or len(taken) <= 1), path
    if READS[path] is Repeated.NEVER:
        assert "etag" not in first.headers or "conn_" in path, path
        return
    known = {"if-none-match": first.headers["etag"]}
    same, sql = await statements(store, http.get(path, headers=known))
    assert (path, same.status_code, same.content, len(sql)) == (path, 304, b"", 1)
    assert same.headers["vary"] == "Authorization, Api-Token", path
    async with changing(store, "north") as write:
        for table in (tables.connection_requests, tables.connected_accounts):
            for id in ("r1", "r3", "a2", "1", "2"):
                await write.update(table, id, {"created_at": NORTH["people"][0]["created_at"]})
    async with changing(store, "north") as write:
        await write.update(tables.people, "ada", {"job_title": f"Countess of {path}"})
    later, sql = await statements(store, http.get(path, headers=known))
    assert len(sql) > 1, path
    assert later.status_code == 200 or later.headers["etag"] == first.headers["etag"], path


async def test_a_key_in_the_url_leaves_nothing_behind(store, database_url):
    async with caller(store, database_url) as http:
        secret = http.headers.pop("api-token")
        answer = await http.get(f"/api/3/connections?api_key={secret}")
        assert (answer.status_code, "etag" in answer.headers) == (200, False)


def test_fields_of_what_is_sealed_at_rest_say_that_they_are_not_kept():
    sealed = {
        (name, column.name)
        for name, table in NODES.items()
        for column in table.c
        if column.info.get("sealed")
    }
    assert ("ConnectedAccount", "settings") in sealed
    for name, column in sealed:
        of_type = SCHEMA._schema.type_map.get(name)
        for field in getattr(of_type, "fields", {}).values():
            assert column not in columns_of(field) or definition_of(field).metadata[VARIES] is always


async def test_what_is_sealed_at_rest_is_in_no_body_that_is_kept(store, database_url, tmp_path):
    single = {name: COMMERCE[name] for name in ("service", "externalid", "name", "logoUrl", "linkUrl")}
    documents = (
        ("openint", CONNECTION | {"id": "conn_hubspot_9", "settings": {"a": "FINDME1"}, "odd": "FINDME2"}),
        ("activecampaign", COMMERCE | {"id": "2", "odd": "FINDME3"}),
        ("activecampaign", {"connection": single | {"isInternal": 0, "id": "2", "odd": "FINDME4"}}),
    )
    for name, document in documents:
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(document))
        await import_files(store, next(each for each in VENDORS if each.name == name), "north", [path])
    settings = Settings(database_url=database_url, **PATIENT)
    answers, token = Answers(settings, store), await make_token(store)
    admission = Admission(store, settings, Authenticator(store, cache_seconds=0).viewer)
    app = Starlette(
        routes=routes(
            VENDORS,
            Gate(
                admission.admit,
                admission.work,
                "/graphql",
                FormReader(settings.limits, admission.transfer),
                answers=answers,
            ),
            settings,
        )
    )
    shown = ""
    async with open_http(app, token) as http:
        http.headers["api-token"] = token
        for path in (
            *READS,
            "/connection/conn_hubspot_9?include_secrets=true&refresh_policy=none",
        ):
            shown += (await http.get(path)).text
    assert [shown.count(f"FINDME{n}") > 0 for n in range(1, 5)] == [True] * 4
    kept = [answers.kept.get(key) for key in list(answers.kept._values)]
    assert len([each for each in kept if each.body is not None]) > 3
    assert not [each for each in kept if each.body is not None and b"FINDME" in each.body]


def is_steady(field):
    """Whether a field without arguments gives the same while nothing changes."""
    varies = definition_of(field).metadata.get(VARIES) if definition_of(field) is not None else None
    return varies is None or not varies({})


async def test_no_field_that_is_given_again_follows_the_clock_or_who_asks(store, database_url):
    """Every field, asked by two viewers of the same sight, and again when the clock has gone on."""
    async with AsyncExitStack() as stack:
        person = {"person_id": "ada"}
        one = await stack.enter_async_context(caller(store, database_url, "read", "write", **person))
        other = await stack.enter_async_context(caller(store, database_url, "read", "write", kept=0))
        before = time.time()
        for text in queries(is_steady):
            assert prepare(SCHEMA._schema, text, None).operation(None).is_steady({}), text
            answer = await post(one, text)
            assert (await post(other, text)).content == answer.content, text
            assert (await post(one, text)).content == answer.content, text
        assert time.time() > before


REQUEST_1, ADA = "Q29ubmVjdGlvblJlcXVlc3Q6cjE=", "UGVyc29uOmFkYQ=="
MUTATIONS = (
    '{ createConnectionRequest(input: {orgName: "%s"}) { errors { code } } }',
    f'{{ updatePerson(input: {{id: "{ADA}", lastName: "%s"}}) {{ errors {{ code }} }} }}',
    f'{{ addComment(input: {{connectionRequestId: "{REQUEST_1}", body: "%s"}}) {{ errors {{ code }} }} }}',
)
COMMERCE_ACCOUNT = {"service": "%s", "externalid": "%s", "name": "n", "logoUrl": "l", "linkUrl": "l"}
WRITES = (
    *(("post", "/graphql", {"query": f"mutation {each}"}) for each in MUTATIONS),
    ("patch", "/organizations/connections/request/r1/", {"org_name": "%s"}),
    ("post", "/api/3/connections", {"connection": COMMERCE_ACCOUNT}),
)
SEEN = (
    PAGE,
    "{ people(first: 30) { totalCount nodes { lastName email jobTitle phone fullName } } }",
    "{ connectionRequests(first: 30) { nodes { comments { totalCount nodes { body author { lastName } } } } } }",
    "{ connectedAccounts(first: 30) { totalCount nodes { service name externalId status number } } }",
)
LISTS = (
    "/organizations/connections/request/",
    "/organizations/connections/request/r1/",
    "/api/3/connections",
    "/v1/requests",
)


def filled(value, text):
    if isinstance(value, dict):
        return {name: filled(each, text) for name, each in value.items()}
    return value.replace("%s", text)


async def test_no_answer_is_old_after_a_write_that_was_acknowledged(store, database_url):
    """Random writes by every door; what another process then says is what one says that keeps nothing."""
    chance = random.Random(7)
    async with AsyncExitStack() as stack:
        twin = await stack.enter_async_context(open_store(database_url))
        twin.vault = store.vault
        writer = await stack.enter_async_context(caller(store, database_url))
        reader = await stack.enter_async_context(caller(twin, database_url))
        plain = await stack.enter_async_context(caller(store, database_url, kept=0))
        tags, repeated = {}, 0
        for step in range(60):
            if chance.random() < 0.4:
                method, path, body = chance.choice(WRITES)
                made = await getattr(writer, method)(path, json=filled(body, f"w{step}"))
                assert made.status_code < 300, made.text
            if chance.random() < 0.5:
                query = chance.choice(SEEN)
                asked = await asyncio.gather(*[post(reader, query) for _ in range(3)])
                assert {each.content for each in asked} == {(await post(plain, query)).content}
                answer = await get(reader, query, tags.get(query))
                key, now = query, (await get(plain, query)).content
            else:
                key = chance.choice(LISTS)
                known = {"if-none-match": tags[key][0]} if key in tags else {}
                answer = await reader.get(key, headers=known)
                now = (await plain.get(key)).content
            if answer.status_code == 304:
                repeated += 1
                assert tags[f"body of {key}"] == now
            else:
                assert answer.content == now
                tags[key] = answer.headers["etag"] if key in SEEN else (answer.headers["etag"],)
                tags[f"body of {key}"] = answer.content
        assert repeated > 5
