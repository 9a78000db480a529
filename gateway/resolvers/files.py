"""Files: made of what was sent, by a URL or with a request, and deleted with their bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from gateway.db import tables as db
from gateway.db.failures import Refused, Rule
from gateway.db.statements import Row
from gateway.events import Event
from gateway.resolvers.errors import Conflict
from gateway.resolvers.file_sweeping import sweep_now
from gateway.resolvers.inputs import Reference, RuleInput, said
from gateway.resolvers.part_changes import FileOfRequest, attach_file
from gateway.resolvers.request_inputs import RequestId
from gateway.resolvers.rules import Outcome, rule, target
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite
from gateway.storage.names import file_name
from gateway.storage.receiving import ReceivedFile

ATTACHED_TO: Final = (
    "The global id of a connection request. If it is given, the file is attached to the request, after its other "
    "files."
)


async def make_file(write: ViewerWrite, upload: Row) -> None:
    """Make the file of an upload that is locked, of what was sent for it; it has the upload's id."""
    columns = {
        "name": upload.name,
        "content_type": upload.content_type,
        "size": upload.received_size,
        "sha256": upload.received_sha256,
        "storage_key": upload.storage_key,
    }
    await _insert_file(write, upload, columns)


async def _insert_file(write: ViewerWrite, upload: Row, columns: Mapping[str, Any]) -> None:
    await write.insert(db.files, [{"id": upload.id, "position": 0, **columns}])
    await write.update_each(db.file_uploads, {upload.id: {"completed_at": write.at}}, before=[upload])
    write.happened(Event("file.created", db.files.name, upload.id))


async def attach(write: ViewerWrite, request_id: str | None, file_id: str) -> None:
    """Attach a new file to a request, if to any.

    Raises:
        Rejected: there is no such request.
    """
    if request_id is not None:
        await attach_file(write, FileOfRequest(connection_request_id=request_id, file_id=file_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile(RuleInput):
    """A file that came with the request."""

    table = db.files
    file: ReceivedFile = said(
        "The file: a part of the multipart request. Set the variable to null, and let the `map` of the request point "
        "to it."
    )
    name: str | None = said("The name of the file. Default: the file name of the part.", None)
    connection_request_id: RequestId | None = said(ATTACHED_TO, None)


@rule(Scope.WRITE)
async def upload_file(write: ViewerWrite, given: NewFile) -> Outcome:
    """Keep a file that came with the request."""
    await _take(write, given.file, given.name)
    await attach(write, given.connection_request_id, given.file.upload_id)
    return Outcome(given.file.upload_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFiles(RuleInput):
    """Files that came with the request."""

    table = db.files
    files: tuple[ReceivedFile, ...] = said(
        "The files: parts of the multipart request. If one of them is refused, none is stored."
    )
    connection_request_id: RequestId | None = said(
        "The global id of a connection request. If it is given, the files are attached to the request, after its "
        "other files.",
        None,
    )


@rule(Scope.WRITE)
async def upload_files(write: ViewerWrite, given: NewFiles) -> Outcome:
    """Keep files that came with the request, in their order."""
    for each in given.files:
        await _take(write, each, None)
        await attach(write, given.connection_request_id, each.upload_id)
    return Outcome(results=tuple(Outcome(each.upload_id) for each in given.files))


async def _take(write: ViewerWrite, file: ReceivedFile, name: str | None) -> None:
    """Make a file of what came; named twice in a request, it is one file."""
    [upload] = await write.present(db.file_uploads, [file.upload_id])
    if upload.completed_at is None:
        received = {"size": file.received.size, "sha256": file.received.sha256, "storage_key": file.key}
        named = {"name": file_name(name or file.name), "content_type": file.content_type}
        await _insert_file(write, upload, {**named, **received})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileToDelete(RuleInput):
    """Which file is to go."""

    table = db.files
    id: Annotated[str, Reference(db.files, is_target=True)] = said("The global id of the file.")


@rule(Scope.WRITE, afterwards=sweep_now)
async def delete_file(write: ViewerWrite, given: FileToDelete) -> Outcome:
    """Delete a file that no request has, with its bytes.

    Raises:
        Rejected: there is no such file.
        Conflict: it is attached.
    """
    row = await target(write, db.files, given.id, for_deletion=True)
    try:
        await write.delete(db.files, [row.id])
    except Refused as refused:
        if refused.rule is not Rule.FOREIGN_KEY:
            raise
        raise Conflict("The file is attached to a connection request. Detach it first.") from None
    write.happened(Event("file.deleted", db.files.name, row.id))
    return Outcome(deleted_id=row.id)
