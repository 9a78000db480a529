"""Crux: its upload of files, as its document shows it, and files that requests then have."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from gateway.app import create_app
from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from gateway.limits import Limits
from gateway.settings import Settings
from tests.data import NORTH, events_of, fill
from tests.graph import open_http
from tests.vendors.gateway import make_token
from tests.vendors.openapi import check_answer

pytestmark = pytest.mark.anyio

PATH = "/timp/organizations/files/upload/"
RTF = (
    "{\\rtf1\\ansi\\ansicpg1252\\cocoartf1561\\cocoasubrtf400\n{\\fonttbl\\f0\\fswiss\\fcharset0 Helvetica;}\n"
    "\\f0\\fs24 \\cf0 My File contents}"
)
DOCUMENTED = (  # _files/upload.md, its request of Node.js
    '--__X_PAW_BOUNDARY__\r\nContent-Disposition: form-data; name="filename"\r\n\r\nmyfile\r\n'
    '--__X_PAW_BOUNDARY__\r\nContent-Disposition: form-data; name="file"; filename="MyFile.rtf"\r\n'
    f"Content-Type: text/rtf\r\n\r\n{RTF}\r\n--__X_PAW_BOUNDARY__--\r\n"
)
FORM = "multipart/form-data; charset=utf-8; boundary=__X_PAW_BOUNDARY__"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    limits = Limits().decided(file_bytes="1000")
    return Settings(
        database_url=database_url, token_cache_seconds=0, storage_url=str(tmp_path / "files"), limits=limits
    )


@pytest.fixture
async def http(database: Database, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    database.vault = Vault([new_key()])
    await fill(database, NORTH)
    token = await make_token(database, "north", "read", "write")
    async with open_http(create_app(settings, database)) as http:
        http.headers["authorization"] = f"Token {token}"
        http.event_hooks = {"response": [check_answer]}
        yield http


def files_in(settings: Settings) -> list[bytes]:
    return sorted(path.read_bytes() for path in Path(settings.storage_url).rglob("*") if path.is_file())


async def test_the_documented_example(http, database, settings) -> None:
    fields = {"content-type": FORM, "cookie": "sessionid=6tkaww9xmbj4d3fnw89zp4hewosvb94u"}
    answer = await http.post(PATH, content=DOCUMENTED.encode(), headers=fields)
    assert answer.status_code == 201
    assert list(answer.json()) == ["uuid"]
    uuid = answer.json()["uuid"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uuid)
    assert files_in(settings) == [RTF.encode()]
    query = """{ file(uuid: "%s") { name contentType size downloadUrl } }"""
    graph = (await http.post("/graphql", json={"query": query % uuid})).json()["data"]["file"]
    assert (await http.get(graph.pop("downloadUrl"))).text == RTF
    assert graph == {"name": "myfile", "contentType": "text/rtf", "size": len(RTF)}
    assert [each.type for each in await events_of(database, "north")][-1] == "file.created"
    asked = {"organization_name": "Baz", "primary_contact_name": "Ann", "uploaded_files": [uuid]}
    made = await http.post("/organizations/connections/request/", json=asked)
    shown = await http.get(f"/organizations/connections/request/{made.json()['request_uuid']}/")
    assert shown.json()["uploaded_files"] == [{"name": "myfile", "uuid": uuid}]


async def test_the_documented_curl_which_names_two_boundaries_and_sends_the_file_as_a_text(
    http, settings
) -> None:
    own = "------------------------93a4f58219038ed1"  # behind the one that it is told to send: curl 7.88
    body = (
        f'--{own}\r\nContent-Disposition: form-data; name="filename"\r\n\r\nmyfile\r\n'
        f'--{own}\r\nContent-Disposition: form-data; name="file"\r\n\r\n{RTF}\r\n--{own}--\r\n'
    )
    fields = {"content-type": f"{FORM}; boundary={own}"}
    answer = await http.post(PATH, content=body.encode(), headers=fields)
    assert answer.status_code == 201
    assert files_in(settings) == [RTF.encode()]


async def test_a_file_that_is_sent_again_has_another_id_unless_its_key_is_the_same(http, settings) -> None:
    file = {"file": ("../a.csv", b"a,b", "text/csv")}
    first, second = [(await http.post(PATH, files=file)).json() for _ in range(2)]
    assert first != second
    once = {"idempotency-key": '"once"'}
    third, again = [await http.post(PATH, files=file, headers=once) for _ in range(2)]
    assert (again.json(), again.headers["idempotency-replayed"]) == (third.json(), "true")
    assert files_in(settings) == [b"a,b"] * 3
    other = await http.post(PATH, files={"file": ("a.csv", b"c,d", "text/csv")}, headers=once)
    assert other.status_code == 422
    assert files_in(settings) == [b"a,b"] * 3


REFUSED = {
    "no file": ({"filename": (None, "x")}, 400, {"file": ["No file was submitted."]}),
    "an empty one": ({"file": ("x", b"")}, 400, {"file": ["The submitted file is empty."]}),
    "a blank name": (
        {"filename": (None, " "), "file": ("x", b"y")},
        400,
        {"filename": ["This field may not be blank."]},
    ),
    "too long a name": (
        {"filename": (None, "x" * 501), "file": ("x", b"y")},
        400,
        {"detail": "The text takes at most 500 characters, not 501."},
    ),
    "too much": (
        {"file": ("x", b"y" * 1001)},
        413,
        {"detail": "The file has at least 1001 bytes, 1000 are allowed."},
    ),
    "a name that is no text": (
        {"filename": (None, b"\xff"), "file": ("x", b"y")},
        400,
        {"detail": 'The field "filename" is not UTF-8.'},
    ),
    "too many fields": (
        {f"f{number}": (None, "x") for number in range(21)},
        413,
        {"detail": "A form must not have more than 20 fields."},
    ),
}


async def test_refusals_and_nothing_stays_of_what_was_refused(http, settings) -> None:
    for what, (files, status, body) in REFUSED.items():
        answer = await http.post(PATH, files=files)
        assert (answer.status_code, answer.json()) == (status, body), what
    answer = await http.post(PATH, json={"filename": "x"})
    assert (answer.status_code, answer.json()) == (
        415,
        {"detail": 'Unsupported media type "application/json" in request.'},
    )
    for content in (b"", b"hello", DOCUMENTED.encode()[:-9]):
        answer = await http.post(PATH, content=content, headers={"content-type": FORM})
        assert (answer.status_code, list(answer.json())) == (400, ["detail"])
    assert files_in(settings) == []


async def test_fields_that_the_form_has_not_are_passed_over(http, settings) -> None:
    more = {"x": ("x", b"y" * 5000), "file": ("a", b"b"), "y": (None, "z")}
    assert (await http.post(PATH, files=more)).status_code == 201
    assert files_in(settings) == [b"b"]
