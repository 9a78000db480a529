"""Mutations of connection requests."""

from gateway.resolvers import decisions, request_batches, request_changes
from gateway.schema.connection_requests import LATEST_FIRST, ConnectionRequest
from gateway.schema.mutations.declaring import mutation

MUTATIONS = (
    mutation(
        request_changes.create_connection_request,
        ConnectionRequest,
        edge=LATEST_FIRST,
        description="Request a connection, with its feeds, files, items and a first comment",
    ),
    mutation(
        request_changes.update_connection_request,
        ConnectionRequest,
        description="Change a connection request and its feeds, files and items",
    ),
    mutation(
        decisions.approve_connection_request,
        ConnectionRequest,
        description="Approve a pending connection request",
    ),
    mutation(
        decisions.deny_connection_request,
        ConnectionRequest,
        description="Deny a pending connection request",
    ),
    mutation(
        decisions.cancel_connection_request,
        ConnectionRequest,
        description="Withdraw a pending connection request",
    ),
    mutation(
        request_changes.delete_connection_request,
        ConnectionRequest,
        deletes=True,
        description="Delete a connection request with its feeds, items and comments; its files and accounts stay",
    ),
    mutation(
        request_batches.create_connection_requests,
        ConnectionRequest,
        edge=LATEST_FIRST,
        is_batch=True,
        description="Request many connections: all or none of them, or each by itself",
    ),
    mutation(
        request_batches.decide_connection_requests,
        ConnectionRequest,
        is_batch=True,
        description="Approve, deny or withdraw many connection requests: all or none of them, or each by itself",
    ),
)
