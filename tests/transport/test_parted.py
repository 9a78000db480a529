"""@defer and @stream: answers in parts, in the form that the caller names, the later ones computed later."""

import asyncio
import gc
import re
from contextlib import asynccontextmanager
from functools import partial
from time import perf_counter

import asyncpg
import pytest

from gateway.administration import create_token
from gateway.app import create_app
from gateway.db import deadlines
from gateway.db.database import open_database
from gateway.limits import Limits
from gateway.settings import Settings
from tests.conftest import fresh_database
from tests.data import NORTH, fill
from tests.files import FILES
from tests.graph import gid
from tests.patience import ENOUGH, PATIENT
from tests.transport.parts import DRAFT, ENDED, JSON, OF_2022, post

pytestmark = pytest.mark.anyio

R2 = gid("ConnectionRequest", "r2")


@asynccontextmanager
async def opened(database, database_url, *, scopes=("read", "secrets", "write", "approve"), **settings):
    """Posts operations to an application of these settings."""
    _, token = await create_token(database, "north", name="test", scopes=scopes)
    given = {**PATIENT, "storage_url": FILES, **settings}
    app = create_app(Settings(database_url=database_url, token_cache_seconds=5, **given), database)
    async with app.router.lifespan_context(app):
        ask = partial(post, app, database, token)
        await ask("{ __typename }")  # the token is known from now on
        yield ask


@pytest.fixture
async def ask(database, database_url):
    await fill(database, NORTH)
    async with opened(database, database_url) as posted:
        yield posted


@pytest.fixture
def sqlite_url(request, tmp_path):
    """For what does not depend on the database."""
    with fresh_database("sqlite", request, tmp_path) as url:
        yield url


@pytest.fixture
def postgresql_url(request, tmp_path):
    with fresh_database("postgresql", request, tmp_path) as url:
        yield url


@asynccontextmanager
async def filled(url):
    store = open_database(url)
    await store.start()
    await fill(store, NORTH)
    yield store
    await store.stop()


@pytest.fixture
async def sqlite_ask(sqlite_url, anyio_backend):
    async with filled(sqlite_url) as store, opened(store, sqlite_url) as posted:
        yield posted


def tables(log):
    """The log, with each SQL text as the table that it reads; but for the token's and statistics."""
    read = re.compile(r"\b(?:FROM|JOIN) (comments|connection_requests|integrations|people|approvals)\b")
    found = [each if isinstance(each, dict) else read.search(each) for each in log]
    return [each if isinstance(each, dict) else each[1] for each in found if each is not None]


DEFERRED = """{ connectionRequests(first: 2) { nodes { uuid orgName
    ... @defer(label: "more") { orgName comments(first: 1) { nodes { body } } } } } }"""


async def test_the_first_part_is_sent_before_anything_else_is_read(ask):
    for accept in (DRAFT, OF_2022):
        for _ in range(2):  # the exact way, then by generated code
            answer = await ask(DEFERRED, accept)
            first, last = answer.parts
            assert tables(answer.log) == ["connection_requests", first, "comments", last]
        assert first["hasNext"] is True
        assert first["data"]["connectionRequests"]["nodes"][0] == {"uuid": "r1", "orgName": "Baz Boutique"}


async def test_the_draft_says_what_is_pending_and_tells_no_field_twice(ask):
    answer = await ask(DEFERRED)
    assert answer.headers["content-type"] == 'multipart/mixed; boundary="-"; incrementalSpec=v0.2'
    assert answer.headers["vary"] == "Accept, Authorization"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "content-length" not in answer.headers
    assert "etag" not in answer.headers
    assert answer.body.endswith(ENDED)
    first, last = answer.parts
    assert first["pending"] == [
        {"id": "0", "path": ["connectionRequests", "nodes", 0], "label": "more"},
        {"id": "1", "path": ["connectionRequests", "nodes", 1], "label": "more"},
    ]
    assert last == {
        "incremental": [
            {"id": "0", "data": {"comments": {"nodes": [{"body": "first"}]}}},
            {"id": "1", "data": {"comments": {"nodes": []}}},
        ],
        "completed": [{"id": "0"}, {"id": "1"}],
        "hasNext": False,
    }


async def test_the_form_of_2022_has_each_fragment_whole(ask):
    answer = await ask(DEFERRED, OF_2022)
    assert answer.headers["content-type"] == 'multipart/mixed; boundary="-"; deferSpec=20220824'
    first, last = answer.parts
    assert set(first) == {"data", "hasNext"}
    [one, other] = last["incremental"]
    assert last["hasNext"] is False
    assert one == {
        "path": ["connectionRequests", "nodes", 0],
        "label": "more",
        "data": {"orgName": "Baz Boutique", "comments": {"nodes": [{"body": "first"}]}},
    }
    assert other["path"] == ["connectionRequests", "nodes", 1]


async def test_events_have_a_part_each(ask):
    answer = await ask(DEFERRED, "text/event-stream")
    first, last = answer.parts
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.body.endswith(b"event: complete\ndata:\n\n")
    assert tables(answer.log) == ["connection_requests", first, "comments", last]
    assert [each["path"][-1] for each in last["incremental"]] == [0, 1]
    named = await ask(DEFERRED, "text/event-stream;incrementalSpec=v0.2, application/json")
    assert [set(each) for each in named.parts] == [
        {"data", "pending", "hasNext"},
        {"incremental", "completed", "hasNext"},
    ]


WHOLE = {
    "data": {
        "connectionRequests": {
            "nodes": [
                {"uuid": "r1", "orgName": "Baz Boutique", "comments": {"nodes": [{"body": "first"}]}},
                {"uuid": "r5", "orgName": "Zeta", "comments": {"nodes": []}},
            ]
        }
    }
}


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "*/*",
        JSON,
        "application/json, text/event-stream",
        "application/json, multipart/mixed;q=0.5",
        "application/json, multipart/*",
        'application/json, multipart/mixed;subscriptionSpec="1.0"',
        "application/json, multipart/mixed;incrementalSpec=v9",
        "application/json, multipart/mixed;q=0",
    ],
)
async def test_whoever_names_no_form_gets_all_at_once(sqlite_ask, accept):
    answer = await sqlite_ask(DEFERRED, accept)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.parts == [WHOLE]


@pytest.mark.parametrize(
    ("accept", "named"),
    [
        # urql
        (
            "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, "
            "multipart/mixed",
            "",
        ),
        ("multipart/mixed", ""),  # Relay's examples
        ("application/json, multipart/mixed", ""),  # GraphiQL
        ("multipart/mixed; deferSpec=20220824, application/json", "; deferSpec=20220824"),  # Apollo Client 3
        ('multipart/mixed;incrementalSpec="v0.2"', "; incrementalSpec=v0.2"),
        ("multipart/mixed; incrementalDeliverySpec=3283f8a, */*", "; incrementalDeliverySpec=3283f8a"),
        (
            "multipart/mixed;deferSpec=20220824;q=0.9, multipart/mixed;incrementalSpec=v0.2",
            "; incrementalSpec=v0.2",
        ),
    ],
)
async def test_the_form_is_the_one_that_is_accepted(sqlite_ask, accept, named):
    answer = await sqlite_ask(DEFERRED, accept)
    assert answer.headers["content-type"] == f'multipart/mixed; boundary="-"{named}'
    assert ("pending" in answer.parts[0]) is ("incremental" in named)


async def test_what_comes_at_once_is_json_where_that_is_acceptable(sqlite_ask):
    query = """query ($later: Boolean!) { connectionRequests(first: 2) { nodes { uuid ... @defer(if: $later)
        { orgName comments(first: 1) { nodes { body } } } } } }"""
    for accept in (OF_2022, DRAFT):
        assert len((await sqlite_ask(query, accept, later=True)).parts) == 2
        answer = await sqlite_ask(query, accept, later=False)
        assert answer.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
        assert answer.parts == [WHOLE]
        answer = await sqlite_ask(query, "multipart/mixed", later=False)
        assert answer.headers["content-type"] == 'multipart/mixed; boundary="-"'
        assert answer.parts == [WHOLE]


async def test_what_is_wrong_with_a_document_is_said_as_ever(sqlite_ask):
    cases = {
        "mutation { ... @defer { __typename } }": "Defer directive cannot be used on root mutation type 'Mutation'.",
        "{ connectionRequests { nodes { uuid @stream } } }": "Stream directive cannot be used on non-list field "
        "'uuid' on type 'ConnectionRequest'.",
        '{ ... @defer(label: "a") { __typename } ... @defer(label: "a") { __typename } }': "Defer/Stream directive "
        "label argument must be unique.",
        "query ($l: String) { ... @defer(label: $l) { __typename } }": "Defer directive label argument "
        "must be a static string.",
        "subscription { connectionRequestEvents { ... @defer { type } } }": "Defer directive not supported on "
        "subscription operations. Disable `@defer` by setting the `if` argument to `false`.",
    }
    for query, message in cases.items():
        answer = await sqlite_ask(query)
        assert answer.status == 400
        assert answer.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
        assert [error["message"] for error in answer.parts[0]["errors"]] == [message]


async def test_a_list_cannot_begin_with_fewer_items_than_none(sqlite_ask):
    query = (
        "query ($n: Int = 1) { connectionRequests(first: 2) { nodes @stream(initialCount: $n) { uuid } } }"
    )
    for _ in range(2):  # the exact way, then by generated code
        for count, said in ((-1, "-1"), (None, "null")):
            [part] = (await sqlite_ask(query, n=count)).parts
            [error] = part["errors"]
            assert error["message"].endswith(f"It must be 0 or more, not {said}.")
            assert error["extensions"] == {"code": "BAD_USER_INPUT", "argumentPath": ["initialCount"]}
            assert part["data"] is None


async def test_items_of_a_list_come_later(ask):
    query = """query ($n: Int!) { connectionRequests(first: 3) { edges @stream(initialCount: $n, label: "edges") {
        cursor node { uuid integrations { nodes { uuid } } } }
        ... @defer(label: "page") { pageInfo { hasNextPage } totalCount } } }"""
    for _ in range(2):
        answer = await ask(query, n=1)
        first, *rest = answer.parts
        order = tables(answer.log)
        # One statement for the items that come at once, one for all others.
        assert order.index(first) < len(order) - 1 - order[::-1].index("integrations")
        assert [each["node"]["uuid"] for each in first["data"]["connectionRequests"]["edges"]] == ["r1"]
        assert first["pending"] == [
            {"id": "0", "path": ["connectionRequests"], "label": "page"},
            {"id": "1", "path": ["connectionRequests", "edges"], "label": "edges"},
        ]
        told = [each for part in rest for each in part["incremental"]]
        assert told[0] == {"id": "0", "data": {"pageInfo": {"hasNextPage": True}, "totalCount": 5}}
        assert [each["node"]["uuid"] for each in told[1]["items"]] == ["r5", "r3"]
        assert [len(each["node"]["integrations"]["nodes"]) for each in told[1]["items"]] == [0, 0]
        assert [each["id"] for part in rest for each in part["completed"]] == ["0", "1"]
    answer = await ask(query, OF_2022, n=1)
    told = [each for part in answer.parts[1:] for each in part["incremental"]]
    assert [(each["path"], each["label"], set(each)) for each in told] == [
        (["connectionRequests"], "page", {"path", "label", "data"}),
        (["connectionRequests", "edges", 1], "edges", {"path", "label", "items"}),
    ]
    answer = await ask(query, n=-1)
    [failed] = [part for part in answer.parts if "errors" in part]
    assert [error["path"] for error in failed["errors"]] == [["connectionRequests", "edges"]]


async def test_a_count_that_comes_later_is_counted_later(ask):
    query = """{ connectionRequests(first: 1, filter: {orgName: {contains: "a"}}) { nodes { uuid
        comments(first: 1) { nodes { body } ... @defer(label: "c") { totalCount } } }
        ... @defer(label: "n") { totalCount pageInfo { hasNextPage } } } }"""
    whole = await ask(query, JSON)
    assert whole.parts[0]["data"]["connectionRequests"]["totalCount"] == 2
    for accept in (DRAFT, OF_2022):
        for _ in range(2):
            answer = await ask(query, accept)
            first, *rest = answer.parts
            sql = [each for each in answer.log if isinstance(each, str) and "api_tokens" not in each]
            before = [each for each in answer.log[: answer.log.index(first)] if each in sql]
            counting = [each for each in sql if "count(" in each.lower()]
            assert len(counting) == 2
            assert not set(counting) & set(before)
            told = [each["data"] for part in rest for each in part["incremental"]]
            assert told == [{"totalCount": 2, "pageInfo": {"hasNextPage": True}}, {"totalCount": 3}]


async def test_fragments_inside_of_fragments_come_after_them(sqlite_ask):
    query = """{ connectionRequest(uuid: "r1") { uuid ... @defer(label: "outer") { requester { firstName
        ... @defer(label: "inner") { lastName } } ... @defer(label: "beside") { comments { totalCount } } } } }"""
    answer = await sqlite_ask(query)
    assert answer.parts[0]["pending"] == [{"id": "0", "path": ["connectionRequest"], "label": "outer"}]
    assert answer.parts[1] == {
        "pending": [
            {"id": "1", "path": ["connectionRequest"], "label": "beside"},
            {"id": "2", "path": ["connectionRequest", "requester"], "label": "inner"},
        ],
        "incremental": [{"id": "0", "data": {"requester": {"firstName": "Ada"}}}],
        "completed": [{"id": "0"}],
        "hasNext": True,
    }
    told = [each for part in answer.parts[2:] for each in part["incremental"]]
    assert told == [
        {"id": "1", "data": {"comments": {"totalCount": 3}}},
        {"id": "2", "data": {"lastName": "Lovelace"}},
    ]
    answer = await sqlite_ask(query, OF_2022)
    told = [each for part in answer.parts[1:] for each in part["incremental"]]
    assert [each["label"] for each in told] == ["outer", "beside", "inner"]


async def test_an_error_of_a_later_part_comes_with_it(sqlite_ask):
    query = """{ connectionRequest(uuid: "r1") { uuid ... @defer(label: "d") {
        comments(first: 5000) { nodes { body } } requester { firstName } } } }"""
    for accept, whole in ((DRAFT, {"id": "0"}), (OF_2022, {"path": ["connectionRequest"], "label": "d"})):
        answer = await sqlite_ask(query, accept)
        first, last = answer.parts
        assert "errors" not in first
        failed = last["completed"][0] if accept == DRAFT else last["incremental"][0]
        [error] = failed.pop("errors")
        assert failed == (whole if accept == DRAFT else {**whole, "data": None})
        assert (error["path"], error["extensions"]["code"]) == (
            ["connectionRequest", "comments"],
            "BAD_USER_INPUT",
        )


async def test_a_later_part_of_a_change_shows_what_was_changed(ask):
    query = """mutation ($to: ID!, $dry: Boolean!) { addComment(
        input: {connectionRequestId: $to, body: "new", dryRun: $dry}) { comment { body
        ... @defer(label: "later") { connectionRequest { comments { totalCount } } } } } }"""
    for accept in (OF_2022, DRAFT):
        for dry, count in ((True, 0), (False, 1), (True, 1)):
            answer = await ask(query, accept, to=R2, dry=dry)
            first, last = answer.parts
            assert first["data"]["addComment"]["comment"] == {"body": "new"}
            before = 1 if accept == OF_2022 else 2
            [told] = last["incremental"]
            seen = told["data"]["connectionRequest"]["comments"]["totalCount"]
            assert seen == before + count + (1 if dry else 0)


@pytest.mark.parametrize("limit", ["rows", "bytes"])
async def test_later_parts_are_bounded_with_the_first(database, database_url, limit):
    await fill(database, NORTH)
    limits = Limits().decided(**{limit: 3 if limit == "rows" else 330})
    async with opened(database, database_url, limits=limits) as bounded:
        for accept in (DRAFT, OF_2022):
            first, last = (await bounded(DEFERRED, accept)).parts
            assert (first["hasNext"], last["hasNext"]) == (True, False)
            failed = last["completed"] if accept == DRAFT else last["incremental"]
            told = [each["errors"][0]["extensions"] for each in failed]
            assert [(each["code"], each["limit"]) for each in told] == [("OPERATION_TOO_COMPLEX", limit)] * 2


@asynccontextmanager
async def held_up(url):
    """Whoever reads comments meanwhile waits."""
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await connection.execute("LOCK TABLE comments")
        yield connection
    await connection.close()


SECONDS = 40.0  # for an operation, which is looked at twenty times in these


@pytest.fixture
async def waiting(postgresql_url, anyio_backend):
    """What posts operations, where a lock holds one up."""
    limits = Limits().decided(seconds=SECONDS)
    async with (
        filled(postgresql_url) as store,
        opened(store, postgresql_url, limits=limits) as posted,
        held_up(postgresql_url) as lock,
    ):
        yield posted, lock


async def test_later_parts_have_the_deadline_of_the_first(waiting, monkeypatch):
    ask, _ = waiting
    seen = []
    asking = asyncio.create_task(ask(DEFERRED, leave=seen.append))
    async with asyncio.timeout(ENOUGH):
        while not (seen and seen[0].parts):
            await asyncio.to_thread(lambda: None)
    monkeypatch.setattr(deadlines, "perf_counter", lambda: perf_counter() + SECONDS)
    first, last = (await asking).parts
    assert first["data"]["connectionRequests"]["nodes"][0] == {"uuid": "r1", "orgName": "Baz Boutique"}
    assert [each["errors"][0]["extensions"]["code"] for each in last["completed"]] == [
        "SERVICE_UNAVAILABLE"
    ] * 2
    assert last["hasNext"] is False


async def test_nothing_is_read_for_a_caller_who_is_gone(waiting):
    ask, lock = waiting
    answer = await ask(DEFERRED, leave=lambda answered: bool(answered.headers))
    assert len(answer.parts) == 1
    reading = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event_type = 'Lock'"
    async with asyncio.timeout(0.75 * SECONDS):  # the server hears of it over another connection
        while await lock.fetchval(reading):
            pass


@pytest.mark.parametrize("accept", [DRAFT, OF_2022])
async def test_an_answer_in_parts_leaves_no_cycle(sqlite_ask, accept):
    async def ask(times):
        for _ in range(times):
            assert len((await sqlite_ask(DEFERRED, accept)).parts) == 2

    await ask(3)
    while gc.collect():  # what others left: freeing some of it is what shows more
        pass
    gc.freeze()  # what is alive now need not be looked at again
    gc.disable()
    try:
        await ask(5)
        assert gc.collect() == 0
    finally:
        gc.enable()


async def test_what_comes_later_is_priced(sqlite_ask):
    fragments = " ".join(f'... @defer(label: "l{n}") {{ id }}' for n in range(20))
    query = "{ connectionRequests(first: 5) { nodes @stream { uuid %s } } }"
    answer = await sqlite_ask(query % fragments, JSON, headers={"want-server-timing": "?1"})
    # A connection, 10 for the rest of its list, and five rows: each has its uuid, and 20 times 10 and an id.
    assert f'price;desc="{1 + 10 + 5 * (1 + 1 + 20 * 11)}"' in answer.headers["server-timing"]
