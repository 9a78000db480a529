"""Uploads: made, sent to a URL, and completed. No file is there before its bytes are."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from gateway.db import file_uploads
from gateway.db import tables as db
from gateway.db.ids import new_id, now
from gateway.db.statements import Row
from gateway.events import Event
from gateway.resolvers.context import Context
from gateway.resolvers.errors import ChangeProblem, Conflict, ErrorCode, Rejected
from gateway.resolvers.file_sweeping import objects_of
from gateway.resolvers.file_urls import UPLOADS, have_signing_key, signed_url
from gateway.resolvers.files import ATTACHED_TO, attach, make_file
from gateway.resolvers.inputs import Reference, RuleInput, Size, said
from gateway.resolvers.problems import Problems
from gateway.resolvers.request_inputs import RequestId
from gateway.resolvers.rules import Outcome, rule, target
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite, Write
from gateway.settings import Settings
from gateway.storage.names import file_name
from gateway.storage.objects import NoSuchObject, Objects
from gateway.storage.receiving import measure

DIRECT: Final = "direct"
"""The name, behind an upload's id, under which an object store itself takes what is sent."""

_SHA256: Final = re.compile(r"[0-9A-Fa-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFileUpload(RuleInput):
    """A file that is about to be sent."""

    table = db.file_uploads
    name: str = said(
        "The name of the file, such as `items.csv`. A path before the name is removed.", like=db.files.c.name
    )
    content_type: str | None = said("The media type, such as `text/csv`.", None, like=db.files.c.content_type)
    size: Size | None = said(
        "The size in bytes, if you know it. The upload is refused if another size is sent.", None
    )
    sha256: str | None = said(
        "The SHA-256 digest of the content, if you know it: 64 hexadecimal digits. The upload is refused if other "
        "content is sent.",
        None,
    )

    def check(self, problems: Problems) -> None:
        """Note a size and a digest that no file has."""
        if self.size is not None and self.size < 0:
            problems.add("A size is not negative.", "size")
        if self.sha256 is not None and not _SHA256.fullmatch(self.sha256):
            problems.add("A SHA-256 has 64 hexadecimal digits.", "sha256")


@rule(Scope.WRITE)
async def create_file_upload(write: ViewerWrite, given: NewFileUpload) -> Outcome:
    """Make the place that a file is sent to.

    Raises:
        Rejected: it would be larger than a file may be.
    """
    settings = write.context.settings
    limit = settings.limits.file_bytes
    if given.size is not None and given.size > limit.enforced:
        problem = ChangeProblem(ErrorCode.BAD_USER_INPUT, limit.refusal(given.size), ("size",))
        raise Rejected([problem])
    upload_id = await insert_upload(
        write,
        name=file_name(given.name),
        content_type=given.content_type,
        size=given.size,
        sha256=given.sha256.lower() if given.sha256 else None,
    )
    write.happened(Event("file_upload.created", db.file_uploads.name, upload_id))
    return Outcome(upload_id)


async def insert_upload(write: ViewerWrite, **columns: object) -> str:
    """Make an upload, which ends when the operator says; returns its id."""
    await have_signing_key(write)
    expires_at = write.at + timedelta(seconds=write.context.settings.upload_seconds)
    [upload_id] = await write.insert(db.file_uploads, [{**columns, "expires_at": expires_at}])
    return upload_id


async def upload_urls(context: Context, ids: Sequence[str]) -> list[str | None]:
    """Where each upload is sent to, in order; None for one that is complete or whose time is over.

    Raises:
        StorageFailure: an object store does not sign.
        Unavailable: the operator's encryption keys are gone.
    """
    rows = await context.rows(db.file_uploads, ids, columns=("expires_at", "completed_at"))
    urls: list[str | None] = []
    for upload_id in ids:
        row = rows.get(upload_id)
        if row is None or row.completed_at is not None or (left := row.expires_at - now()) <= timedelta(0):
            urls.append(None)
            continue
        url = None
        if context.settings.storage_direct_uploads:
            objects = objects_of(context.settings)
            url = await objects.signed_put(f"{upload_id}/{DIRECT}", left.total_seconds())
        urls.append(url or await signed_url(context, UPLOADS, Scope.WRITE, upload_id, row.expires_at))
    return urls


@dataclass(frozen=True, slots=True, kw_only=True)
class FileUploadToComplete(RuleInput):
    """Which upload is to become a file."""

    table = db.file_uploads
    id: Annotated[str, Reference(db.file_uploads, is_target=True)] = said("The global id of the upload.")
    connection_request_id: RequestId | None = said(ATTACHED_TO, None)


async def read_back(context: Context, given: FileUploadToComplete) -> None:
    """Look whether what was sent is there; what an object store took itself is read and noted.

    What it took is copied first: the URL that it was sent to stays good for a while.

    Raises:
        Conflict: it is not.
        StorageFailure: the storage does not say.
    """
    columns = ("storage_key", "received_size", "completed_at")
    rows = await context.rows(db.file_uploads, [given.id], columns=columns)
    row = rows.get(given.id)
    if row is None or row.completed_at is not None:
        return
    objects = objects_of(context.settings)
    if context.settings.storage_direct_uploads:
        with suppress(NoSuchObject):  # nothing was sent there, or it was taken over before
            await _take_over(context, row.id, objects)
            return
    try:
        is_there = row.storage_key is None or await objects.size(row.storage_key) == row.received_size
    except NoSuchObject:
        is_there = False
    if not is_there:
        raise _not_there()


def _not_there() -> Conflict:
    return Conflict("The upload's URL has no content yet. Send the content, then complete the upload.")


async def _take_over(context: Context, upload_id: str, objects: Objects) -> None:
    """Have what an object store took under a key that nobody else can write.

    Raises:
        NoSuchObject: it took nothing.
        Conflict: it is more than a file may have.
        StorageFailure: it cannot be read.
    """
    source, key = f"{upload_id}/{DIRECT}", f"{upload_id}/{new_id()}"
    limit = context.settings.limits.file_bytes
    if (size := await objects.size(source)) > limit.enforced:
        await objects.delete(source)
        raise Conflict(limit.refusal(size))
    await objects.copy(source, key)
    received = await measure(objects, key)
    assert not isinstance(context.reader, Write)
    await file_uploads.note_received(
        context.reader,
        context.viewer.organization_id,
        upload_id,
        storage_key=key,
        size=received.size,
        sha256=received.sha256,
        until=now(),
    )
    await objects.delete(source)


@rule(Scope.WRITE, beforehand=read_back)
async def complete_file_upload(write: ViewerWrite, given: FileUploadToComplete) -> Outcome:
    """Make a file of what was sent; completed again, an upload is the same file.

    Raises:
        Rejected: there is no such upload, its time is over, or what came is not what was announced.
        Conflict: nothing was sent.
    """
    upload = await target(write, db.file_uploads, given.id)
    if upload.completed_at is None:
        _check_received(upload, write.context.settings)
        await make_file(write, upload)
    elif not await write.rows(db.files, [upload.id]):
        raise _gone("The file of this upload was deleted.")
    await attach(write, given.connection_request_id, upload.id)
    return Outcome(upload.id)


def _check_received(upload: Row, settings: Settings) -> None:
    # Only now that the row is locked: what is over is swept soon.
    if upload.expires_at <= now():
        raise _gone("The upload has expired. Create another one.")
    if upload.storage_key is None:
        raise _not_there()
    problems, limit = Problems(), settings.limits.file_bytes
    if upload.received_size > limit.enforced:
        problems.add(limit.refusal(upload.received_size))
    if upload.size not in (None, upload.received_size):
        problems.add(f"{upload.received_size} bytes were sent, {upload.size} were announced.")
    if upload.sha256 not in (None, upload.received_sha256):
        problems.add(
            f"What was sent has the SHA-256 {upload.received_sha256}, {upload.sha256} was announced."
        )
    problems.settle()


def _gone(message: str) -> Rejected:
    return Rejected([ChangeProblem(ErrorCode.NOT_FOUND, message, ("id",))])
