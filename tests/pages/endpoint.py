"""A small GraphQL endpoint that wants a token, for pages that are looked at without the gateway's own graph."""

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import count

import strawberry
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway.pages.assets import asset_routes
from gateway.pages.tabs import Tab as Operation

TOKEN = "demo-token"
FIRST_QUERY = """\
query Requests {
  connectionRequests(first: 2) {
    orgName
  }
}
"""


@strawberry.type(description="One organization's wish to exchange data with another.")
class ConnectionRequest:
    org_name: str = strawberry.field(description="Name of the other organization.")


@strawberry.type
class Query:
    @strawberry.field(description="The requests that the viewer may see.")
    def connection_requests(self, first: int = 10) -> list[ConnectionRequest]:
        return [ConnectionRequest(org_name=f"Deal Zone {number}") for number in range(first)]

    @strawberry.field(description="What is said to it.")
    def echo(self, text: str) -> str:
        return text


FIRST = (Operation("The requests.", FIRST_QUERY),)


TIMES = count(1)


@strawberry.type
class Mutation:
    @strawberry.mutation(description="Changes a name; how often that was done.")
    def rename(self) -> int:
        return next(TIMES)


@strawberry.type
class Subscription:
    @strawberry.subscription(description="Numbers as they come.")
    async def count(self, endless: bool = False) -> AsyncIterator[int]:
        yield 0


SCHEMA = strawberry.Schema(Query, Mutation, Subscription)


async def counted(query: str) -> AsyncIterator[str]:
    """Results of a subscription, as graphql-sse has them; what waits for a stop ends when its reader is gone."""
    for number in range(3):
        yield f"event: next\ndata: {json.dumps({'data': {'count': number}})}\n\n"
    if "endless" in query:
        await asyncio.Event().wait()
    yield "event: complete\ndata:\n\n"


def application(page: ASGIApp) -> Starlette:
    """A GraphQL endpoint that wants the demo token, with the page beside it."""

    async def endpoint(request: HttpRequest) -> ASGIApp:
        if request.method == "GET":
            return page
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            error = {"message": "A token is needed.", "extensions": {"code": "UNAUTHENTICATED"}}
            return JSONResponse({"errors": [error]}, 401)
        body = await request.json()
        if request.headers.get("accept") == "text/event-stream":
            return StreamingResponse(counted(body["query"]), media_type="text/event-stream")
        result = await SCHEMA.execute(
            body["query"], body.get("variables"), operation_name=body.get("operationName")
        )
        errors = [error.formatted for error in result.errors or ()]
        return JSONResponse({"errors": errors} if errors else {"data": result.data})

    return Starlette(routes=[Route("/graphql", endpoint, methods=["GET", "POST"]), *asset_routes()])
