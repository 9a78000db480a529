"""The benchmarks ask what the graph answers."""

import asyncio

import asyncpg
import pytest
from graphql import parse, validate

from benchmarks import deliveries, large, memory, mixture, subscribers
from benchmarks.bulk_rows import Bulk
from benchmarks.measure import difference
from benchmarks.mixture import Known, Mixture
from benchmarks.records import write_file
from benchmarks.scenarios import SCENARIOS, WALK
from benchmarks.statements import statements_of
from gateway.administration import create_organization, create_token
from gateway.exchange.importing import Imported, import_files
from gateway.resolvers.viewer import Scope
from gateway.schema.schema import make_schema
from gateway.synthetic.seeding import seed
from gateway.vendors import VENDORS

OTHERS = {
    *(WALK, large.DOCUMENT, large.NEWEST, memory.IDS, mixture.SEARCH, mixture.BY_CURSOR),
    *(deliveries.WRITE, deliveries.CREATE, deliveries.AGAIN, subscribers.QUERY, subscribers.WRITE),
}
DOCUMENTS = sorted({scenario.document for scenario in SCENARIOS if scenario.document} | OTHERS)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_document_is_valid(document):
    assert validate(make_schema()._schema, parse(document)) == []


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, None),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, ": members ['a', 'b'] and ['b', 'a']"),
        ({"a": [1, 2]}, {"a": [1]}, ".a: 2 and 1 items"),
        ({"a": [{"b": ""}]}, {"a": [{"b": None}]}, ".a[0].b: '' and None"),
    ],
)
def test_answers_are_compared_to_the_first_difference(one, other, found):
    assert difference(one, other) == found


@pytest.mark.anyio
@pytest.mark.parametrize("vendor", ["crux", "activecampaign"])
async def test_invented_files_are_read_whole(database, tmp_path, vendor):
    path = tmp_path / "answer.json"
    write_file(path, vendor, 60)
    await create_organization(database, name="North", organization_id="north")
    [known] = [each for each in VENDORS if each.name == vendor]
    assert await import_files(database, known, "north", [path]) == Imported(inserted=60)
    assert await import_files(database, known, "north", [path]) == Imported(unchanged=60)


@pytest.mark.anyio
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_rows_that_the_database_makes_are_counted_as_they_are(database, database_url):
    [north] = (await seed(database, requests=30, organizations=1)).organizations
    _, token = await create_token(database, north.id, name="all", scopes=[Scope.READ])
    _, before = await statements_of(database_url, token, large.NEWEST, {"first": 5})
    page = [node["uuid"] for node in before["data"]["connectionRequests"]["nodes"]]
    connection = await asyncpg.connect(database_url)
    bulk = Bulk(connection)
    await bulk.give_integrations(page, 150)
    await bulk.multiply(90)
    await bulk.count(north.id)
    there = await connection.fetchval("SELECT count(*) FROM integrations")
    await connection.close()
    _, after = await statements_of(database_url, token, large.DOCUMENT, {"first": 5, "children": 2})
    found = after["data"]["connectionRequests"]
    assert found["totalCount"] == 90
    assert [edge["node"]["uuid"] for edge in found["edges"]] == page
    assert {edge["node"]["integrations"]["totalCount"] for edge in found["edges"]} == {150}
    _, all_of_them = await statements_of(database_url, token, "{ integrations { totalCount } }", {})
    assert all_of_them["data"]["integrations"]["totalCount"] == there > 3 * 5 * 150


@pytest.mark.anyio
async def test_the_endpoint_of_deliveries_takes_each_request_once_however_it_comes():
    taken = deliveries.Deliveries()
    server = await asyncio.get_running_loop().create_server(lambda: deliveries.Endpoint(taken), "127.0.0.1")
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    head = b"POST / HTTP/1.1\r\n"
    for parts in (
        [head, b"content-length: 0\r\n\r\n"],
        [head + b"Content-Length: 2\r\n\r\n", b"{", b"}"],
    ):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204 ")
    await taken.reach(2)
    assert taken.count == 2
    writer.close()
    server.close()


def test_the_mixture_is_the_same_each_time_and_has_no_end():
    known = Known("token", ["one", "two"])
    first, again = Mixture(known), Mixture(known)
    sent = [first.next() for _ in range(500)]
    assert sent == [again.next() for _ in range(500)]
    assert {each.split(b" ", 1)[0] for each in sent} == {b"GET", b"POST"}
    assert len(set(sent)) > 200
    assert Mixture(known, seed=2).next() != sent[0]
