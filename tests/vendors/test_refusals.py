"""What every vendor makes of every kind of fault: the status, and for what nobody foresaw its own words of a 500."""

from collections.abc import Iterator
from contextlib import nullcontext

import httpx2
import pytest
from starlette.applications import Starlette

from gateway.db.failures import Busy, TooSlow, Unreachable
from gateway.http.statuses import STATUSES
from gateway.limits import Limits
from gateway.observe.work import Unbounded
from gateway.resolvers.errors import (
    ChangeProblem,
    ErrorCode,
    FileTooLarge,
    GatewayError,
    KeyInUse,
    KeyReused,
    LimitExceeded,
    Overloaded,
    PreconditionFailed,
    Rejected,
    TooManyAttempts,
    public,
)
from gateway.rest.forms import FormReader
from gateway.rest.refusals import InternalServerError, MethodNotAllowed, UnsupportedMediaType
from gateway.rest.routes import Gate, routes
from gateway.settings import Settings
from gateway.vendors import VENDORS
from gateway.vendors.openint.refusals import BadInput

pytestmark = pytest.mark.anyio

by_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)

OWN = {
    ("activecampaign", "UNAUTHENTICATED"): 403,
    ("activecampaign", "CONFLICT"): 422,
    ("activecampaign", "UNSUPPORTED_MEDIA_TYPE"): 400,
    ("openint", "METHOD_NOT_ALLOWED"): 404,
}
ARGUMENTS = {
    MethodNotAllowed: ("PUT", ("GET", "HEAD")),
    UnsupportedMediaType: ("text/plain",),
    InternalServerError: (),
    Rejected: ([ChangeProblem(ErrorCode.CONFLICT, "It is so.")],),
    BadInput: ([],),
    KeyInUse: (),
    KeyReused: (),
    PreconditionFailed: (),
    Overloaded: (Limits().waiting, 10**9),
    LimitExceeded: (Limits().rows, 10**9),
    FileTooLarge: (Limits().file_bytes, 10**9),
    TooManyAttempts: (Limits().login_attempts, 11, 900),
}


def kinds(of: type[GatewayError] = GatewayError) -> Iterator[type[GatewayError]]:
    """Every kind of fault that the gateway's own modules have."""
    for kind in of.__subclasses__():
        if kind.__module__.startswith("gateway.") and not kind.__module__.startswith("gateway.exchange."):
            yield kind
            yield from kinds(kind)


def faults() -> list[GatewayError]:
    return [kind(*ARGUMENTS.get(kind, ("It is so.",))) for kind in kinds()]


def test_every_kind_of_fault_has_a_status() -> None:
    """What has none would be answered as a fault of ours."""
    assert {fault.code for fault in faults()} == set(STATUSES)


@by_vendor
def test_every_kind_of_fault_has_its_status(vendor) -> None:
    for fault in faults():
        module = type(fault).__module__
        if module.startswith("gateway.vendors.") and not module.startswith(f"{vendor.package}."):
            continue
        refusal = vendor.refusal(fault, None)
        assert refusal.status == OWN.get((vendor.name, fault.code), STATUSES[fault.code]), fault
        assert refusal.body or refusal.status == 400


@by_vendor
@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Unreachable("It is down."), 503),
        (TooSlow("It took too long."), 503),
        (Busy("Others write."), 503),
        (TimeoutError(), 503),
        (Overloaded(Limits().waiting, 10**9), 429),
        (type("Strange", (GatewayError,), {"code": "STRANGE"})("hunter2"), 500),
        (KeyError("hunter2"), 500),
        (ValueError("hunter2"), 500),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
async def test_a_path_answers_failures_in_its_vendors_words(vendor, failure, status) -> None:
    async def admit(token, scope):
        raise failure

    gate = Gate(admit, Unbounded, "/graphql", FormReader(Limits(), nullcontext))
    app = Starlette(routes=routes((vendor,), gate, Settings()))
    endpoint = next(each for each in vendor.served if each.method == "GET" and "{" not in each.path)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://gateway.test"
    ) as http:
        headers = {"Authorization": "Bearer t", "Api-Token": "t"}
        answer = await http.get(vendor.paths(endpoint.path)[0], headers=headers)
    is_retried = status in (503, 429)
    fault = public(failure) if is_retried else InternalServerError()
    refusal = vendor.refusal(fault, endpoint)
    assert (answer.status_code, answer.json()) == (status, refusal.body)
    assert ("retry-after" in answer.headers, "x-error-id" in answer.headers) == (is_retried, status == 500)
    assert "hunter2" not in answer.text
