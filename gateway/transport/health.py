"""Whether the process lives and whether it can serve, for load balancers and operators."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.http.headers import RETRY_LATER, SECURITY
from gateway.observe.records import current
from gateway.resolvers.errors import GatewayError, public, reason_of

logger = logging.getLogger(__name__)

_HEADERS: Final = {"cache-control": "no-store", **SECURITY}

Check = Callable[[], Awaitable[object]]


def health_routes(checks: Mapping[str, Check], *, timeout: float = 5.0) -> list[Route]:
    """`/healthz`: the process answers; `/readyz`: every one of ``checks`` returned within ``timeout`` seconds.

    A check fails by raising; the answer names it and says nothing of why.
    """

    async def healthz(request: Request) -> JSONResponse:
        current().is_probe = True
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    async def readyz(request: Request) -> JSONResponse:
        current().is_probe = True
        passed = await asyncio.gather(*(_passes(name, check, timeout) for name, check in checks.items()))
        results = {name: "ok" if ok else "failed" for name, ok in zip(checks, passed, strict=True)}
        status = "ok" if all(passed) else "unavailable"
        answer = {"status": status, "checks": results}
        if all(passed):
            return JSONResponse(answer, headers=_HEADERS)
        return JSONResponse(answer, 503, headers={**_HEADERS, **RETRY_LATER})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def _passes(name: str, check: Check, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await check()
    except Exception as error:
        # Another's message may quote what is secret.
        told = public(error)
        reason = reason_of(told) if isinstance(told, GatewayError) else None
        logger.warning("check %s failed with %s", name, reason or type(error).__qualname__)
        return False
    return True
