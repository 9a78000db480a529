"""Bodies of POST requests that are not plain JSON: a document's own text, and what gzip packed."""

import gzip
import json
import zlib

import pytest

from gateway.limits import Limits
from tests.transport.sample import BEARER, RESPONSE, make_client

pytestmark = pytest.mark.anyio

DOCUMENT = {"content-type": "application/graphql"}
PACKED = {"content-type": "application/json", "content-encoding": "gzip"}
HELLO = {"data": {"hello": "hello world"}}


async def post(content, headers, params=None, **options):
    async with make_client(headers=BEARER | RESPONSE, **options) as client:
        answer = await client.post("/graphql", content=content, headers=headers, params=params)
        return answer.status_code, answer.json()


def refused(message, code="BAD_REQUEST"):
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


@pytest.mark.parametrize(
    ("document", "params", "answer"),
    [
        ("{hello}", None, HELLO),
        ("\ufeff{ hello } # é", None, HELLO),
        (
            "query A($n: String!) {hello(name: $n)} query B {viewer}",
            {"variables": '{"n": "ö🏃"}', "operationName": "A"},
            {"data": {"hello": "hello ö🏃"}},
        ),
        ('mutation {rename(name: "x")}', None, {"data": {"rename": "x"}}),
    ],
)
@pytest.mark.parametrize("charset", ["", "; charset=utf-8"])
async def test_a_document_is_a_body(document, params, answer, charset):
    headers = {"content-type": f"application/graphql{charset}"}
    assert await post(document.encode(), headers, params) == (200, answer)


@pytest.mark.parametrize(
    ("document", "params", "answer"),
    [
        (b"", None, refused("A GraphQL request must have a query, or the documentId of a known document.")),
        (b"{hello(name: \xe9)}", None, refused("The document is not UTF-8: the byte 0xe9 at position 13.")),
        (b"{hello}", {"query": "{hello}"}, refused("The document comes twice, in the URL and in the body.")),
        (
            b"query ($n: String) {hello(name: $n)}",
            {"variables": '{"n": "\\u0000"}'},
            refused("A variable holds the character NUL, which can't be stored.", "BAD_USER_INPUT"),
        ),
    ],
)
async def test_a_body_that_is_no_document_is_400(document, params, answer):
    assert await post(document, DOCUMENT, params) == (400, answer)


async def test_what_gzip_packed_is_unpacked():
    text = json.dumps({"query": "{hello}"}).encode()
    assert await post(gzip.compress(text), PACKED) == (200, HELLO)
    assert await post(gzip.compress(b"[" + text + b"]"), PACKED) == (200, [HELLO])
    assert await post(gzip.compress(b"{hello}"), DOCUMENT | {"content-encoding": "X-GZip"}) == (200, HELLO)


async def test_what_gzip_did_not_pack_is_400():
    packed = gzip.compress(b'{"query": "{hello}"}')
    for body in (b'{"query": "{hello}"}', b"", packed[:-1], packed + b"x", zlib.compress(b"{}")):
        answer = refused("The body is not what gzip packs, as its Content-Encoding says.")
        assert await post(body, PACKED) == (400, answer)


@pytest.mark.parametrize("mode", ["enforce", "observe"])
async def test_more_than_a_body_may_hold_is_not_unpacked(mode):
    limits = Limits().decided(body=f"{mode}:1000")
    answer = refused("A body must not be longer than 1000 bytes, unpacked.")
    assert await post(gzip.compress(b" " * 500_000), PACKED, limits=limits) == (413, answer)


async def test_other_ways_to_pack_are_415():
    async with make_client() as client:
        answer = await client.post("/graphql", content=b"", headers=PACKED | {"content-encoding": "br"})
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "gzip, identity")
    assert answer.json() == refused("A body may be compressed by gzip alone.")
