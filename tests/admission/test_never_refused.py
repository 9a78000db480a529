"""What must pass at default settings: the largest pages of the vendors and of the graph, over data of real sizes."""

import pytest

from gateway.db.vault import Vault, new_key
from tests.data import NORTH, fill
from tests.graph import gid, open_graph

pytestmark = pytest.mark.anyio

MEMBERS = [
    f'"member_{n}": {{"type": "string", "description": "What the member {n} is for, in a sentence."}}'
    for n in range(60)
]
SCHEMAS = f'{{"connection_settings": {{"type": "object", "properties": {{{", ".join(MEMBERS)}}}}}}}'
PAGE = """query ($first: Int!) { connectionRequests(first: $first) { totalCount pageInfo { hasNextPage endCursor }
    edges { cursor node { id uuid orgName orgContactFullName primaryContactPhone primaryContactEmail status requestedAt
        approvedBy { approvedAt person { fullName email } }
        integrations { edges { node { id uuid type integrationType updateFrequency fileSpecs rules createdAt } } }
        uploadedFiles { edges { node { id uuid name contentType } } }
        comments { edges { node { id body author { fullName } } } } } } } }"""


@pytest.fixture
async def full(database):
    """A thousand requests with what belongs to them, and three thousand accounts of 171 connectors."""
    database.vault = Vault([new_key()])
    names = [f"connector-{n}" for n in range(171)]
    requests = range(1000)
    more = {
        "connectors": [
            {"id": name, "display_name": name, "schemas": SCHEMAS, "platforms": "[]"} for name in names
        ],
        "connected_accounts": [
            {
                "id": f"a{n}",
                "kind": "connector",
                "service": names[n % 171],
                "external_id": f"e{n}",
                "external_ref": f"conn_{names[n % 171]}_{n}",
                "settings": f'{{"oauth": {{"credentials": {{"access_token": "{"t" * 200}"}}}}}}',
            }
            for n in range(3000)
        ],
        "connection_requests": [{"id": f"q{n}", "kind": "access", "org_name": f"O {n}"} for n in requests],
        "integrations": [
            {"id": f"qi{n}-{m}", "connection_request_id": f"q{n}"} for n in requests for m in range(3)
        ],
        "comments": [
            {"id": f"qc{n}", "connection_request_id": f"q{n}", "author_id": "ada", "body": "Well."}
            for n in requests
        ],
    }
    rows = {**NORTH, **{name: [*NORTH.get(name, []), *each] for name, each in more.items()}}
    await fill(database, rows)
    return database


async def test_the_largest_pages_pass(full, database_url):
    async with open_graph(full, database_url, "north") as graph:
        answer = await graph.http.get("/v1/connection?limit=3000&include_secrets=true&expand=connector")
        assert (answer.status_code, len(answer.json()["items"])) == (200, 3000)
        assert len(answer.content) > 15_000_000
        link = answer.headers["link"].partition(">")[0].removeprefix("<")
        successor = await graph.http.get(link)
        assert "errors" not in successor.json()
        assert len(successor.json()["data"]["connectedAccounts"]["nodes"]) == 3000
        for limit in (200, 1000):
            answer = await graph.http.get(f"/v1/requests?limit={limit}")
            assert answer.status_code == 200
        for _ in range(2):
            page = await graph.ask(PAGE, first=1000)
            assert len(page["connectionRequests"]["edges"]) == 1000
        ids = [gid("ConnectionRequest", f"q{n}") for n in range(1000)]
        nodes = await graph.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
        assert [each["id"] for each in nodes["nodes"]] == ids
