"""Mutations of what belongs to a connection request: its feeds and its files."""

from gateway.resolvers import part_changes
from gateway.schema.connection_requests import AS_GIVEN, ConnectionRequest
from gateway.schema.integrations import Integration
from gateway.schema.mutations.declaring import mutation

MUTATIONS = (
    mutation(
        part_changes.create_integration,
        Integration,
        edge=AS_GIVEN,
        description="Ask for one feed more, behind the others of its request",
    ),
    mutation(part_changes.update_integration, Integration, description="Correct a feed of a request"),
    mutation(
        part_changes.delete_integration,
        Integration,
        deletes=True,
        description="Ask for a feed of a request no more",
    ),
    mutation(
        part_changes.attach_file,
        ConnectionRequest,
        description="Attach a file to a connection request, behind those that it has",
    ),
    mutation(
        part_changes.detach_file,
        ConnectionRequest,
        description="Detach a file from a connection request; the file itself stays",
    ),
)
