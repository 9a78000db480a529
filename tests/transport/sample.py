"""A small application to put questions to: a schema with everything that can go right or wrong, behind a token."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import httpx2
import strawberry
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from strawberry.scalars import JSON

from gateway.resolvers.errors import Forbidden, Invalid, NotFound, Unauthenticated
from gateway.transport.graphql_http import GraphQLEndpoint

BEARER = {"authorization": "Bearer good-token"}
RESPONSE = {"accept": "application/graphql-response+json"}
DATABASE_URL = "postgresql://user:hunter2@db"


@strawberry.type
class Page:
    nodes: "list[Thing]"
    edges: "list[Edge]"
    total_count: int = 1


@strawberry.type
class Edge:
    node: "Thing"


@strawberry.type
class Thing:
    name: str = "a thing"

    @strawberry.field
    def things(self, first: int = 50) -> Page:
        return Page(nodes=[Thing()], edges=[Edge(node=Thing())])

    @strawberry.field
    def other(self) -> "Thing":
        return Thing()


def _raise(error: Exception) -> Any:
    raise error


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    async def viewer(self, info: strawberry.Info) -> str:
        return info.context["viewer"]

    @strawberry.field
    def thing(self) -> Thing:
        return Thing()

    @strawberry.field
    def things(self, first: int | None = None, last: int | None = None) -> Page:
        return Page(nodes=[Thing()], edges=[Edge(node=Thing())])

    @strawberry.field
    def nodes(self, ids: list[strawberry.ID]) -> list[Thing]:
        return [Thing() for _ in ids]

    @strawberry.field
    def echo(self, value: JSON) -> JSON:
        return value

    @strawberry.field
    def nothing(self) -> str | None:
        return None

    @strawberry.field
    def not_a_number(self) -> float | None:
        return float("nan")

    @strawberry.field
    def big(self) -> int | None:
        return 2**40

    @strawberry.field
    def broken(self, secret: str = "hunter2") -> str | None:
        return _raise(RuntimeError(f"could not open with {secret}"))

    @strawberry.field
    def broken_required(self) -> str:
        return _raise(RuntimeError("no more"))

    @strawberry.field
    def null_required(self) -> str:
        return None  # type: ignore[return-value]

    @strawberry.field
    def broken_list(self) -> list[str | None]:
        error = RuntimeError("the batch")
        return [error, error]  # type: ignore[list-item]

    @strawberry.field
    def unwritable(self) -> JSON:
        return {"text": "\ud800"}

    @strawberry.field
    def forbidden(self) -> str | None:
        return _raise(Forbidden("The token does not reach this far."))

    @strawberry.field
    def absent(self) -> str | None:
        return _raise(NotFound("There is no such thing."))

    @strawberry.field
    def invalid(
        self, first: Annotated[int, strawberry.argument(description="How many.")] = 5000
    ) -> str | None:
        return _raise(Invalid("`first` must not be above 1000."))


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, name: str) -> str:
        return name


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> int:  # type: ignore[misc]
        await asyncio.sleep(0)
        yield 1


schema = strawberry.Schema(Query, Mutation, Subscription)


async def admit(headers: Mapping[str, str]) -> dict[str, str]:
    match headers.get("authorization"):
        case None:
            raise Unauthenticated("A token is needed.")
        case "Bearer good-token" | "Basic Z29vZA==":
            return {"viewer": "ann"}
        case "Bearer narrow-token":
            raise Forbidden("The token has no scope for this.")
        case "Bearer slow-database":
            raise RuntimeError(f"{headers} at {DATABASE_URL} is down")
        case _:
            raise Unauthenticated("The token is not known.")


def make_app(**options: Any) -> Starlette:
    endpoint = GraphQLEndpoint(schema, admit=admit, **options)
    return Starlette(routes=[Route("/graphql", endpoint)])


def make_client(headers: dict[str, str] = BEARER, **options: Any) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=make_app(ide=PlainTextResponse("the page"), **options))
    client = httpx2.AsyncClient(transport=transport, base_url="http://gateway.test")
    client.headers = httpx2.Headers(headers)
    return client


async def ask(query: str, headers: dict[str, str] | None = None, **options: Any) -> tuple[int, Any]:
    """Status and answer of one POST."""
    async with make_client(**options) as client:
        answer = await client.post("/graphql", json={"query": query}, headers=headers)
        return answer.status_code, answer.json()
