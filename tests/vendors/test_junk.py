"""Whatever callers send to a legacy path: no failure of ours, no status and no body that OpenAPI does not describe."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from gateway.demo import import_demo
from gateway.rest.openapi import openapi
from gateway.vendors import VENDORS
from tests.lengths import cases
from tests.vendors.gateway import make_organization, make_token
from tests.vendors.parity import open_gateway

pytestmark = pytest.mark.anyio

PATHS = openapi(VENDORS)["paths"]
PARAMETERS = {
    path: [each["name"] for each in item["get"]["parameters"] if each["in"] == "query"]
    for path, item in PATHS.items()
    if "get" in item
}

# Ids of the documents among others, so that answers are reached, too.
SEGMENTS = st.sampled_from(
    [
        "6c822de1-8f9a-48ca-87c1-c5c788a6caf3",
        "1",
        "conn_aaa_01",
        "00000000000000000000",
        "-1",
        "%00",
        "%ED%A0%80",
        "%FF",
        "%2F",
        "%E2%80%8B",
        "9" * 400,
    ]
) | st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=5)
VALUES = (
    st.sampled_from(
        ["", "0", "1", "-1", "1e9", "9" * 30, "true", "none", "\0", "�", "null", "[]", "DESC", "a,b"]
    )
    | st.dates().map(str)
    | st.datetimes().map(str)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
)
JUNK_NAMES = st.sampled_from(["", "x", "filters[x]", "orders[", "filters", "__proto__", "limit[]", "\0"])
BODIES = st.none() | st.sampled_from(
    [b"{}", b"[]", b"{", b"null", b"\xff", b'{"limit":1e999}', b'{"start":[1]}', b"NaN", b"[" * 5000, b" "]
)
TYPES = st.none() | st.sampled_from(["application/json", "text/plain", "APPLICATION/JSON; x", ";", "é"])

CREDENTIALS = [
    *(b"", b"Token", b"Bearer", b"Token a b", b"Bearer \xff", b"Basic Og==", b"Bearer\ta"),
    b"a" * 9000,
]


@pytest.fixture
async def http(database: Database, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    database.vault = Vault([new_key()])
    await make_organization(database)
    await import_demo(database, "north")
    token = await make_token(database)
    async with open_gateway(database, database_url) as http:
        http.headers.update({"Authorization": f"Bearer {token}", "Api-Token": token})
        yield http


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    path = draw(st.sampled_from(sorted(PARAMETERS)))
    url = "/".join(draw(SEGMENTS) if part.startswith("{") else part for part in path.split("/"))
    names = st.sampled_from(PARAMETERS[path]) | JUNK_NAMES if PARAMETERS[path] else JUNK_NAMES
    return url, draw(st.lists(st.tuples(names, VALUES), max_size=4))


@settings(
    max_examples=cases(40, at_most=2000),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(call=calls(), body=BODIES, content_type=TYPES)
async def test_no_call_fails_or_is_answered_as_nobody_said(http, call, body, content_type) -> None:
    path, query = call
    headers = {} if content_type is None else {"Content-Type": content_type.encode()}

    # The client's hook holds the answer against the OpenAPI document.
    answer = await http.request("GET", path, params=query, content=body, headers=headers)

    assert answer.status_code < 500
    assert answer.headers["content-type"] == "application/json"


@settings(
    max_examples=cases(30, at_most=2000),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(
    path=st.sampled_from(sorted(PATHS)),
    method=st.sampled_from(["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X"]),
    body=BODIES,
)
async def test_no_other_method_fails(http, path, method, body) -> None:
    assume(method.lower() not in PATHS[path])
    answer = await http.request(method, path.replace("{", "").replace("}", ""), content=body)
    assert answer.status_code in (404, 405)
    assert answer.json()


@settings(
    max_examples=cases(30, at_most=2000),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(
    path=st.sampled_from(sorted(PARAMETERS)),
    name=st.sampled_from(["Authorization", "Api-Token"]),
    value=st.sampled_from(CREDENTIALS),
)
async def test_no_credential_fails(http, path, name, value) -> None:
    headers = {"Authorization": b"", "Api-Token": b"", name: value}
    answer = await http.get(path.replace("{", "").replace("}", ""), headers=headers)
    assert answer.status_code in (401, 403)
