"""Mutations of files."""

from gateway.resolvers import files
from gateway.schema.file_uploads import FileUpload
from gateway.schema.files import File
from gateway.schema.mutations.declaring import mutation

LATEST_FIRST = (("created_at", True), ("id", True))

MUTATIONS = (
    mutation(
        files.create_file_upload,
        FileUpload,
        description="Make a URL that the bytes of a file are PUT to; no file is there before it is completed",
    ),
    mutation(
        files.complete_file_upload,
        File,
        edge=LATEST_FIRST,
        description="Make a file of what was sent to an upload's URL, if it is what was announced",
    ),
    mutation(
        files.delete_file,
        File,
        deletes=True,
        description="Delete a file that is attached to no connection request, with its bytes",
    ),
)
