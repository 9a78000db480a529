"""Mutations of connected accounts."""

from gateway.resolvers import connected_accounts
from gateway.schema.connected_accounts import ConnectedAccount
from gateway.schema.mutations.declaring import mutation

LATEST_FIRST = (("created_at", True), ("id", True))

MUTATIONS = (
    mutation(
        connected_accounts.create_connected_account,
        ConnectedAccount,
        edge=LATEST_FIRST,
        description="Creates a connected account.",
    ),
    mutation(
        connected_accounts.update_connected_account,
        ConnectedAccount,
        description="Changes a connected account.",
    ),
    mutation(
        connected_accounts.disable_connected_account,
        ConnectedAccount,
        description="Disables a connected account. To enable it again, use `updateConnectedAccount`.",
    ),
    mutation(
        connected_accounts.delete_connected_account,
        ConnectedAccount,
        deletes=True,
        description="Deletes a connected account with its stored credentials.",
    ),
)
