"""Mutations of the parts of a connection request: its feeds and its files."""

import strawberry

from gateway.resolvers import part_changes
from gateway.schema.connection_requests import AS_GIVEN, ConnectionRequest
from gateway.schema.files import File
from gateway.schema.integrations import Integration
from gateway.schema.mutations.declaring import mutation
from gateway.schema.mutations.files import LATEST_FIRST
from gateway.schema.mutations.payloads import edge_field, object_field
from gateway.schema.node import global_id
from gateway.schema.rows import computed


def detached_id(file_id: str | None) -> str | None:
    """The global id of the detached file."""
    return None if file_id is None else global_id(file_id, type_name="File")


ATTACHED = {
    "file": object_field(File, "The attached file.", "file_id"),
    "file_edge": edge_field(
        File, LATEST_FIRST, "The attached file as an edge, to add to a list in your cache.", "file_id"
    ),
}
DETACHED = {
    "detached_id": (
        strawberry.ID | None,
        computed(detached_id, description="The global id of the detached file. Null if it was not detached."),
    )
}

MUTATIONS = (
    mutation(
        part_changes.create_integration,
        Integration,
        edge=AS_GIVEN,
        description="Adds an integration (a data feed) to a connection request, after its other integrations",
    ),
    mutation(part_changes.update_integration, Integration, description="Changes an integration"),
    mutation(
        part_changes.delete_integration,
        Integration,
        deletes=True,
        description="Deletes an integration from its connection request",
    ),
    mutation(
        part_changes.attach_file,
        ConnectionRequest,
        more=ATTACHED,
        description="Attaches a file to a connection request, after its other files",
    ),
    mutation(
        part_changes.detach_file,
        ConnectionRequest,
        more=DETACHED,
        description="Detaches a file from a connection request. The file itself is kept",
    ),
)
