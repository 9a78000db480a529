"""The schema as a document, for tools that make types of it: `/schema.graphql`."""

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any

import strawberry
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.headers import PRIVATE


def schema_routes(
    schema: strawberry.Schema, admit: Callable[[Mapping[str, str]], Awaitable[Any]]
) -> list[Route]:
    """``/schema.graphql``, for whoever has a token.

    Args:
        schema: that is shown, in GraphQL's own language.
        admit: raises where a request's headers have no good token; the application says that.
    """

    @lru_cache
    def text() -> bytes:
        return f"{schema.as_str()}\n".encode()

    async def serve(request: Request) -> Response:
        await admit(request.headers)
        return Response(text(), headers=PRIVATE, media_type="text/plain; charset=utf-8")

    return [Route("/schema.graphql", serve)]
