"""What must pass at default settings: the largest pages of the vendors and of the graph, over data of real sizes."""

from collections.abc import AsyncIterator, Iterator
from itertools import chain
from urllib.parse import parse_qs, urlsplit

import pytest
from graphql import get_introspection_query

from gateway.db.vault import Vault, new_key
from gateway.vendors import VENDORS
from tests.conftest import fresh_database
from tests.data import NORTH, fill
from tests.graph import Graph, gid, open_graph
from tests.stores import open_store

pytestmark = pytest.mark.anyio

CONNECTORS = [f"connector-{n}" for n in range(171)]
REQUESTS = range(1000)
OTHERS = range(1000, 1200)
PARTS = ("connector_config", "connection_settings", "integration_data", "webhook_input", "connect_input")
FEED = {"integrationType": "items", "updateFrequency": "33 * * * *", "fileSpecs": "csv, one line a record"}

PAGE = """query ($first: Int!) { connectionRequests(first: $first) { totalCount pageInfo { hasNextPage endCursor }
    edges { cursor node { id uuid orgName orgContactFullName primaryContactPhone primaryContactEmail status requestedAt
        approvedBy { approvedAt person { fullName email } }
        integrations { edges { node { id uuid type integrationType updateFrequency fileSpecs rules createdAt } } }
        uploadedFiles { edges { node { id uuid name contentType } } }
        comments { edges { node { id body author { fullName } } } } } } } }"""
CREATE = """mutation ($input: CreateConnectionRequestsInput!) { createConnectionRequests(input: $input) {
    errors { code } results { errors { code } connectionRequest { id integrations(first: 50) { nodes { id } } } } } }"""

# The largest page of every read that has a GraphQL equivalent; what has no pages is one object.
READS = {
    ("crux", "requests"): "/organizations/connections/request/?limit=100",
    ("crux", "request"): "/organizations/connections/request/q1000/",
    ("crux", "connections"): "/organizations/connections/",
    ("activecampaign", "connections"): "/api/3/connections?limit=100",
    ("activecampaign", "connection"): "/api/3/connections/1",
    ("activecampaign", "probe"): "/api/3/",
    ("activecampaign", "me"): "/api/3/users/me",
    ("openint", "connections"): "/v1/connection?limit=3000&include_secrets=true&expand=connector",
    ("openint", "connection"): "/v1/connection/conn_connector-7_7?include_secrets=true&expand=connector",
    ("openint", "connectors"): "/v1/connector?limit=1000&expand=schemas",
    ("openint", "viewer"): "/v1/viewer",
    ("opal", "requests"): "/v1/requests?page_size=1000",
    ("opal", "relay"): "/v1/requests/relay?first=100",
    ("opal", "request"): "/v1/requests/q1",
    ("opal", "comments"): "/v1/requests/q1/comments",
}


def schemas_of(number: int) -> str:
    """Schemas as connectors have them: from a few members to a hundred, each with its description."""
    member = '"member_{0}": {{"type": "string", "description": "What the member {0} is for, in a sentence."}}'
    members = ", ".join(member.format(n) for n in range(5 + number * 37 % 70))
    schema = f'{{"type": "object", "properties": {{{members}}}, "required": ["member_0"]}}'
    return f"{{{', '.join(f'{chr(34)}{part}{chr(34)}: {schema}' for part in PARTS[: 1 + number % 2])}}}"


def account(number: int) -> dict:
    service = CONNECTORS[number % len(CONNECTORS)]
    return {
        "id": f"a{number}",
        "kind": "connector",
        "service": service,
        "external_id": f"e{number}",
        "external_ref": f"conn_{service}_{number}",
        "settings": f'{{"oauth": {{"credentials": {{"access_token": "{"t" * 200}"}}}}}}',
    }


def asked(number: int) -> dict:
    kind = "access" if number in REQUESTS else "trading_partner"
    return {"id": f"q{number}", "kind": kind, "org_name": f"Organization {number}", "status": "approved"}


def parts(number: int) -> Iterator[tuple[str, dict]]:
    """What belongs to a request."""
    of = {"connection_request_id": f"q{number}"}
    for n in range(3):
        yield "integrations", {"id": f"q{number}i{n}", "position": n, "update_frequency": "0 3 * * *", **of}
    yield "comments", {"id": f"q{number}c", "author_id": "ada", "body": "Well.", **of}
    yield "approvals", {"id": f"q{number}a", "person_id": "ada", **of}
    yield "files", {"id": f"q{number}f", "name": f"list {number}.csv", "content_type": "text/csv"}
    yield "file_attachments", {"id": f"q{number}t", "file_id": f"q{number}f", **of}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def full_url(request, tmp_path_factory) -> Iterator[str]:
    with fresh_database(request.param, request, tmp_path_factory.mktemp("full")) as url:
        yield url


@pytest.fixture(scope="module")
async def full(full_url, anyio_backend) -> AsyncIterator[Graph]:
    """A caller of an organization with 1,200 requests, what belongs to them, and 3,000 accounts of 171 connectors."""
    rows: dict[str, list[dict]] = {
        "connectors": [
            {"id": name, "display_name": name, "schemas": schemas_of(n), "platforms": "[]"}
            for n, name in enumerate(CONNECTORS)
        ],
        "connected_accounts": [
            {"id": "shop", "number": 1, "kind": "commerce", "external_id": "1"},
            *map(account, range(3000)),
        ],
        "connection_requests": list(map(asked, chain(REQUESTS, OTHERS))),
    }
    for table, row in chain.from_iterable(map(parts, chain(REQUESTS, OTHERS))):
        rows.setdefault(table, []).append(row)
    async with open_store(full_url) as store:
        store.vault = Vault([new_key()])
        await fill(store, {"organizations": NORTH["organizations"], "people": NORTH["people"], **rows})
        scopes = ("read", "secrets", "write")
        async with open_graph(store, full_url, "north", scopes, person_id="ada") as graph:
            yield graph


def size(value) -> int:
    """How many objects are in an answer."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, dict) + sum(map(size, inside))


def test_every_read_with_an_equivalent_is_among_them():
    served = {(vendor.name, each.document) for vendor in VENDORS for each in vendor.served if each.document}
    assert served == READS.keys()


@pytest.mark.parametrize("path", READS.values(), ids=lambda path: path.partition("?")[0])
async def test_the_largest_page_of_a_path_and_its_successor(full, path):
    headers = {"api-token": full.http.headers["authorization"].partition(" ")[2]} if "/api/3" in path else {}
    answer = await full.http.get(path, headers=headers)
    assert answer.status_code == 200, answer.text[:200]
    link = answer.headers["link"].partition(">")[0].removeprefix("<")
    assert parse_qs(urlsplit(link).query).keys() >= {"documentId"}
    successor = await full.http.get(link)
    assert successor.status_code == 200, successor.text[:200]
    assert "errors" not in successor.json()


async def test_the_vendors_pages_are_as_long_as_they_may_be(full):
    openint = await full.http.get(READS["openint", "connections"])
    assert len(openint.json()["items"]) == 3000
    assert 12_000_000 < len(openint.content) < 24_000_000
    opal = await full.http.get(READS["opal", "requests"])
    assert len(opal.json()["requests"]) == 1000


async def test_a_page_of_a_thousand_requests_with_all_that_belongs_to_them(full):
    for _ in range(2):  # by generated code from the second time on
        page = await full.ask(PAGE, first=1000)
        assert len(page["connectionRequests"]["edges"]) == 1000
        assert size(page) > 15_000


async def test_a_thousand_nodes(full):
    ids = [gid("ConnectionRequest", f"q{n}") for n in REQUESTS]
    found = await full.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
    assert [each["id"] for each in found["nodes"]] == ids


async def test_a_hundred_requests_with_fifty_integrations_each_in_one_mutation(full):
    requests = [{"orgName": f"New {n}", "integrations": [FEED] * 50} for n in range(100)]
    answer = await full.ask(CREATE, input={"mode": "ALL_OR_NOTHING", "requests": requests})
    made = answer["createConnectionRequests"]
    assert made["errors"] == []
    assert [len(each["connectionRequest"]["integrations"]["nodes"]) for each in made["results"]] == [50] * 100


async def test_introspection_as_graphiql_asks(full):
    query = get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
        one_of=True,
    )
    for _ in range(2):
        answer = await full.ask(query)
        assert len(answer["__schema"]["types"]) > 100
