"""Asking the application over HTTP as a client would."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import httpx2
from graphql import DocumentNode, GraphQLError, GraphQLSchema
from starlette.types import ASGIApp

import gateway.transport.documents
from gateway.administration import create_token
from gateway.app import create_app
from gateway.db.database import Database
from gateway.settings import Settings
from tests.files import FILES
from tests.patience import PATIENT

EVERYTHING = ("read", "secrets")

Validate = Callable[[GraphQLSchema, DocumentNode, Any], list[GraphQLError]]


def _validated_once(validate: Validate) -> Validate:
    """Have Strawberry validate a document once for all tests, each of whose applications has met none before."""
    valid: WeakKeyDictionary[GraphQLSchema, set[tuple[str, Any]]] = WeakKeyDictionary()

    def validate_once(schema: GraphQLSchema, document: DocumentNode, rules: Any) -> list[GraphQLError]:
        known = valid.setdefault(schema, set())
        key = (document.loc.source.body, rules)
        if key in known:
            return []
        errors = validate(schema, document, rules)
        if not errors:
            known.add(key)
        return errors

    return validate_once


gateway.transport.documents.validate_document = _validated_once(gateway.transport.documents.validate_document)


def gid(type_name: str, record_id: str) -> str:
    """A global id, from its definition."""
    return base64.b64encode(f"{type_name}:{record_id}".encode()).decode()


class Sent(NamedTuple):
    """A file in the variables, which is sent as a part of the request."""

    name: str = "new.csv"
    content: bytes = b"hello"
    type: str = "text/csv"


def form_of(operations: Any) -> list[tuple[str, tuple[Any, ...]]]:
    """The parts of a request with files, or nothing where there are none."""
    paths: dict[str, list[str]] = {}
    parts: list[tuple[str, tuple[Any, ...]]] = []
    without = _without_files(operations, (), paths, parts)
    texts = {"operations": json.dumps(without), "map": json.dumps(paths)}
    return [*((name, (None, text)) for name, text in texts.items()), *parts] if parts else []


def _without_files(value: Any, path: tuple[str, ...], paths: dict[str, list[str]], parts: list[Any]) -> Any:
    if isinstance(value, Sent):
        paths[str(len(parts))] = [".".join(path)]
        parts.append((str(len(parts)), tuple(value)))
        return None
    if isinstance(value, dict):
        return {key: _without_files(each, (*path, key), paths, parts) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_files(each, (*path, str(at)), paths, parts) for at, each in enumerate(value)]
    return value


class Graph:
    """One caller of `/graphql`."""

    def __init__(self, http: httpx2.AsyncClient, database: Database) -> None:
        self.http = http
        self.database = database

    async def post(self, query: str, variables: dict[str, Any] | None = None) -> httpx2.Response:
        operations = {"query": query, "variables": variables or {}}
        if parts := form_of(operations):
            return await self.http.post("/graphql", files=parts)
        return await self.http.post("/graphql", json=operations)

    async def answer(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer, errors included."""
        answer: dict[str, Any] = (await self.post(query, variables)).json()
        return answer

    async def ask(self, query: str, **variables: Any) -> Any:
        """The data of an answer that must have no errors."""
        answer = await self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def refused(self, query: str, **variables: Any) -> list[tuple[str, str]]:
        """The code and the message of every error, of which there must be one at least."""
        answer = await self.answer(query, **variables)
        return [(error["extensions"]["code"], error["message"]) for error in answer["errors"]]

    async def statements(self, query: str, **variables: Any) -> list[str]:
        """The SQL texts that a query takes, but for the token's and statistics; it must have no errors.

        What is asked a second time has the data version looked up, which is left out, too. It is moved together with
        the event that tells why: SQLite is given two texts for that at once.
        """
        seen: list[str] = []
        self.database.on_statement = seen.append
        try:
            await self.ask(query, **variables)
        finally:
            self.database.on_statement = None
        return [
            sql
            for sql in seen
            if "api_tokens" not in sql
            and "GROUP BY counters.table_name" not in sql
            and not sql.startswith(MOVE)
            and LOOK not in sql
        ]


MOVE = "INSERT INTO data_versions"
LOOK = "SELECT data_versions.organization_id, data_versions.event_id, data_versions.mark"


@asynccontextmanager
async def open_http(app: ASGIApp, token: str | None = None) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://gateway.test", headers=headers
    ) as http:
        yield http


@asynccontextmanager
async def open_graph(
    database: Database,
    url: str,
    organization_id: str,
    scopes: Iterable[str] = EVERYTHING,
    settings: Settings | None = None,
    **token: Any,
) -> AsyncIterator[Graph]:
    """A caller with a new token of an organization, at the real application on an open store."""
    _, secret = await create_token(database, organization_id, name="test", scopes=scopes, **token)
    given = settings or Settings(database_url=url, token_cache_seconds=0, storage_url=FILES, **PATIENT)
    app = create_app(given, database)
    # As a server ends it: what is still being noted of tokens is written before the test's store is closed.
    async with app.router.lifespan_context(app), open_http(app, secret) as http:
        yield Graph(http, database)
