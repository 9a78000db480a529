"""Where the description of the legacy paths is served: all vendors' together, and each one's alone."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.headers import PRIVATE
from gateway.rest.openapi import openapi
from gateway.rest.vendor import Vendor


def openapi_routes(
    vendors: Sequence[Vendor], admit: Callable[[Mapping[str, str]], Awaitable[Any]]
) -> list[Route]:
    """``/openapi.json`` and ``/openapi/<vendor>.json``, for whoever has a token.

    Args:
        admit: raises where a request's headers have no good token; the application says that.
    """

    @lru_cache
    def described(*names: str) -> bytes:
        return orjson.dumps(openapi([vendor for vendor in vendors if vendor.name in names]))

    def serving(*names: str) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            await admit(request.headers)
            return Response(described(*names), headers=PRIVATE, media_type="application/json")

        return serve

    everything = Route("/openapi.json", serving(*[vendor.name for vendor in vendors]))
    return [everything, *[Route(f"/openapi/{each.name}.json", serving(each.name)) for each in vendors]]
