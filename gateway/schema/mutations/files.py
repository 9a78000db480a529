"""Mutations of files."""

from gateway.resolvers import file_uploads, files
from gateway.schema.file_uploads import FileUpload
from gateway.schema.files import File
from gateway.schema.mutations.declaring import mutation

LATEST_FIRST = (("created_at", True), ("id", True))

MUTATIONS = (
    mutation(
        file_uploads.create_file_upload,
        FileUpload,
        description="Begin an upload: the bytes go by PUT to `uploadUrl`, and `completeFileUpload` makes the file",
    ),
    mutation(
        file_uploads.complete_file_upload,
        File,
        edge=LATEST_FIRST,
        description="Complete an upload: make a file of the bytes that were sent, if they are what was announced",
    ),
    mutation(
        files.upload_file,
        File,
        edge=LATEST_FIRST,
        description="Upload a file as a part of this request (multipart)",
    ),
    mutation(
        files.upload_files,
        File,
        edge=LATEST_FIRST,
        is_batch=True,
        description="Upload files as parts of this request (multipart), all or none of them",
    ),
    mutation(
        files.delete_file,
        File,
        deletes=True,
        description="Delete a file that is attached to no connection request, with its bytes",
    ),
)
