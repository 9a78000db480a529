"""Crux's uploads of files. Requests name the ids of the files in `uploaded_files`.

Source: _files/upload.md of its repository. Its curl command sends the file as a text field, which is also accepted.
"""

from typing import Any, Final, NamedTuple, NotRequired, TypedDict

from gateway.resolvers.context import Context
from gateway.resolvers.files import NewFile, upload_file
from gateway.resolvers.rules import perform
from gateway.resolvers.viewer import Scope
from gateway.rest.calls import Call
from gateway.rest.refusals import Refusal
from gateway.rest.vendor import Endpoint
from gateway.storage.receiving import ReceivedFile
from gateway.vendors.crux.bodies import BLANK, BY_MEMBER

# In the words of its framework's FileField.
MISSING: Final = "No file was submitted."
EMPTY: Final = "The submitted file is empty."


class UploadForm(TypedDict):
    filename: NotRequired[str]
    file: bytes


class UploadedFile(TypedDict):
    uuid: str


class Upload(NamedTuple):
    """A file and the name given for it, which can differ from the name of the part."""

    file: ReceivedFile
    name: str | None


def upload_arguments(call: Call) -> Upload:
    """The file of a form.

    Raises:
        Refusal: 400, the file is missing or empty, or its name is blank.
    """
    file, name = call.form.get("file"), call.form.get("filename")
    problems: dict[str, Any] = {}
    if isinstance(name, str) and not name.strip():
        problems["filename"] = [BLANK]
    if not isinstance(file, ReceivedFile):
        problems["file"] = [MISSING]
    elif not file.received.size:
        problems["file"] = [EMPTY]
    if problems:
        raise Refusal(400, problems)
    assert isinstance(file, ReceivedFile)
    return Upload(file, name if isinstance(name, str) else None)


async def upload(context: Context, arguments: Upload) -> UploadedFile:
    """Store a file. Its id belongs to the upload, so the same file gets another id if it is sent again."""
    outcome = await perform(
        context, upload_file, NewFile(file=arguments.file, name=arguments.name), is_legacy=True
    )
    assert outcome.object_id is not None
    return {"uuid": outcome.object_id}


UPLOAD: Final[Endpoint[Upload]] = Endpoint(
    method="POST",
    path="/organizations/files/upload/",
    operation_id="uploadFile",
    summary="Upload a file",
    arguments=upload_arguments,
    answer=upload,
    mutation="upload-file",
    request=UploadForm,
    is_form=True,
    response=UploadedFile,
    status=201,
    scope=Scope.WRITE,
    refusals=(Refusal(400, {"file": [MISSING]}, schema=BY_MEMBER),),
)
