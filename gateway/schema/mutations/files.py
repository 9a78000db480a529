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
        description="Begins the upload of a file. Send the bytes with PUT to `uploadUrl`, then call "
        "`completeFileUpload`",
    ),
    mutation(
        file_uploads.complete_file_upload,
        File,
        edge=LATEST_FIRST,
        description="Completes an upload: creates a file from the bytes that were sent. Refused if their size or "
        "SHA-256 digest differs from what was announced",
    ),
    mutation(
        files.upload_file,
        File,
        edge=LATEST_FIRST,
        description="Uploads a file as a part of this multipart request",
    ),
    mutation(
        files.upload_files,
        File,
        edge=LATEST_FIRST,
        is_batch=True,
        description="Uploads files as parts of this multipart request: all or none of them",
    ),
    mutation(
        files.delete_file,
        File,
        deletes=True,
        description="Deletes a file with its content. Refused if the file is attached to a connection request",
    ),
)
