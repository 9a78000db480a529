"""Parity of a vendor's paths with the graph: each answer is asked again by the link that it carries.

A vendor's test draws stores and parameters, and projects the graph's answer as the vendor's documents would have it.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from gateway.app import create_app
from gateway.db.database import Database
from gateway.rest.documents import document, document_id
from gateway.settings import Settings
from gateway.vendors import VENDORS
from tests.files import FILES
from tests.graph import LOOK, open_http
from tests.patience import PATIENT
from tests.vendors.openapi import check_answer

Projection = Callable[[Any, Mapping[str, Any]], Any]
"""``(data, variables) -> body`` of the vendor's answer."""

DOCUMENTS = {
    document_id(document(vendor.package, endpoint.document)): (vendor.name, endpoint.document)
    for vendor in VENDORS
    for endpoint in vendor.served
    if endpoint.document is not None
}
"""The vendor and the name of each equivalent document, by its id."""

compared: set[tuple[str, str]] = set()
"""The documents that answers were compared with so far."""


@asynccontextmanager
async def open_gateway(database: Database, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    """The whole gateway on a test's store."""
    settings = Settings(
        database_url=database_url, token_cache_seconds=0, storage_url=FILES, kept_answers_bytes=0, **PATIENT
    )
    app = create_app(settings, database)
    async with open_http(app) as http:
        http.event_hooks = {"response": [check_answer]}
        yield http


def successor(answer: httpx2.Response) -> str:
    """The URL of the equivalent GraphQL document with its variables."""
    target, relation = answer.headers["link"].split(">; ")
    assert relation == 'rel="successor-version"'
    return target.removeprefix("<")


async def compare(
    http: httpx2.AsyncClient,
    path: str,
    projections: Mapping[str, Projection],
    parameters: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    *,
    body: Any = None,
) -> Any:
    """The answer, equal to the projection of what its `Link` leads to: member for member, in order, by GET and POST.

    Args:
        projections: by the names of the vendor's documents; that which the link names is held against the answer.
    """
    answer = await http.request("GET", path, params=parameters, json=body)
    assert answer.status_code == 200, answer.text
    link = successor(answer)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    vendor, name = DOCUMENTS[asked["documentId"]]
    compared.add((vendor, name))
    variables = json.loads(asked.get("variables", "{}"))
    graph = (await http.get(link)).json()
    assert "errors" not in graph, graph
    posted = await http.post("/graphql", json={**asked, "variables": variables})
    assert posted.json() == graph
    expected = projections[name](graph["data"], variables)
    assert answer.text == json.dumps(expected, ensure_ascii=False, separators=(",", ":"))
    return answer.json()


async def statements(database: Database, http: httpx2.AsyncClient, url: str) -> int:
    """How many SQL statements an answer takes; the token's own, and the look at the data version, are left out."""
    seen: list[str] = []
    database.on_statement = seen.append
    answer = await http.get(url)
    database.on_statement = None
    assert answer.status_code == 200, answer.text
    return len([sql for sql in seen if "api_tokens" not in sql and LOOK not in sql])


async def compare_statements(database: Database, http: httpx2.AsyncClient, few: str, many: str) -> int:
    """How many statements a list takes: as many for few rows as for many, and no more than its successor."""
    link = successor(await http.get(many))
    counted = [await statements(database, http, url) for url in (few, many, link)]
    assert counted[0] == counted[1] <= counted[2], counted
    return counted[1]
