"""The schema as a document, for tools that make types of it: `/schema.graphql`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import strawberry
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.headers import read_headers
from gateway.http.representations import StaticText


def schema_routes(
    schema: strawberry.Schema, admit: Callable[[Mapping[str, str]], Awaitable[Any]]
) -> list[Route]:
    """``/schema.graphql``, for whoever has a token.

    Args:
        schema: that is shown, in GraphQL's own language.
        admit: raises where a request's headers have no good token; the application says that.
    """

    text = StaticText(lambda: f"{schema.as_str()}\n".encode(), "text/plain; charset=utf-8")

    async def serve(request: Request) -> Response:
        headers = read_headers(request.scope)
        await admit(headers)
        return await text.respond(headers)

    return [Route("/schema.graphql", serve)]
