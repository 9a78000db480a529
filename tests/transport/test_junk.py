"""Every kind of junk is the caller's error, with a code, and never ours."""

import json
import random
from urllib.parse import quote

import pytest

from gateway.limits import Limits
from gateway.transport.graphql_http import GraphQLEndpoint
from tests.transport.sample import BEARER, RESPONSE, admit, make_client, schema

pytestmark = pytest.mark.anyio

JSON_TYPE = {"content-type": "application/json"}


async def post(content, headers=JSON_TYPE, **options):
    async with make_client(**options) as client:
        answer = await client.post("/graphql", content=content, headers={**RESPONSE, **headers})
    return answer.status_code, answer.json()


def code(answer):
    assert list(answer) == ["errors"]
    return answer["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"nonsense",
        b"null",
        b"true",
        b"1",
        b'"x"',
        b"[]",
        b"[" + b",".join([b'{"query": "{hello}"}'] * 11) + b"]",
        b"{}",
        b'{"qeury": "{hello}"}',
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 1}',
        b'{"query": ["{hello}"]}',
        b'{"query": {"a": 1}}',
        b'{"query": "{hello}", "operationName": 1}',
        b'{"query": "{hello}", "operationName": []}',
        b'{"query": "{hello}", "variables": []}',
        b'{"query": "{hello}", "variables": "{}"}',
        b'{"query": "{hello}", "variables": 0}',
        b'{"query": "{hello}", "variables": false}',
        b'{"query": "{hello}", "extensions": "x"}',
        b'{"query": "{hello}", "extensions": {"persistedQuery": 1}}',
        b'{"query": "{hello}", "extensions": {"persistedQuery": {}}}',
        b'{"query": "{hello}", "extensions": {"persistedQuery": {"version": 2, "sha256Hash": "x"}}}',
        b'{"query": "{hello}", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": 1}}}',
        b'{"query": "{hello}", "documentId": 1}',
        b'{"query": "{hello}", "documentId": "0"}',
        b'{"documentId": "a", "doc_id": "b"}',
        b'{"query": "{hello}", "variables": {"a": NaN}}',
        b'{"query": "{hello}", "variables": {"a": 1e400}}',
        b'{"query": "{hello}", "variables": {"a": ' + b"1" * 10_000 + b"}}",
        b'{"query": "{hello}", "variables": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
        b"[" * 100_000,
        b"\xef\xbb\xbf" * 100_000 + b'{"query": "{hello}"}',
        b'{"query": "{hello(name: \xff)}"}',
        b'{"query": "{hello(name: \xed\xa0\x80)}"}',
        '{"query": "{hello}"}'.encode("utf-16"),
        b'{"query": "{hello}\x00"}',
        b"query=%7Bhello%7D",
        b'{"query": "{hello}"} {"query": "{hello}"}',
    ],
    ids=lambda body: body[:60],
)
async def test_a_body_that_is_no_request_is_400(body, caplog):
    status, answer = await post(body)
    assert (status, code(answer)) == (400, "BAD_REQUEST")
    assert caplog.records == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "query ($n: String) {hello(name: $n)}", "variables": {"n": "a\\u0000b"}}',
        b'{"query": "query ($n: JSON!) {echo(value: $n)}", "variables": {"n": [{"a\\u0000b": 1}]}}',
        b'{"query": "query ($n: String) {hello(name: $n)}", "variables": {"n": "\\ud800"}}',
        b'{"query": "query ($n: String) {hello(name: $n)}", "variables": {"n": "\\udc00\\ud800"}}',
        b'{"query": "{hello(name: \\"\\\\u0000\\")}"}',
        b'{"query": "{hello(name: \\"\\\\u{0}\\")}"}',
        b'{"query": "{hello(name: \\"\\"\\"\\u0000\\"\\"\\")}"}',
        b'{"query": "query ($n: Int) {things(first: $n) {totalCount}}", "variables": {"n": 99999999999}}',
        b'{"query": "query ($n: Int) {things(first: $n) {totalCount}}", "variables": {"n": 1.5}}',
        b'{"query": "query ($v: JSON!) {echo(value: $v)}", "variables": {"v": '
        + b"[" * 128
        + b"]" * 128
        + b"}}",
        b'{"query": "query ($n: String!) {hello(name: $n)}", "variables": {"n": '
        + b"[" * 900
        + b"]" * 900
        + b"}}",
    ],
    ids=lambda body: body[:100],
)
async def test_values_that_no_store_or_type_takes_are_bad_user_input(body, caplog):
    status, answer = await post(body)
    assert (status, code(answer)) == (400, "BAD_USER_INPUT")
    assert caplog.records == []


async def test_an_escaped_backslash_is_no_nul():
    body = b'{"query": "query ($n: String!) {hello(name: $n)}", "variables": {"n": "\\\\u0000"}}'
    assert await post(body) == (200, {"data": {"hello": "hello \\u0000"}})


async def test_unknown_members_are_passed_over():
    body = b'{"query": "{hello}", "operationName": "", "variables": null, "extensions": {"a": 1}, "id": 7, "x": []}'
    assert await post(body) == (200, {"data": {"hello": "hello world"}})


async def test_deep_values_that_the_schema_takes_are_no_junk():
    value = "[" * 120 + "]" * 120
    body = f'{{"query": "query ($v: JSON!) {{echo(value: $v)}}", "variables": {{"v": {value}}}}}'
    status, answer = await post(body.encode())
    assert (status, answer) == (200, {"data": {"echo": json.loads(value)}})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": ""},
        {"content-type": "application"},
        {"content-type": "application/jsonp"},
        {"content-type": "application/graphql; charset=latin1"},
        {"content-type": "application/graphql, application/json"},
        {"content-type": "application/graphql+json"},
        {"content-type": "text/json"},
        {"content-type": "application/json; charset=latin1"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json; charset=utf-8; charset=utf-8"},
        {"content-type": "application/json; charset"},
        {"content-type": "application/json, application/json"},
        {"content-type": "application/json; charset=utf-8", "content-encoding": "br"},
        {"content-type": "application/json", "content-encoding": "gzip, gzip"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/x-www-form-urlencoded"},
    ],
)
async def test_other_content_is_415(headers):
    status, answer = await post(b'{"query": "{hello}"}', headers)
    assert (status, code(answer)) == (415, "BAD_REQUEST")


@pytest.mark.parametrize(
    "content_type",
    [
        "APPLICATION/JSON",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json ; profile=x",
        "application/json;charset=utf8",
        "application/json;",
        "application/json;;charset=utf-8",
        " application/json; ; \t",
    ],
)
async def test_json_is_json_however_written(content_type):
    headers = {"content-type": content_type, "content-encoding": "identity"}
    assert await post(b'{"query": "{hello}"}', headers) == (200, {"data": {"hello": "hello world"}})


async def test_bodies_above_the_limit_are_413():
    status, answer = await post(b" " * (1024 * 1024) + b'{"query": "{hello}"}')
    assert (status, code(answer)) == (413, "BAD_REQUEST")


async def test_bodies_without_a_length_are_counted():
    async def chunks():
        for _ in range(1025):
            yield b" " * 1024

    status, answer = await post(chunks())
    assert (status, code(answer)) == (413, "BAD_REQUEST")


async def test_bodies_may_come_in_chunks():
    async def chunks():
        yield b'{"query": '
        yield b'"{hello}"}'

    assert await post(chunks()) == (200, {"data": {"hello": "hello world"}})


@pytest.mark.parametrize(
    ("query_string", "error"),
    [
        ("", "BAD_REQUEST"),
        ("query=", "BAD_REQUEST"),
        ("query={hello}&query={hello}", "BAD_REQUEST"),
        ("query=%ff", "BAD_REQUEST"),
        ("query=%ED%A0%80", "BAD_REQUEST"),
        ("query={hello}&variables=x", "BAD_REQUEST"),
        ("query={hello}&variables=[]", "BAD_REQUEST"),
        ("query={hello}&variables=1", "BAD_REQUEST"),
        ("query={hello}&extensions=[]", "BAD_REQUEST"),
        ("query={hello}" + "&a=1" * 100, "BAD_REQUEST"),
        ("query=query($n:String){hello(name:$n)}&variables=" + quote('{"n":"\\u0000"}'), "BAD_USER_INPUT"),
        ("query=query($n:String){hello(name:$n)}&variables=" + quote('{"n":"\\ud800"}'), "BAD_USER_INPUT"),
        ("query=%00{hello}", "GRAPHQL_PARSE_FAILED"),
        ("query={hello}&operationName=%00", "OPERATION_RESOLUTION_FAILURE"),
    ],
)
async def test_a_url_that_is_no_request_is_400(query_string, error):
    async with make_client() as client:
        for _ in range(2):  # what a URL asks for is remembered
            answer = await client.get(f"/graphql?{query_string}", headers=RESPONSE)
            assert (answer.status_code, code(answer.json())) == (400, error)


async def test_empty_parameters_of_a_url_are_absent():
    async with make_client() as client:
        answer = await client.get("/graphql?query={hello}&operationName=&variables=&extensions=&x=1&x=2")
    assert (answer.status_code, answer.json()) == (200, {"data": {"hello": "hello world"}})


QUERY = '{"query": "{hello(name: \\"é\\")}"}'
UTF_16 = "The body is written in UTF-16 or UTF-32; JSON must be UTF-8."


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("utf-16", UTF_16),
        ("utf-16-le", UTF_16),
        ("utf-16-be", UTF_16),
        ("utf-32", UTF_16),
        ("utf-32-be", UTF_16),
        ("latin-1", "The body is not UTF-8, as JSON must be: the byte 0xe9 at position 26."),
    ],
)
async def test_a_body_in_another_encoding_is_told_which(encoding, message):
    assert await post(QUERY.encode(encoding)) == (
        400,
        {"errors": [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]},
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
async def test_a_byte_order_mark_is_no_part_of_a_body(encoding):
    assert await post(QUERY.encode(encoding)) == (200, {"data": {"hello": "hello é"}})


async def test_batches_can_be_off():
    status, answer = await post(b'[{"query": "{hello}"}]', limits=Limits().decided(batch=1))
    assert (status, code(answer)) == (400, "BAD_REQUEST")


async def test_mangled_requests_never_are_a_fault(caplog):
    source = random.Random(20261120)
    query = b'"query A($n: String!) {hello(name: $n) thing {name}}"'
    good = b'{"query": ' + query + b', "variables": {"n": "\\u00e9"}, "x": [1.5]}'
    async with make_client(headers=BEARER | RESPONSE | JSON_TYPE) as client:
        for _ in range(500):
            body = bytearray(good)
            for _ in range(source.randint(1, 4)):
                place = source.randrange(len(body))
                body[place : place + source.randint(0, 3)] = source.randbytes(source.randint(0, 2))
            answer = await client.post("/graphql", content=bytes(body))
            assert answer.status_code in (200, 400), body
    assert caplog.records == []


async def test_a_caller_who_hangs_up_is_not_answered():
    sent = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer good-token"), (b"content-type", b"application/json")],
    }

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    await GraphQLEndpoint(schema, admit=admit)(scope, receive, send)
    assert sent == []
