"""Files over HTTP: conditions, ranges, and head fields that let no browser run what somebody sent."""

import asyncio
from pathlib import Path

import pytest

from gateway.db.vault import Vault, new_key
from gateway.limits import Limits
from gateway.settings import Settings
from tests.data import NORTH, fill
from tests.graph import open_graph
from tests.schema.mutations.conftest import ALL, SHA256

pytestmark = pytest.mark.anyio

TAG = f'"{SHA256}"'
CREATE = """mutation ($name: String!, $type: String) { createFileUpload(input: {name: $name, contentType: $type}) {
    fileUpload { id uploadUrl } } }"""
COMPLETE = """mutation ($id: ID!) { completeFileUpload(input: {id: $id}) { file { downloadUrl } errors { code } } }"""
COMMON = {
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "accept-ranges": "bytes",
    "etag": TAG,
}


@pytest.fixture
async def settings(database_url, tmp_path):
    return Settings(
        database_url=database_url,
        storage_url=str(tmp_path / "files"),
        allowed_origins="https://app.example.com",
        limits=Limits().decided(file_transfers="1", waiting_seconds="0.05"),
    )


@pytest.fixture
async def north(database, database_url, settings):
    database.vault = Vault([new_key()])
    await fill(database, NORTH)
    async with open_graph(database, database_url, "north", ALL, settings) as caller:
        yield caller


async def url_of(caller, name="report.html", type="text/html", content=b"hello"):
    upload = (await caller.ask(CREATE, name=name, type=type))["createFileUpload"]["fileUpload"]
    assert (await caller.http.put(upload["uploadUrl"], content=content)).status_code == 200
    return (await caller.ask(COMPLETE, id=upload["id"]))["completeFileUpload"]["file"]["downloadUrl"]


def fields_of(answer):
    return {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "vary")}


async def test_a_file_is_an_attachment_of_no_type_that_a_browser_runs(north):
    url = await url_of(north)
    del north.http.headers["authorization"]
    whole = {
        **COMMON,
        "content-type": "application/octet-stream",
        "content-disposition": "attachment; filename=\"report.html\"; filename*=UTF-8''report.html",
        "content-length": "5",
    }
    answer = await north.http.get(url)
    assert (answer.status_code, fields_of(answer), answer.content) == (200, whole, b"hello")
    answer = await north.http.head(url, headers={"range": "bytes=1-2"})
    assert (answer.status_code, fields_of(answer), answer.content) == (200, whole, b"")


async def test_a_declared_type_is_believed_where_it_is_harmless(north):
    types = {
        "text/csv; charset=utf-8": "text/csv",
        "IMAGE/PNG": "image/png",
        "image/svg+xml": "application/octet-stream",
        "application/xhtml+xml": "application/octet-stream",
        "text/plain\r\nx: y": "text/plain",
        "garbage": "application/octet-stream",
        None: "application/octet-stream",
    }
    for declared, given in types.items():
        answer = await north.http.get(await url_of(north, type=declared))
        assert answer.headers["content-type"] == given
        assert "x" not in answer.headers


CONDITIONS = [
    ({"range": "bytes=1-3"}, 206, "bytes 1-3/5", b"ell"),
    ({"range": "bytes=-2"}, 206, "bytes 3-4/5", b"lo"),
    ({"range": "bytes=3-"}, 206, "bytes 3-4/5", b"lo"),
    ({"range": "bytes=5-"}, 416, "bytes */5", b""),
    ({"range": "bytes=0-0,2-3"}, 200, None, b"hello"),
    ({"range": "bytes=1-3", "if-range": TAG}, 206, "bytes 1-3/5", b"ell"),
    ({"range": "bytes=1-3", "if-range": f"W/{TAG}"}, 200, None, b"hello"),
    ({"range": "bytes=1-3", "if-range": '"other"'}, 200, None, b"hello"),
    ({"range": "bytes=1-3", "if-range": "Fri, 27 Nov 2026 08:00:00 GMT"}, 200, None, b"hello"),
    ({"if-none-match": TAG}, 304, None, b""),
    ({"if-none-match": f'"other", W/{TAG}'}, 304, None, b""),
    ({"if-none-match": '"other"'}, 200, None, b"hello"),
    ({"if-match": TAG}, 200, None, b"hello"),
]


async def test_conditions_and_ranges(north):
    url = await url_of(north)
    for fields, status, part, content in CONDITIONS:
        answer = await north.http.get(url, headers=fields)
        assert (answer.status_code, answer.content) == (status, content), fields
        assert answer.headers.get("content-range") == part
        assert answer.headers["etag"] == TAG
        if status != 304:
            assert answer.headers["content-length"] == str(len(content))


async def test_a_file_that_is_another_one_is_not_sent(north):
    answer = await north.http.get(await url_of(north), headers={"if-match": '"other"'})
    assert answer.status_code == 412


async def test_a_file_of_nothing(north):
    answer = await north.http.get(await url_of(north, content=b""))
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")


async def test_a_credential_in_a_name_stays_inside(north):
    answer = await north.http.get(await url_of(north, name="ftp: me:hunter2@host.txt"))
    assert "hunter2" not in answer.headers["content-disposition"]


async def test_bytes_that_are_gone_are_the_storages_failure(north, settings):
    url = await url_of(north)
    [path] = [each for each in Path(settings.storage_url).rglob("*") if each.is_file()]
    path.write_bytes(b"hell")
    answer = await north.http.get(url)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    [error] = answer.json()["errors"]
    assert error["message"] == "The storage of files is unavailable or full. Try again later."
    path.unlink()
    assert (await north.http.get(url)).status_code == 503


async def test_what_is_sent_is_a_whole_file_as_it_is(north):
    upload = (await north.ask(CREATE, name="x"))["createFileUpload"]["fileUpload"]
    for fields in ({"content-encoding": "gzip"}, {"content-range": "bytes 0-4/9"}):
        answer = await north.http.put(upload["uploadUrl"], content=b"hello", headers=fields)
        assert answer.status_code == 400
    for method in ("POST", "GET", "DELETE"):
        assert (await north.http.request(method, upload["uploadUrl"])).status_code == 405


async def test_few_files_of_an_organization_come_at_once(north):
    held, go_on = asyncio.Event(), asyncio.Event()

    async def slowly():
        yield b"he"
        held.set()
        await go_on.wait()
        yield b"llo"

    url = await url_of(north)
    upload = (await north.ask(CREATE, name="x"))["createFileUpload"]["fileUpload"]
    sending = asyncio.create_task(north.http.put(upload["uploadUrl"], content=slowly()))
    await held.wait()
    answer = await north.http.get(url)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_MANY_REQUESTS"
    go_on.set()
    assert (await sending).json()["sha256"] == SHA256
    assert (await north.http.get(url)).status_code == 200


async def test_who_goes_away_leaves_nothing(north, settings):
    upload = (await north.ask(CREATE, name="x"))["createFileUpload"]["fileUpload"]

    async def broken():
        yield b"he"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await north.http.put(upload["uploadUrl"], content=broken())
    assert [each for each in Path(settings.storage_url).rglob("*") if each.is_file()] == []


async def test_pages_of_an_origin_that_may_call_may_send_files(north):
    upload = (await north.ask(CREATE, name="x"))["createFileUpload"]["fileUpload"]
    asked = {"origin": "https://app.example.com", "access-control-request-method": "PUT"}
    answer = await north.http.options(upload["uploadUrl"], headers=asked)
    assert answer.status_code == 200
    assert "PUT" in answer.headers["access-control-allow-methods"]
    answer = await north.http.put(upload["uploadUrl"], content=b"x", headers={"origin": asked["origin"]})
    readable = answer.headers["access-control-expose-headers"].lower()
    for name in ("etag", "content-range", "content-disposition", "accept-ranges"):
        assert name in readable


async def test_a_customers_token_sends_nothing(database, database_url, north, settings):
    async with open_graph(database, database_url, "north", ALL, settings, customer_id="cus1") as caller:
        [(code, _)] = await caller.refused(CREATE, name="x")
        assert code == "FORBIDDEN"
