"""The root of every mutation."""

from typing import Any

import strawberry

from gateway.schema.mutations import (
    administration,
    comments,
    connected_accounts,
    connection_requests,
    files,
    parts,
    webhooks,
)

MUTATIONS = {
    each.rule.name: each
    for each in (
        *connection_requests.MUTATIONS,
        *parts.MUTATIONS,
        *files.MUTATIONS,
        *comments.MUTATIONS,
        *connected_accounts.MUTATIONS,
        *administration.MUTATIONS,
        *webhooks.MUTATIONS,
    )
}
"""Every mutation by its Python name."""


def make_mutation_type() -> Any:
    """The mutation root's type. Its fields run one after the other, each in its own transaction."""
    made: dict[str, Any] = {name: each.field for name, each in MUTATIONS.items()}
    made["__annotations__"] = {name: each.kind for name, each in MUTATIONS.items()}
    made["__module__"] = __name__
    return strawberry.type(
        type("Mutation", (), made),
        description="All changes that you can make. The fields run in order, each in its own transaction.",
    )


Mutation = make_mutation_type()
