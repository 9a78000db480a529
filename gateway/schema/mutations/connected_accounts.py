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
        description="Connect an account at another service.",
    ),
    mutation(
        connected_accounts.update_connected_account,
        ConnectedAccount,
        description="Change a connected account.",
    ),
    mutation(
        connected_accounts.disable_connected_account,
        ConnectedAccount,
        description="Disable a connected account; `updateConnectedAccount` enables it again.",
    ),
    mutation(
        connected_accounts.delete_connected_account,
        ConnectedAccount,
        deletes=True,
        description="Delete a connected account, with the credentials stored for it.",
    ),
)
