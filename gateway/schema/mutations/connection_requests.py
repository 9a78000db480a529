"""Mutations of connection requests."""

from gateway.resolvers import decisions, request_batches, request_changes
from gateway.schema.connection_requests import LATEST_FIRST, ConnectionRequest
from gateway.schema.mutations.declaring import mutation

MUTATIONS = (
    mutation(
        request_changes.create_connection_request,
        ConnectionRequest,
        edge=LATEST_FIRST,
        description="Creates a connection request with its integrations, files, requested items and a first comment",
    ),
    mutation(
        request_changes.update_connection_request,
        ConnectionRequest,
        description="Changes a connection request and its integrations, files and requested items",
    ),
    mutation(
        decisions.approve_connection_request,
        ConnectionRequest,
        description="Approves a pending connection request",
    ),
    mutation(
        decisions.deny_connection_request,
        ConnectionRequest,
        description="Denies a pending connection request",
    ),
    mutation(
        decisions.cancel_connection_request,
        ConnectionRequest,
        description="Cancels a pending connection request",
    ),
    mutation(
        request_changes.delete_connection_request,
        ConnectionRequest,
        deletes=True,
        description="Deletes a connection request with its integrations, requested items and comments. Its files and "
        "connected accounts are kept",
    ),
    mutation(
        request_batches.create_connection_requests,
        ConnectionRequest,
        edge=LATEST_FIRST,
        is_batch=True,
        description="Creates up to 100 connection requests: all or none of them, or each on its own",
    ),
    mutation(
        request_batches.decide_connection_requests,
        ConnectionRequest,
        is_batch=True,
        description="Approves, denies or cancels up to 100 connection requests: all or none of them, or each on its "
        "own",
    ),
)
