"""Requests with files: the cases of the specification, and what is refused.

https://github.com/jaydenseric/graphql-multipart-request-spec
"""

import json
from pathlib import Path

import pytest

from gateway.db.vault import Vault, new_key
from gateway.limits import Limits
from gateway.settings import Settings
from tests.data import NORTH, SOUTH, events_of, fill
from tests.graph import Sent, gid, open_graph
from tests.schema.mutations.conftest import ALL, SHA256

pytestmark = pytest.mark.anyio

SINGLE = """mutation ($file: Upload!) { uploadFile(input: {file: $file}) {
    file { name contentType size sha256 } errors { code message path } } }"""
LIST = """mutation ($files: [Upload!]!, $to: ID) { uploadFiles(input: {files: $files, connectionRequestId: $to}) {
    results { file { name downloadUrl } errors { message } } errors { code message path } } }"""
FORM = "multipart/form-data; boundary=x"


@pytest.fixture
def settings(database_url, tmp_path):
    return Settings(
        database_url=database_url,
        storage_url=str(tmp_path / "files"),
        limits=Limits().decided(file_bytes="9", files="2", body="1000"),
    )


@pytest.fixture
async def north(database, database_url, settings):
    database.vault = Vault([new_key()])
    await fill(database, NORTH)
    async with open_graph(database, database_url, "north", ALL, settings) as caller:
        yield caller


def files_in(settings):
    return sorted(path.read_bytes() for path in Path(settings.storage_url).rglob("*") if path.is_file())


async def test_a_single_file(north):
    answer = await north.ask(SINGLE, file=Sent("../a.txt", b"hello", "text/plain; charset=utf-8"))
    file = {"name": "a.txt", "contentType": "text/plain", "size": 5, "sha256": SHA256}
    assert answer == {"uploadFile": {"file": file, "errors": []}}


async def test_a_list_of_files_that_are_attached(north, database):
    given = {
        "files": [Sent("b.txt", b"bravo"), Sent("c.txt", b"charlie")],
        "to": gid("ConnectionRequest", "r2"),
    }
    answer = (await north.ask(LIST, **given))["uploadFiles"]
    assert answer["errors"] == []
    assert [each["file"]["name"] for each in answer["results"]] == ["b.txt", "c.txt"]
    contents = [(await north.http.get(each["file"]["downloadUrl"])).content for each in answer["results"]]
    assert contents == [b"bravo", b"charlie"]
    query = '{ connectionRequest(uuid: "r2") { uploadedFiles { nodes { name } } } }'
    assert (await north.ask(query))["connectionRequest"]["uploadedFiles"] == {
        "nodes": [{"name": "b.txt"}, {"name": "c.txt"}]
    }
    types = [each.type for each in await events_of(database, "north")]
    assert types.count("file.created") == types.count("file.attached") == 2


def form(*parts):
    """A body as it is on the wire; a part is its name, its content, and the rest of its head."""
    lines = []
    for name, content, *rest in parts:
        more = "".join(rest)
        lines.append(f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{content}\r\n')
    return "".join([*lines, "--x--\r\n"]).encode()


FILE = '; filename="a.txt"\r\nContent-Type: text/plain'
OPERATIONS = json.dumps({"query": SINGLE, "variables": {"file": None}})


async def test_a_batch_as_the_specification_has_it(north):
    operations = [
        {"query": SINGLE, "variables": {"file": None}},
        {"query": LIST, "variables": {"files": [None, None]}},
    ]
    given = {"0": ["0.variables.file"], "1": ["1.variables.files.0", "1.variables.files.1"]}
    body = form(
        ("operations", json.dumps(operations)),
        ("map", json.dumps(given)),
        ("0", "Alpha file.", FILE),
        ("1", "Bravo", FILE.replace("a.txt", "b.txt")),
    )
    north.http.headers["content-type"] = FORM
    refused = await north.http.post("/graphql", content=body)
    assert refused.status_code == 413  # the first one has 11 bytes
    answer = await north.http.post("/graphql", content=body.replace(b"Alpha file.", b"Alpha"))
    first, second = answer.json()
    assert first["data"]["uploadFile"]["file"]["name"] == "a.txt"
    # One part in two places is one file.
    assert [each["file"]["name"] for each in second["data"]["uploadFiles"]["results"]] == ["b.txt", "b.txt"]
    del north.http.headers["content-type"]
    assert (await north.ask("{ files { totalCount } }"))["files"]["totalCount"] == len(NORTH["files"]) + 2


MALFORMED = {
    "no form": b"hello",
    "nothing": b"",
    "cut off": form(("operations", OPERATIONS), ("map", '{"0": ["variables.file"]}'), ("0", "x", FILE))[:-9],
    "the map first": form(("map", "{}"), ("operations", OPERATIONS)),
    "a file first": form(("0", "x", FILE), ("operations", OPERATIONS), ("map", '{"0": ["variables.file"]}')),
    "no map": form(("operations", OPERATIONS), ("0", "x", FILE)),
    "nothing but operations": form(("operations", OPERATIONS)),
    "operations that are no JSON": form(("operations", "{"), ("map", "{}")),
    "a map that is not JSON": form(("operations", OPERATIONS), ("map", "x")),
    "a map that is a list": form(("operations", OPERATIONS), ("map", "[]")),
    "paths that are none": form(
        ("operations", OPERATIONS), ("map", '{"0": "variables.file"}'), ("0", "x", FILE)
    ),
    "no paths": form(("operations", OPERATIONS), ("map", '{"0": []}'), ("0", "x", FILE)),
    "a path to nowhere": form(
        ("operations", OPERATIONS), ("map", '{"0": ["variables.other"]}'), ("0", "x", FILE)
    ),
    "a path through null": form(
        ("operations", OPERATIONS), ("map", '{"0": ["variables.file.a"]}'), ("0", "x", FILE)
    ),
    "a path to the query": form(("operations", OPERATIONS), ("map", '{"0": ["query"]}'), ("0", "x", FILE)),
    "a path to all variables": form(
        ("operations", OPERATIONS), ("map", '{"0": ["variables"]}'), ("0", "x", FILE)
    ),
    "an empty path": form(("operations", OPERATIONS), ("map", '{"0": [""]}'), ("0", "x", FILE)),
    "a number for a member": form(
        ("operations", OPERATIONS), ("map", '{"0": ["0.variables"]}'), ("0", "x", FILE)
    ),
    "two files in one place": form(
        ("operations", OPERATIONS),
        ("map", '{"0": ["variables.file"], "1": ["variables.file"]}'),
        ("0", "x", FILE),
        ("1", "y", FILE),
    ),
    "a file that is missing": form(("operations", OPERATIONS), ("map", '{"0": ["variables.file"]}')),
    "a file that the map lacks": form(("operations", OPERATIONS), ("map", "{}"), ("0", "x", FILE)),
    "a file that comes twice": form(
        ("operations", OPERATIONS), ("map", '{"0": ["variables.file"]}'), ("0", "x", FILE), ("0", "y", FILE)
    ),
    "operations that are a number": form(
        ("operations", "5"), ("map", '{"0": ["variables.file"]}'), ("0", "x", FILE)
    ),
}


async def test_what_is_no_such_request_is_refused_and_leaves_nothing(north, settings, database):
    before = len(await events_of(database, "north"))
    for what, body in MALFORMED.items():
        answer = await north.http.post("/graphql", content=body, headers={"content-type": FORM})
        assert answer.status_code == 400, what
        assert [each["extensions"]["code"] for each in answer.json()["errors"]] == ["BAD_REQUEST"], what
    for content_type in ("multipart/form-data", 'multipart/form-data; boundary=""'):
        answer = await north.http.post("/graphql", content=b"--x--", headers={"content-type": content_type})
        assert answer.status_code == 400
    assert files_in(settings) == []
    assert len(await events_of(database, "north")) == before
    assert (await north.ask("{ files { totalCount } }"))["files"]["totalCount"] == len(NORTH["files"])


async def test_limits_of_files_and_of_what_is_none(north, settings):
    for given, status, code in (
        ({"files": [Sent()] * 3}, 400, "BAD_REQUEST"),
        ({"files": [Sent(), Sent(content=b"0123456789")]}, 413, "BODY_TOO_LARGE"),
        ({"files": [Sent()], "to": "x" * 1000}, 413, "BAD_REQUEST"),
    ):
        answer = await north.post(LIST, given)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)
    assert files_in(settings) == []


async def test_files_that_no_change_takes_go_again(north, settings):
    for query, given in (
        (
            "mutation ($file: Upload!) { uploadFile(input: {file: $file, dryRun: true}) { errors { code } } }",
            {},
        ),
        ("query ($file: Upload) { viewer { name } }", {}),
        ("mutation ($file: Upload!) { nothing(file: $file) }", {}),
        (
            """mutation ($file: Upload!, $to: ID) { uploadFile(input: {file: $file, connectionRequestId: $to}) {
               errors { code path } } }""",
            {"to": gid("ConnectionRequest", "nobody")},
        ),
    ):
        answer = await north.answer(query, file=Sent(), **given)
        assert "errors" in answer or answer["data"], answer
        assert files_in(settings) == [], query
    assert answer["data"]["uploadFile"]["errors"] == [{"code": "NOT_FOUND", "path": ["connectionRequestId"]}]


async def test_an_upload_is_nothing_that_json_could_say(north):
    [(code, message)] = await north.refused(SINGLE, file={"upload_id": "u1", "key": "u1/1"})
    assert code == "BAD_USER_INPUT"
    assert "multipart request" in message
    [(code, _)] = await north.refused('mutation { uploadFile(input: {file: "u1"}) { errors { code } } }')
    assert code in ("BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED")


async def test_the_same_file_under_the_same_key_is_one(north, settings):
    north.http.headers["idempotency-key"] = '"once"'
    first = await north.ask(SINGLE, file=Sent())
    assert await north.ask(SINGLE, file=Sent()) == first
    assert files_in(settings) == [b"hello"]
    other = await north.post(SINGLE, {"file": Sent(content=b"other")})
    assert other.status_code == 422
    assert files_in(settings) == [b"hello"]


async def test_nothing_is_taken_of_who_may_make_no_files(north, database, database_url, settings):
    await fill(database, SOUTH)
    async with open_graph(database, database_url, "south", ("read",), settings) as reader:
        answer = await reader.post(SINGLE, {"file": Sent()})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")
    async with open_graph(database, database_url, "north", ALL, settings, customer_id="cus1") as caller:
        assert (await caller.post(SINGLE, {"file": Sent()})).status_code == 403
    del north.http.headers["authorization"]
    assert (await north.post(SINGLE, {"file": Sent()})).status_code == 401
    north.http.headers["authorization"] = "Basic Z29vZA=="
    assert (await north.post(SINGLE, {"file": Sent()})).status_code == 401
    assert files_in(settings) == []
