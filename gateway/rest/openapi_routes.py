"""Where the description of the legacy paths is served: all vendors' together, and each one's alone."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.media_types import JSON
from gateway.http.representations import StaticText
from gateway.rest.openapi import openapi
from gateway.rest.vendor import Vendor


def openapi_routes(
    vendors: Sequence[Vendor], admit: Callable[[Mapping[str, str]], Awaitable[Any]]
) -> list[Route]:
    """``/openapi.json`` and ``/openapi/<vendor>.json``, for whoever has a token.

    Args:
        admit: raises where a request's headers have no good token; the application says that.
    """

    def route(path: str, described: Sequence[Vendor]) -> Route:
        text = StaticText(lambda: orjson.dumps(openapi(described)), JSON)

        async def serve(request: Request) -> Response:
            await admit(request.headers)
            return await text.respond(request.headers)

        return Route(path, serve)

    return [
        route("/openapi.json", vendors),
        *[route(f"/openapi/{each.name}.json", [each]) for each in vendors],
    ]
