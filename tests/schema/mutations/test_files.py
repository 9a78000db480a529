"""Files: sent to a URL, completed, fetched by another, and deleted with what they left."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from gateway.db import tables as db
from gateway.db.file_uploads import GRACE
from gateway.db.ids import now
from gateway.db.rotation import rotate_keys
from gateway.db.vault import Vault, new_key
from gateway.limits import Limits
from gateway.resolvers.file_sweeping import objects_of, sweep
from gateway.settings import Settings
from tests.data import events_of
from tests.graph import gid, open_graph
from tests.schema.mutations.conftest import ALL, SHA256

pytestmark = pytest.mark.anyio

CREATE = """mutation ($input: CreateFileUploadInput!) { createFileUpload(input: $input) {
    fileUpload { id uuid name contentType size sha256 uploadUrl file { id } } errors { code message path } } }"""
COMPLETE = """mutation ($input: CompleteFileUploadInput!) { completeFileUpload(input: $input) {
    file { id uuid name contentType size sha256 downloadUrl connectionRequests { nodes { uuid } } }
    fileEdge { cursor } errors { code message path } } }"""
DELETE = """mutation ($input: DeleteFileInput!) { deleteFile(input: $input) {
    deletedId file { name } errors { code message path } } }"""
NAMES = '{ files(filter: {createdAt: {gt: "2020-01-01"}}) { totalCount nodes { name } } }'


@pytest.fixture
def settings(database_url, tmp_path):
    return Settings(database_url=database_url, token_cache_seconds=0, storage_url=str(tmp_path / "files"))


@pytest.fixture
async def ada(two, database_url, settings):
    async with open_graph(two, database_url, "north", ALL, settings, person_id="ada") as caller:
        yield caller


def files_in(settings):
    return sorted(path for path in Path(settings.storage_url).rglob("*") if path.is_file())


async def made(caller, **given):
    answer = (await caller.ask(CREATE, input={"name": "prices.csv", **given}))["createFileUpload"]
    assert answer["errors"] == []
    return answer["fileUpload"]


async def completed(caller, upload, **given):
    return (await caller.ask(COMPLETE, input={"id": upload["id"], **given}))["completeFileUpload"]


async def sent(caller, content=b"hello", **given):
    upload = await made(caller, **given)
    assert (await caller.http.put(upload["uploadUrl"], content=content)).status_code == 200
    return upload


async def test_a_file_is_there_when_all_of_it_is(ada, two):
    given = {"name": "../in/prices.csv", "contentType": "text/csv", "size": 5, "sha256": SHA256.upper()}
    upload = await made(ada, **given)
    uuid = upload["uuid"]
    url = upload.pop("uploadUrl")
    shown = {"name": "prices.csv", "contentType": "text/csv", "size": 5, "sha256": SHA256}
    assert upload == {"id": gid("FileUpload", uuid), "uuid": uuid, **shown, "file": None}
    answer = await ada.http.put(url, content=b"hello")
    assert (answer.status_code, answer.json()) == (200, {"size": 5, "sha256": SHA256})
    assert answer.headers["etag"] == f'"{SHA256}"'
    assert await ada.ask(NAMES) == {"files": {"totalCount": 0, "nodes": []}}
    assert await ada.ask(f'{{ node(id: "{gid("File", uuid)}") {{ id }} }}') == {"node": None}
    done = await completed(ada, upload, connectionRequestId=gid("ConnectionRequest", "r2"))
    assert done["errors"] == []
    download = done["file"].pop("downloadUrl")
    assert done["file"] == {
        "id": gid("File", uuid),
        "uuid": uuid,
        **shown,
        "connectionRequests": {"nodes": [{"uuid": "r2"}]},
    }
    assert await ada.ask(NAMES) == {"files": {"totalCount": 1, "nodes": [{"name": "prices.csv"}]}}
    assert (await ada.http.get(download)).content == b"hello"
    assert [each.type for each in await events_of(two, "north")][-5:] == [
        "token.created",
        "file_upload.created",
        "file.created",
        "file.attached",
        "connection_request.updated",
    ]
    again = await completed(ada, upload)
    assert (again["errors"], again["file"]["id"]) == ([], done["file"]["id"])
    assert (await ada.http.put(url, content=b"other")).status_code == 409
    assert (await ada.http.get(download)).content == b"hello"


async def test_what_is_not_what_was_announced_is_no_file(ada):
    told = {
        "5 bytes were sent, 6 were announced.": {"size": 6},
        f"What was sent has the SHA-256 {SHA256}, {'0' * 64} was announced.": {"sha256": "0" * 64},
    }
    for message, announced in told.items():
        refused = await completed(ada, await sent(ada, **announced))
        error = {"code": "BAD_USER_INPUT", "message": message, "path": []}
        assert (refused["file"], refused["errors"]) == (None, [error])
    assert (await ada.ask(NAMES))["files"]["totalCount"] == 0


async def test_what_was_sent_last_counts_and_nothing_else_stays(ada, settings):
    upload = await sent(ada, b"wrong", sha256=SHA256)
    assert len((await completed(ada, upload))["errors"]) == 1
    assert (await ada.http.put(upload["uploadUrl"], content=b"hello")).status_code == 200
    assert [path.read_bytes() for path in files_in(settings)] == [b"hello"]
    assert (await completed(ada, upload))["errors"] == []


async def test_an_upload_that_could_become_no_file_is_not_made(ada):
    too_much = f"The file has {2**62:.12g} bytes, 104857600 are allowed."
    for given, member, message in (
        ({"size": -1}, "size", "A size is not negative."),
        ({"sha256": "abc"}, "sha256", "A SHA-256 has 64 hexadecimal digits."),
        ({"name": "x" * 501}, "name", "The text takes at most 500 characters, not 501."),
        ({"size": 2**62}, "size", too_much),
    ):
        refused = (await ada.ask(CREATE, input={"name": "x", **given}))["createFileUpload"]
        error = {"code": "BAD_USER_INPUT", "message": message, "path": [member]}
        assert refused == {"fileUpload": None, "errors": [error]}


async def test_nothing_comes_of_an_upload_that_nothing_was_sent_to(ada, two, settings):
    upload = await made(ada)
    [error] = (await completed(ada, upload))["errors"]
    assert error["code"] == "CONFLICT"
    other = await sent(ada)
    for path in files_in(settings):
        path.unlink()
    [error] = (await completed(ada, other))["errors"]
    assert error["code"] == "CONFLICT"
    unknown = await completed(ada, {"id": gid("FileUpload", "nobody")})
    assert unknown["errors"] == [
        {"code": "NOT_FOUND", "message": "There is no such file upload.", "path": ["id"]}
    ]


async def test_a_file_goes_with_its_bytes_once_nothing_has_it(ada, settings):
    upload = await sent(ada)
    file = (await completed(ada, upload, connectionRequestId=gid("ConnectionRequest", "r2")))["file"]
    refused = (await ada.ask(DELETE, input={"id": file["id"]}))["deleteFile"]
    assert refused == {
        "deletedId": None,
        "file": None,
        "errors": [
            {
                "code": "CONFLICT",
                "message": "The file is attached to a connection request. Detach it first.",
                "path": [],
            }
        ],
    }
    detach = "mutation ($input: DetachFileInput!) { detachFile(input: $input) { errors { message } } }"
    given = {"connectionRequestId": gid("ConnectionRequest", "r2"), "fileId": file["id"]}
    await ada.ask(detach, input=given)
    rehearsed = (await ada.ask(DELETE, input={"id": file["id"], "dryRun": True}))["deleteFile"]
    assert rehearsed["deletedId"] == file["id"]
    assert len(files_in(settings)) == 1
    gone = (await ada.ask(DELETE, input={"id": file["id"]}))["deleteFile"]
    assert gone == {"deletedId": file["id"], "file": None, "errors": []}
    assert files_in(settings) == []
    assert (await ada.http.get(file["downloadUrl"])).status_code == 404
    [error] = (await completed(ada, upload))["errors"]
    assert error["code"] == "NOT_FOUND"


async def end(database, upload, before):
    """Have an upload's time be over since some time."""
    table = db.file_uploads
    statement = update(table).where(table.c.id == upload["uuid"]).values(expires_at=now() - before)
    async with database.transaction() as transaction:
        await transaction.run_many(database.prepare(("test", upload["uuid"]), lambda: statement), [{}])


async def test_what_never_became_a_file_is_swept_and_files_are_not(ada, two, settings):
    kept, left, late = [await sent(ada, content) for content in (b"kept", b"left", b"late")]
    download = (await completed(ada, kept))["file"]["downloadUrl"]
    for upload in (kept, left):
        await end(two, upload, GRACE + timedelta(minutes=1))
    await end(two, late, timedelta(minutes=1))
    [error] = (await completed(ada, late))["errors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["id"])
    assert (await ada.http.put(late["uploadUrl"], content=b"x")).status_code == 404
    assert await sweep(two, objects_of(settings)) == 2
    assert [path.read_bytes() for path in files_in(settings)] == [b"kept", b"late"]
    rows = await two.fetch(two.prepare(("test",), lambda: select(db.file_uploads.c.id)), {})
    assert {row.id for row in rows} == {"sent", "u1", late["uuid"]}
    assert (await ada.http.get(download)).content == b"kept"


async def test_a_url_is_good_for_one_thing_and_a_while(ada, two, database_url, settings):
    upload = await sent(ada)
    file = (await completed(ada, upload))["file"]
    download, another = file["downloadUrl"], await made(ada)
    path, text = download.split("=")
    tried = {
        "another's": download.replace(text, another["uploadUrl"].split("=")[1]),
        "nothing": "/files",
        "no signature": f"{path}={text.partition('.')[0]}",
        "another signature": f"{path}={text.partition('.')[0]}.{'A' * 43}",
        "garbage": f"{path}=%00.%ff",
        "another payload": f"{path}=WzFd.{text.partition('.')[2]}",
        "no texts": f"{path}=WyJyZWFkIixbXSwieCIsMTAwMDAwMDAwMDAwLG51bGxd.{text.partition('.')[2]}",
    }
    for url in tried.values():
        answer = await ada.http.get(url)
        assert (answer.status_code, answer.json()) == (
            404,
            {
                "errors": [
                    {
                        "message": "This URL is not valid, or has expired.",
                        "extensions": {"code": "NOT_FOUND"},
                    }
                ]
            },
        )
    assert (await ada.http.put(download.replace("/files", "/uploads"), content=b"x")).status_code == 404


async def test_a_url_ends_with_its_time_and_with_its_token(two, database_url, settings):
    brief = Settings(
        database_url=database_url,
        token_cache_seconds=0,
        storage_url=settings.storage_url,
        public_url="https://gateway.example/",
        download_seconds=1,
    )
    async with open_graph(two, database_url, "north", ALL, brief, person_id="ada") as caller:
        file = (await completed(caller, await sent(caller)))["file"]
        assert file["downloadUrl"].startswith("https://gateway.example/files?signed=")
        async with open_graph(two, database_url, "north", ALL, settings, person_id="ada") as other:
            query = f'{{ node(id: "{file["id"]}") {{ ... on File {{ downloadUrl }} }} }}'
            url = (await other.ask(query))["node"]["downloadUrl"]
            assert (await other.http.get(url)).status_code == 200
            [token] = [row for row in (await events_of(two, "north")) if row.type == "token.created"][-1:]
            revoke = "mutation ($input: RevokeApiTokenInput!) { revokeApiToken(input: $input) { errors { message } } }"
            await caller.ask(revoke, input={"id": gid("ApiToken", token.subject_id)})
            assert (await caller.http.get(url)).status_code == 404


async def test_urls_outlive_the_keys_that_seal_what_signs_them(ada, two, tmp_path):
    key_file = tmp_path / "keys"
    key_file.touch(0o600)
    key_file.write_text(new_key())
    two.vault = Vault((), key_file)
    file = (await completed(ada, await sent(ada)))["file"]
    before = key_file.read_text()
    done = await rotate_keys(two)
    assert done.sealed == 1
    assert done.dropped
    assert key_file.read_text() != before
    two.vault = Vault((), key_file)  # as another process has it, which never knew the key that is gone
    assert (await ada.http.get(file["downloadUrl"])).content == b"hello"


async def test_a_key_signs_for_a_month_and_the_one_before_it_is_good_still(ada, two):
    month_old = update(db.signing_keys).values(created_at=now() - timedelta(days=30))
    urls = [(await completed(ada, await sent(ada)))["file"]["downloadUrl"] for _ in range(3)]
    for good in ([200] * 3, [404] * 3):
        async with two.transaction() as transaction:
            await transaction.run_many(two.prepare(("older",), lambda: month_old), [{}])
        urls.append((await completed(ada, await sent(ada)))["file"]["downloadUrl"])
        assert [(await ada.http.get(each)).status_code for each in urls] == [*good, *[200] * (len(urls) - 3)]


async def test_without_encryption_keys_there_are_no_files(ada, two):
    two.vault = Vault()
    answer = await ada.post(CREATE, {"input": {"name": "x"}})
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["message"] == (
        "Files are not served: the gateway has no encryption keys. Its operator has to set them."
    )


async def test_who_may_only_read_is_given_no_url_to_send_to(ada, two, database_url, settings):
    upload = await made(ada)
    query = f'{{ node(id: "{upload["id"]}") {{ ... on FileUpload {{ uploadUrl expiresAt createdAt }} }} }}'
    assert (await ada.ask(query))["node"]["uploadUrl"]
    async with open_graph(two, database_url, "north", ("read", "secrets"), settings) as reader:
        assert await reader.ask(query) == {"node": None}


async def test_a_key_makes_one_upload(ada):
    ada.http.headers["idempotency-key"] = '"once"'
    first, second = [await made(ada) for _ in range(2)]
    assert first["id"] == second["id"]


async def test_too_much_is_refused_before_and_while_it_comes(two, database_url, settings):
    few = Settings(
        database_url=database_url,
        storage_url=settings.storage_url,
        limits=settings.limits.decided(file_bytes="4"),
    )
    async with open_graph(two, database_url, "north", ALL, few, person_id="ada") as caller:
        upload = await made(caller)
        told = await caller.http.put(upload["uploadUrl"], content=b"hello")
        untold = await caller.http.put(upload["uploadUrl"], content=chunked(b"hel", b"lo"))
        assert (told.status_code, untold.status_code) == (413, 413)
        for answer, counted in ((told, "5"), (untold, "at least 5")):
            [error] = answer.json()["errors"]
            assert error == {
                "message": f"The file has {counted} bytes, 4 are allowed.",
                "extensions": {"code": "BODY_TOO_LARGE", "limit": "file_bytes", "price": 5, "cap": 4},
            }
        assert files_in(settings) == []
        assert (await caller.http.put(upload["uploadUrl"], content=b"hell")).status_code == 200


async def chunked(*pieces):
    for each in pieces:
        yield each


async def test_a_large_file_comes_and_goes_in_pieces(ada):
    content = bytes(range(256)) * 4096 * 3
    upload = await sent(ada, content, size=len(content))
    file = (await completed(ada, upload))["file"]
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert (await ada.http.get(file["downloadUrl"])).content == content
    part = await ada.http.get(file["downloadUrl"], headers={"range": "bytes=1000000-2000000"})
    assert part.content == content[1000000:2000001]


async def test_what_an_object_store_took_itself_is_copied_and_read_back(two, database_url):
    direct = Settings(
        database_url=database_url,
        token_cache_seconds=0,
        storage_url="memory:///direct",
        storage_direct_uploads=True,
        limits=Limits().decided(file_bytes="5"),
    )
    objects = objects_of(direct)
    create = CREATE.replace("uploadUrl ", "")
    async with open_graph(two, database_url, "north", ALL, direct, person_id="ada") as caller:
        given = {"name": "x", "sha256": SHA256}
        upload = (await caller.ask(create, input=given))["createFileUpload"]["fileUpload"]
        sent_to = f"{upload['uuid']}/direct"
        told = []
        for content in (None, b"too much", b"other", b"hello"):
            if content is not None:  # as the caller does, at a URL of the store's own
                await objects.put(sent_to, chunked(content))
            done = await completed(caller, upload)
            told += [(each["code"], each["message"][:20]) for each in done["errors"]]
        assert told == [
            ("CONFLICT", "The upload's URL has"),
            ("CONFLICT", "The file has 8 bytes"),
            ("BAD_USER_INPUT", "What was sent has th"),
        ]
        await objects.put(sent_to, chunked(b"late."))  # whose URL is good for a while
        assert (await completed(caller, upload))["file"]["sha256"] == SHA256
        assert (await caller.http.get(done["file"]["downloadUrl"])).content == b"hello"
