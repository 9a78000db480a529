"""Whatever bodies callers send to a write: no failure of ours, and nothing is taken that OpenAPI's schema forbids."""

import json
from collections.abc import AsyncIterator

import httpx2
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gateway.db.database import Database
from gateway.rest.openapi import openapi
from gateway.vendors import VENDORS
from tests.data import NORTH, fill
from tests.lengths import cases
from tests.vendors.gateway import insert, make_token
from tests.vendors.parity import open_gateway
from tests.vendors.test_junk import SEGMENTS
from tests.vendors.writes import ROWS

pytestmark = pytest.mark.anyio

DOCUMENT = openapi(VENDORS)
OPERATIONS = {
    (method, path): operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method not in ("get", "description")
}

JUNK = st.recursive(
    st.sampled_from(
        [None, True, False, 0, 1, -1, 1.5, 1e300, 2**70, "", "0", "1", "x", "żółw 🚀", "\0", "x" * 600]
    )
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
RAW = st.sampled_from(
    [
        b"",
        b" ",
        b"[]",
        b"{",
        b"null",
        b"\xff",
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b"[" * 5000,
    ]
)


def resolved(schema: dict) -> dict:
    return (
        DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    )


@st.composite
def values(draw: st.DrawFn, schema: dict) -> object:
    """Mostly what the schema wants, with members left out and junk in the place of others."""
    schema = resolved(schema)
    if draw(st.integers(0, 9)) == 0:
        return draw(JUNK)
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    if "properties" in schema:
        named = {
            name: draw(values(each))
            for name, each in schema["properties"].items()
            if draw(st.integers(0, 5)) > (0 if name in schema.get("required", ()) else 2)
        }
        return {**named, **draw(st.sampled_from([{}, {}, {"x": [None]}]))}
    if "anyOf" in schema:
        return draw(values(draw(st.sampled_from(schema["anyOf"]))))
    if schema.get("type") == "array":
        return draw(st.lists(values(schema["items"]), max_size=2))
    if schema.get("type") == "object":
        return draw(st.dictionaries(st.text(max_size=3), JUNK, max_size=3))
    return draw(JUNK)


@pytest.fixture
async def http(database: Database, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    await fill(database, NORTH)
    await insert(database, "north", **ROWS)
    token = await make_token(database, "north", "read", "write", "approve", "secrets", "admin")
    async with open_gateway(database, database_url) as http:
        http.headers.update({"Authorization": f"Bearer {token}", "Api-Token": token})
        yield http


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, str, str, bytes]:
    method, path = draw(st.sampled_from(sorted(OPERATIONS)))
    segments = SEGMENTS | st.sampled_from(["2", "conn_hubspot_1", "ccfg_acme_w"])
    url = "/".join(draw(segments) if part.startswith("{") else part for part in path.split("/"))
    written = values(schema_of(method, path)).map(orjson_dumps)
    return method, path, url, draw(st.one_of([written] * 9 + [RAW]))


def schema_of(method: str, path: str) -> dict:
    content = OPERATIONS[method, path].get("requestBody", {}).get("content", {})
    return content.get("application/json", {"schema": {}})["schema"]


@settings(
    max_examples=cases(40, at_most=2000),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(call=calls())
async def test_no_body_fails_or_is_taken_against_its_schema(http, call) -> None:
    method, path, url, body = call

    # The client's hook holds the answer against the OpenAPI document.
    answer = await http.request(method, url, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code < 500
    if answer.status_code < 300 and (schema := schema_of(method, path)):
        validator = Draft202012Validator({**schema, "components": DOCUMENT["components"]})
        assert not list(validator.iter_errors(json.loads(body.strip() or b"{}")))


def orjson_dumps(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # whole numbers of more than 64 bits
        return b'{"connection":{"service":1180591620717411303424}}'
