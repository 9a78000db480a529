"""The routes of the OpenAPI documents: one for all vendors, and one for each."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.headers import read_headers
from gateway.http.media_types import JSON
from gateway.http.representations import StaticText
from gateway.rest.openapi import openapi
from gateway.rest.vendor import Vendor


def openapi_routes(
    vendors: Sequence[Vendor], admit: Callable[[Mapping[str, str]], Awaitable[Any]]
) -> list[Route]:
    """``/openapi.json`` and ``/openapi/<vendor>.json``, for callers with a token.

    Args:
        admit: raises an error if a request's headers have no valid token; the application provides it.
    """

    def route(path: str, described: Sequence[Vendor]) -> Route:
        text = StaticText(lambda: orjson.dumps(openapi(described)), JSON)

        async def serve(request: Request) -> Response:
            headers = read_headers(request.scope)
            await admit(headers)
            return await text.respond(headers)

        return Route(path, serve)

    return [
        route("/openapi.json", vendors),
        *[route(f"/openapi/{each.name}.json", [each]) for each in vendors],
    ]
