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
        description="Make a URL that the bytes of a file are PUT to; no file is there before it is completed",
    ),
    mutation(
        file_uploads.complete_file_upload,
        File,
        edge=LATEST_FIRST,
        description="Make a file of what was sent to an upload's URL, if it is what was announced",
    ),
    mutation(
        files.upload_file,
        File,
        edge=LATEST_FIRST,
        description="Keep a file that comes as a part of the request itself",
    ),
    mutation(
        files.upload_files,
        File,
        edge=LATEST_FIRST,
        is_batch=True,
        description="Keep files that come as parts of the request itself, all or none of them",
    ),
    mutation(
        files.delete_file,
        File,
        deletes=True,
        description="Delete a file that is attached to no connection request, with its bytes",
    ),
)
