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


WRITES: Final = "writes"


def health_routes(
    checks: Mapping[str, Check], *, writes: Check | None = None, timeout: float = 5.0
) -> list[Route]:
    """`/healthz`: the process answers; `/readyz`: every one of ``checks`` returned within ``timeout`` seconds.

    A check fails by raising; the answer names it and says nothing of why. Callers who come while another's checks
    run get the same answer.

    Args:
        checks: by the names that the answer gives them.
        writes: of whether writes are taken; a process that can only read serves most callers, and so is ready.
        timeout: in seconds.
    """
    shared = _Shared(checks if writes is None else {**checks, WRITES: writes}, timeout)

    async def healthz(request: Request) -> JSONResponse:
        current().is_probe = True
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    async def readyz(request: Request) -> JSONResponse:
        current().is_probe = True
        results = await shared.results()
        failed = {name for name, result in results.items() if result != "ok"}
        status = "ok" if not failed else "reads only" if failed == {WRITES} else "unavailable"
        answer = {"status": status, "checks": results}
        if status == "unavailable":
            return JSONResponse(answer, 503, headers={**_HEADERS, **RETRY_LATER})
        return JSONResponse(answer, headers=_HEADERS)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


class _Shared:
    """The checks, run once for all who ask meanwhile: anybody may ask, as often as they like."""

    def __init__(self, checks: Mapping[str, Check], seconds: float) -> None:
        self._checks = checks
        self._seconds = seconds
        self._running: asyncio.Task[dict[str, str]] | None = None

    async def results(self) -> dict[str, str]:
        """What became of each check."""
        if self._running is None:
            self._running = asyncio.create_task(self._run())
            self._running.add_done_callback(self._forget)
        return await asyncio.shield(self._running)

    def _forget(self, _: object) -> None:
        self._running = None

    async def _run(self) -> dict[str, str]:
        names, checks = list(self._checks), self._checks.items()
        passed = await asyncio.gather(*(_passes(name, check, self._seconds) for name, check in checks))
        return {name: "ok" if ok else "failed" for name, ok in zip(names, passed, strict=True)}


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
