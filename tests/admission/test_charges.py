"""What is read and written is charged while an operation runs, so that a giant stops early, and says what it is."""

import gc
import tracemalloc

import pytest

from gateway.app import create_app
from gateway.limits import Limits
from gateway.settings import Settings
from tests.data import NORTH, fill
from tests.graph import open_graph
from tests.observe.told import Told
from tests.patience import PATIENT

pytestmark = pytest.mark.anyio

NESTED = "{ connectionRequests { nodes { integrations { nodes { uuid } } } } }"
DRAFT = {"accept": "application/graphql-response+json"}
SHARED = "{ connectedAccounts { nodes { connector { schemas displayName } } } }"


@pytest.fixture
async def filled(database):
    """The organization north, with fifty accounts of one connector whose schemas have 10 kB."""
    account = {"kind": "connector", "service": "big"}
    more = {
        "connectors": [
            {
                "id": "big",
                "display_name": "Big",
                "schemas": '{"text": "%s"}' % ("x" * 10_000),
                "platforms": "[]",
            }
        ],
        "connected_accounts": [{**account, "id": f"c{n}", "external_id": f"e{n}"} for n in range(50)],
    }
    await fill(database, {**NORTH, **{name: [*NORTH.get(name, []), *rows] for name, rows in more.items()}})
    return database


def limited(database, url, **limits):
    patient = PATIENT | {"limits": PATIENT["limits"].decided(**limits)}
    settings = Settings(database_url=url, token_cache_seconds=0, **patient)
    return open_graph(database, url, "north", settings=settings)


async def test_rows_are_charged_as_they_are_read(filled, database_url):
    async with limited(filled, database_url, rows=5) as graph:
        answer = await graph.http.post("/graphql", json={"query": NESTED}, headers=DRAFT)
        [error] = answer.json()["errors"]
        price = error["extensions"]["price"]
        assert (answer.status_code, list(answer.json()), price > 5) == (400, ["errors"], True)
        assert error == {
            "message": f"The answer takes at least {price} rows, 5 are allowed.",
            "extensions": {"code": "OPERATION_TOO_COMPLEX", "limit": "rows", "price": price, "cap": 5},
        }
        refused = await graph.http.get("/v1/connection?expand=connector")
        assert refused.status_code == 400
        assert "rows, 5 are allowed" in refused.json()["message"]
        assert await graph.ask("{ __typename }") == {"__typename": "Query"}


@pytest.mark.parametrize("introspects", ["", "__schema { queryType { name } }"])
async def test_an_operation_that_introspects_is_charged_too(filled, database_url, introspects):
    async with limited(filled, database_url, rows=5) as graph:
        query = NESTED.replace("{ connectionRequests", f"{{ {introspects} connectionRequests", 1)
        [(code, message)] = await graph.refused(query)
        assert code == "OPERATION_TOO_COMPLEX"
        assert message.startswith("The answer takes at least ")


async def test_a_statement_reads_no_more_rows_than_are_allowed(filled, database_url):
    seen = []
    async with limited(filled, database_url, rows=3) as graph:
        watched = filled.after_statement
        filled.after_statement = lambda sql, rows, seconds: (seen.append(rows), watched(sql, rows, seconds))
        await graph.refused(
            "{ connectionRequests(first: 2) { nodes { integrations(first: 1000) { nodes { uuid } } } } }"
        )
    assert max(seen) <= 4


async def test_bytes_that_a_shared_row_makes_are_charged_before_they_are_written(filled, database_url):
    async with limited(filled, database_url, bytes=100_000) as graph:
        for _ in range(3):  # by generated code from the second time on
            answer = await graph.http.post("/graphql", json={"query": SHARED}, headers=DRAFT)
            [error] = answer.json()["errors"]
            assert (answer.status_code, error["extensions"]["limit"], error["extensions"]["cap"]) == (
                400,
                "bytes",
                100_000,
            )
            assert error["extensions"]["price"] > 500_000
        refused = await graph.http.get("/v1/connection?expand=connector")
        assert "bytes, 100000 are allowed" in refused.json()["message"]
    async with limited(filled, database_url) as graph:
        first = await graph.ask(SHARED)
        assert len(first["connectedAccounts"]["nodes"]) == 50
        assert await graph.ask(SHARED) == first == await graph.ask(SHARED)


async def test_bytes_of_introspection_are_charged_while_it_is_answered(filled, database_url):
    async with limited(filled, database_url, bytes=20_000) as graph:
        for query in ("{ %s }", "{ %s connectionRequests { totalCount } }"):
            query %= "__schema { types { name description fields { name description type { name } } } }"
            answer = await graph.http.post("/graphql", json={"query": query}, headers=DRAFT)
            [error] = answer.json()["errors"]
            assert (answer.status_code, error["extensions"]["limit"]) == (400, "bytes")
            assert 20_000 < error["extensions"]["price"] < 40_000


LONG_TEXTS = {
    **NORTH,
    "connection_requests": [
        *NORTH["connection_requests"],
        *[{"id": f"long{n}", "additional_information": "x" * 100_000} for n in range(40)],
    ],
}
LONG = "{ connectionRequests { nodes { additionalInformation } } }"


@pytest.mark.parametrize("introspects", ["", "__schema { queryType { name } }"])
async def test_bytes_are_charged_while_they_are_read(database, database_url, introspects):
    """Nothing but the names of columns tells how long a text may be, and imports take what vendors have."""
    await fill(database, LONG_TEXTS)
    async with limited(database, database_url, read_bytes=1_000_000) as graph:
        query = LONG.replace("{", f"{{ {introspects}", 1)
        for _ in range(2):
            answer = await graph.http.post("/graphql", json={"query": query}, headers=DRAFT)
            [error] = answer.json()["errors"]
            price = error["extensions"]["price"]
            assert (answer.status_code, 1_000_000 < price < 3_000_000) == (400, True)
            assert error == {
                "message": f"The answer takes at least {price} bytes of the store, 1000000 are allowed.",
                "extensions": {
                    "code": "OPERATION_TOO_COMPLEX",
                    "limit": "read_bytes",
                    "price": price,
                    "cap": 1_000_000,
                },
            }
        refused = await graph.http.get("/organizations/connections/request/")
        assert refused.status_code == 400
        assert "bytes of the store, 1000000 are allowed" in refused.json()["detail"]
        short = "{ connectionRequests { nodes { uuid orgName } } }"
        assert len((await graph.ask(short))["connectionRequests"]["nodes"]) == 45


async def test_nothing_of_what_was_read_waits_for_the_garbage_collector(database, database_url):
    """It comes seldom, and a refused read may have 32 MB."""
    await fill(database, LONG_TEXTS)
    async with limited(database, database_url, read_bytes=1_000_000) as graph:
        for _ in range(3):
            await graph.refused(LONG)
        gc.collect()
        gc.disable()
        tracemalloc.start()
        try:
            for _ in range(10):
                await graph.refused(LONG)
            now, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
            gc.enable()
    assert most > 1_000_000
    assert now < 4_000_000


async def test_what_is_observed_goes_on_and_is_told(filled, database_url):
    told = Told()
    settings = Settings(
        database_url=database_url,
        count_seconds=10,
        demo_token="demo-token",
        limits=Limits().decided(rows="observe:5", bytes="observe:9"),
    )
    app = create_app(settings, filled, observer=told)
    async with limited(filled, database_url, rows="off") as graph:
        graph.http._transport.app = app
        assert len((await graph.ask(NESTED))["connectionRequests"]["nodes"]) > 1
    assert [(name, cap, mode) for name, _, cap, mode in told.limits] == [
        ("rows", 5, "observe"),
        ("bytes", 9, "observe"),
    ]
    [request] = told.requests
    assert request.limits["rows"] > 5


async def test_a_value_under_many_names_is_dear(filled, database_url):
    names = " ".join(f"n{n}: additionalInformation" for n in range(600))
    query = f"{{ connectionRequests {{ nodes {{ {names} }} }} }}"
    async with limited(filled, database_url) as graph:
        [(code, message)] = await graph.refused(query)
    assert code == "OPERATION_TOO_COMPLEX"
    assert message.endswith(" objects and values, 1000000 are allowed.")
