"""`gateway organization`, `gateway token` and `gateway touch`."""

from enum import StrEnum
from typing import Annotated

import typer

from gateway import administration
from gateway.commands.options import (
    DatabaseUrl,
    OneOrganization,
    OrganizationId,
    names_organization,
    with_database,
)
from gateway.db.tables import OrganizationKind
from gateway.instants import parse_instant
from gateway.resolvers.viewer import Scope
from gateway.settings import SettingError


def create_organization(
    name: Annotated[str, typer.Argument(help="The organization's name.")],
    database: DatabaseUrl = None,
    kind: Annotated[
        OrganizationKind, typer.Option(help="Which side of trade it is on.")
    ] = OrganizationKind.NONE,
    timezone: Annotated[str, typer.Option(help="IANA name of its account's time zone.")] = "UTC",
) -> None:
    """Make an organization and print its id."""
    typer.echo(
        with_database(
            database,
            lambda store: administration.create_organization(store, name, kind=kind, timezone=timezone),
        )
    )


def touch(
    organization: OneOrganization = None,
    database: DatabaseUrl = None,
) -> None:
    """Say that data were changed past the gateway: no answer from before is called unchanged any more."""
    touched = with_database(database, lambda store: administration.touch(store, organization))
    typer.echo(f"{touched} data {'version' if touched == 1 else 'versions'} moved.")


class OwnApproval(StrEnum):
    """Whether who asks for a connection may approve it themselves."""

    ALLOW = "allow"
    FORBID = "forbid"


def update_organization(
    organization: Annotated[
        str, typer.Argument(metavar="ID", help="The organization's id.", callback=names_organization)
    ],
    own_approval: Annotated[
        OwnApproval, typer.Option(help="Whether who asks for a connection may approve it themselves.")
    ],
    database: DatabaseUrl = None,
) -> None:
    """Change what an organization allows."""
    is_allowed = own_approval is OwnApproval.ALLOW
    with_database(database, lambda store: administration.allow_own_approval(store, organization, is_allowed))
    typer.echo("Changed.")


def create_token(
    organization: OrganizationId,
    name: Annotated[str, typer.Option(help="What the token is for.")] = "token",
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="What it allows; repeat the option for several. By default: read."),
    ] = None,
    person: Annotated[str | None, typer.Option(metavar="ID", help="Whom it belongs to.")] = None,
    customer: Annotated[
        str | None, typer.Option(metavar="ID", help="Limits it to this customer's connected accounts.")
    ] = None,
    expires_at: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help="RFC 3339, or a date; by default it does not expire."),
    ] = None,
    database: DatabaseUrl = None,
) -> None:
    """Make a token and print it; it is not shown again. Its id, for `token revoke`, goes to standard error."""
    try:
        expiry = None if expires_at is None else parse_instant(expires_at)
    except ValueError as error:
        raise SettingError(f"--expires-at: {error}") from None
    token_id, token = with_database(
        database,
        lambda store: administration.create_token(
            store,
            organization,
            name=name,
            scopes=scope or [Scope.READ],
            person_id=person,
            customer_id=customer,
            expires_at=expiry,
        ),
    )
    typer.echo(f"id: {token_id}", err=True)
    typer.echo(token)


def revoke_token(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id, not the token.")],
    organization: OrganizationId,
    database: DatabaseUrl = None,
) -> None:
    """Revoke a token; every process stops accepting it within five seconds."""
    with_database(database, lambda store: administration.revoke_token(store, organization, token_id))
    typer.echo("Revoked.")
