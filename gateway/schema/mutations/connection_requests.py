"""Mutations of connection requests."""

from gateway.resolvers import decisions, request_batches, request_changes
from gateway.schema.connection_requests import LATEST_FIRST, ConnectionRequest
from gateway.schema.mutations.declaring import mutation

MUTATIONS = (
    mutation(
        request_changes.create_connection_request,
        ConnectionRequest,
        edge=LATEST_FIRST,
        description="Ask for a connection, with the feeds, files and items that belong to it and a first comment",
    ),
    mutation(
        request_changes.update_connection_request,
        ConnectionRequest,
        description="Correct a connection request and what belongs to it",
    ),
    mutation(
        decisions.approve_connection_request,
        ConnectionRequest,
        description="Approve a connection request that is pending",
    ),
    mutation(
        decisions.deny_connection_request,
        ConnectionRequest,
        description="Deny a connection request that is pending",
    ),
    mutation(
        decisions.cancel_connection_request,
        ConnectionRequest,
        description="Take a connection request back that is pending",
    ),
    mutation(
        request_changes.delete_connection_request,
        ConnectionRequest,
        deletes=True,
        description="Delete a connection request with what belongs to it; its files and accounts stay",
    ),
    mutation(
        request_batches.create_connection_requests,
        ConnectionRequest,
        edge=LATEST_FIRST,
        is_batch=True,
        description="Ask for many connections, all or none of them, or each by itself",
    ),
    mutation(
        request_batches.decide_connection_requests,
        ConnectionRequest,
        is_batch=True,
        description="Decide on many connection requests, all or none of them, or each by itself",
    ),
)
