"""The engine's routes, with a vendor made up for this: what is answered, refused, logged, and where."""

from dataclasses import replace
from typing import Any, TypedDict

import httpx2
import pytest
from starlette.applications import Starlette

from gateway.admission.admission import Admission
from gateway.db.database import Database
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Conflict, GatewayError, Invalid, NotFound, Unauthenticated
from gateway.resolvers.viewer import Scope, Viewer
from gateway.rest.calls import MAX_BODY, Call
from gateway.rest.forms import FormReader
from gateway.rest.openapi import openapi
from gateway.rest.refusals import MethodNotAllowed, Refusal
from gateway.rest.routes import Gate, routes
from gateway.rest.vendor import Endpoint, Vendor
from gateway.settings import SettingError, Settings

pytestmark = pytest.mark.anyio


class Broken(Exception):
    """A fault of ours, its message a secret."""


TOO_MANY = "A URL may have at most 1000 parameters."
ERRORS: dict[str, Exception] = {
    "invalid": Invalid("That is no number."),
    "absent": NotFound("Nothing."),
    "conflict": Conflict("It changed."),
    "own": Refusal(418, {"tea": True}, {"X-Pot": "short"}),
    "broken": Broken("hunter2"),
}


def echo_arguments(call: Call) -> dict[str, Any]:
    return {
        "path": dict(call.path),
        "query": call.query,
        "last": call.parameter("a"),
        "header": call.header(b"x-two"),
        "body": call.body.decode(),
    }


async def echo(context: Context, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"organization": context.viewer.organization_id, **arguments}


async def fail(context: Context, name: str) -> Any:
    raise ERRORS[name]


def credential(call: Call) -> str:
    token = call.header(b"x-key")
    if token is None:
        raise Refusal(401, {"no": "key"})
    return token


def refuse(error: GatewayError, endpoint: Endpoint[Any] | None) -> Refusal:
    status = {"NOT_FOUND": 404, "METHOD_NOT_ALLOWED": 405, "INTERNAL_SERVER_ERROR": 500}.get(error.code, 400)
    allowed = {"Allow": ", ".join(error.allowed)} if isinstance(error, MethodNotAllowed) else {}
    return Refusal(
        status, {"code": error.code, "said": str(error), "at": endpoint and endpoint.operation_id}, allowed
    )


class Made(TypedDict):
    name: str


class Echoed(TypedDict):
    organization: str
    path: dict[str, str]
    query: list[list[str]]
    last: str | None
    header: str | None
    body: str


ECHO = Endpoint(
    path="/things/",
    operation_id="echo",
    arguments=echo_arguments,
    answer=echo,
    response=Echoed,
    takes_body=True,
)
VENDOR = Vendor(
    name="toy",
    title="Toy",
    documentation="https://toy.example",
    endpoints=(
        ECHO,
        replace(ECHO, path="/things/{id}", operation_id="one", takes_body=False),
        replace(
            ECHO,
            path="/failures/{name}",
            operation_id="fail",
            arguments=lambda call: call.path["name"],
            answer=fail,
        ),
        replace(
            ECHO,
            method="POST",
            operation_id="make",
            status=201,
            scope=Scope.WRITE,
            in_one_write=False,
            request=Made,
            takes_body=False,
        ),
        replace(
            ECHO,
            method="DELETE",
            path="/things/{id}",
            operation_id="remove",
            status=204,
            scope=Scope.WRITE,
            in_one_write=False,
            response=None,
        ),
        Endpoint(method="POST", path="/things/{id}/paint", operation_id="paint"),
    ),
    credential=credential,
    refuse=refuse,
    prefixes=("/toy",),
    namespaces=("/toy",),
)


async def authenticate(token: str) -> Viewer:
    if token == "bad":
        raise Unauthenticated("Unknown.")
    scopes = {"narrow": {"approve"}, "writer": {"read", "write"}}.get(token, {"read"})
    return Viewer("north", frozenset(scopes), "test")


@pytest.fixture
def ask(database: Database):
    async def ask(
        method: str,
        path: str,
        vendors: tuple[Vendor, ...] = (VENDOR,),
        settings: Settings | None = None,
        **more: Any,
    ) -> httpx2.Response:
        settings = settings or Settings()
        admission = Admission(database, settings, authenticate)
        forms = FormReader(settings.limits, admission.transfer)
        found = routes(vendors, Gate(admission.admit, admission.work, "/graphql", forms), settings)
        transport = httpx2.ASGITransport(app=Starlette(routes=found), raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
            return await client.request(method, path, **{"headers": {"X-Key": "good"}, **more})

    return ask


@pytest.fixture
def database() -> Any:
    """None: these reads touch no store."""
    return None


async def test_a_call_is_read_when_it_is_asked_for(ask) -> None:
    answer = await ask(
        "GET",
        "/toy/things?a=1&b=%F0%9F%9A%80+x&a=2&c=&%FF",
        content="ü".encode(),
        headers=[("X-Key", "good"), ("X-Two", "one"), ("X-Two", "two")],
    )
    assert answer.json() == {
        "organization": "north",
        "path": {},
        "query": [["a", "1"], ["b", "🚀 x"], ["a", "2"], ["c", ""], ["�", ""]],
        "last": "2",
        "header": "one, two",
        "body": "ü",
    }


async def test_a_body_is_left_alone_unless_it_is_read(ask) -> None:
    assert (await ask("GET", "/toy/things/%C3%BC", content=b"x")).json()["body"] == ""


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "said", "at"),
    [
        ("GET", "/toy/failures/invalid", 400, "BAD_USER_INPUT", "That is no number.", "fail"),
        ("GET", "/toy/failures/absent/", 404, "NOT_FOUND", "Nothing.", "fail"),
        ("GET", "/toy/failures/conflict", 400, "CONFLICT", "It changed.", "fail"),
        ("PUT", "/toy/things", 405, "METHOD_NOT_ALLOWED", "The method PUT is not allowed here.", None),
        (
            "GET",
            "/toy/things/1/paint",
            405,
            "METHOD_NOT_ALLOWED",
            "The method GET is not allowed here.",
            None,
        ),
        ("GET", "/toy/else", 404, "NOT_FOUND", "There is no such path.", None),
        ("POST", "/toy", 404, "NOT_FOUND", "There is no such path.", None),
        ("GET", "/toy/things?" + "a&" * 1001, 400, "BAD_USER_INPUT", TOO_MANY, "echo"),
    ],
)
async def test_faults_are_told_in_the_vendors_words(ask, method, path, status, code, said, at) -> None:
    answer = await ask(method, path)
    assert (answer.status_code, answer.json()) == (status, {"code": code, "said": said, "at": at})
    assert answer.headers["content-type"] == "application/json"
    assert "link" not in answer.headers


async def test_what_is_allowed_is_told(ask) -> None:
    assert (await ask("PUT", "/toy/things")).headers["allow"] == "GET, HEAD, POST"
    assert (await ask("GET", "/toy/things/1/paint")).headers["allow"] == ""
    own = await ask("GET", "/toy/failures/own")
    assert (own.status_code, own.json(), own.headers["x-pot"]) == (418, {"tea": True}, "short")


async def test_writes_have_their_own_method_scope_body_and_status(ask) -> None:
    writer = {"X-Key": "writer"}
    made = await ask("POST", "/toy/things/", headers=writer, content=b'{"name": "x"}')
    assert (made.status_code, made.json()["body"]) == (201, '{"name": "x"}')
    removed = await ask("DELETE", "/toy/things/7", headers=writer)
    assert (removed.status_code, removed.content) == (204, b"")
    for method, path, at in (("POST", "/toy/things", "make"), ("DELETE", "/toy/things/7", "remove")):
        refused = await ask(method, path)
        assert (refused.json()["code"], refused.json()["at"]) == ("FORBIDDEN", at)


def test_writes_are_described_as_they_are_served() -> None:
    paths = openapi((VENDOR,))["paths"]
    assert list(paths["/toy/things/"]) == ["description", "get", "post"]
    made = paths["/toy/things/"]["post"]
    assert made["requestBody"] == {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ToyMade"}}},
    }
    assert {"200", "201"} & made["responses"].keys() == {"201"}
    assert "content" not in paths["/toy/things/{id}"]["delete"]["responses"]["204"]
    assert "/toy/things/{id}/paint" not in paths


async def test_a_fault_of_ours_is_logged_once_without_its_message(ask, caplog) -> None:
    answer = await ask("GET", "/toy/failures/broken")

    assert answer.status_code == 500
    assert answer.json()["said"] == "The gateway failed to answer; its log says why."
    [record] = caplog.records
    assert "toy: fail failed with Broken" in record.message
    assert "in fail" in record.message
    assert "hunter2" not in record.message
    assert answer.headers["x-error-id"] == record.members["error_id"]


async def test_a_body_that_is_too_large_is_refused(ask) -> None:
    answer = await ask("GET", "/toy/things", content=b"x" * (MAX_BODY + 1))
    assert (answer.status_code, answer.json()["code"]) == (400, "BODY_TOO_LARGE")


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 401), ({"X-Key": "bad"}, 400), ({"X-Key": "narrow"}, 400)]
)
async def test_the_credential_comes_first(ask, headers, status) -> None:
    for method, path in (("GET", "/toy/things"), ("PUT", "/toy/things"), ("PUT", "/toy/things/1/paint")):
        answer = await ask(method, path, headers=headers)
        assert answer.status_code == status
        assert answer.json().get("code") in (None, "UNAUTHENTICATED", "FORBIDDEN")


async def test_the_method_comes_first_where_the_vendor_has_it_so(ask) -> None:
    vendor = replace(VENDOR, credential_first=False)
    assert (await ask("PUT", "/toy/things", (vendor,), headers={})).status_code == 405
    assert (await ask("GET", "/toy/things", (vendor,), headers={})).status_code == 401


async def test_head_is_get_without_its_body_or_what_the_vendor_says(ask) -> None:
    got, head = await ask("GET", "/toy/things"), await ask("HEAD", "/toy/things")
    assert (head.status_code, head.content, head.headers) == (200, b"", got.headers)
    assert (await ask("HEAD", "/toy/failures/absent")).status_code == 404

    vendor = replace(VENDOR, head_status=204)
    head = await ask("HEAD", "/toy/things", (vendor,), headers={})
    assert (head.status_code, head.content, dict(head.headers)) == (204, b"", {})


async def test_one_form_of_a_path_where_the_vendor_has_one(ask) -> None:
    vendor = replace(VENDOR, either_slash=False)
    assert (await ask("GET", "/toy/things/", (vendor,))).status_code == 200
    assert (await ask("GET", "/toy/things", (vendor,))).status_code == 404


async def test_of_two_namespaces_the_longer_one_counts(ask) -> None:
    inner = replace(VENDOR, name="inner", endpoints=(), prefixes=(), namespaces=("/toy/inner",),
                    refuse=lambda error, read: Refusal(410, {}))  # fmt: skip
    assert (await ask("GET", "/toy/inner/x", (VENDOR, inner))).status_code == 410
    assert (await ask("GET", "/toy/x", (VENDOR, inner))).status_code == 404
    assert (await ask("GET", "/toy/innermost", (VENDOR, inner))).status_code == 404


@pytest.mark.parametrize(
    "setting",
    [
        "/toy",
        "toy=2026-01-01",
        "/toy=soon",
        "/toy=2026-01-01/",
        "=2026-01-01",
        "/toy=2026-01-01😀13:22",
        "/toy=20260101",
    ],
)
async def test_a_retirement_that_cannot_be_read_is_told_at_the_start(ask, setting: str) -> None:
    with pytest.raises(SettingError, match="GATEWAY_LEGACY_RETIREMENTS"):
        await ask("GET", "/toy/things", settings=Settings(legacy_retirements=setting))


async def test_the_longest_retirement_counts(ask) -> None:
    settings = Settings(
        legacy_retirements="/toy=2026-01-01T01:00:00+01:00, /toy/failures=2026-06-01/2026-12-31"
    )
    things = (await ask("GET", "/toy/things", settings=settings)).headers
    failure = (await ask("GET", "/toy/failures/own", settings=settings)).headers
    assert (things["deprecation"], things.get("sunset")) == ("@1767225600", None)
    assert (failure["deprecation"], failure["sunset"]) == ("@1780272000", "Thu, 31 Dec 2026 00:00:00 GMT")
