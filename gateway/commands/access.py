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
        OrganizationKind, typer.Option(help="Which side of the trade it is on.")
    ] = OrganizationKind.NONE,
    timezone: Annotated[str, typer.Option(help="IANA name of its time zone, such as Europe/Berlin.")] = "UTC",
) -> None:
    """Create an organization and print its id."""
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
    """Tell the gateway that rows were changed with SQL, so that it stops repeating earlier answers."""
    touched = with_database(database, lambda store: administration.touch(store, organization))
    typer.echo(f"{touched} data {'version' if touched == 1 else 'versions'} moved.")


class OwnApproval(StrEnum):
    """Whether people may approve requests that they made themselves."""

    ALLOW = "allow"
    FORBID = "forbid"


def update_organization(
    organization: Annotated[
        str, typer.Argument(metavar="ID", help="The organization's id.", callback=names_organization)
    ],
    own_approval: Annotated[
        OwnApproval, typer.Option(help="Whether people may approve requests that they made themselves.")
    ],
    database: DatabaseUrl = None,
) -> None:
    """Change the settings of an organization."""
    is_allowed = own_approval is OwnApproval.ALLOW
    with_database(database, lambda store: administration.allow_own_approval(store, organization, is_allowed))
    typer.echo("Changed.")


def create_token(
    organization: OrganizationId,
    name: Annotated[str, typer.Option(help="What the token is for.")] = "token",
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="What the token allows; repeat the option for several. Default: read."),
    ] = None,
    person: Annotated[str | None, typer.Option(metavar="ID", help="The person for whom it acts.")] = None,
    customer: Annotated[
        str | None, typer.Option(metavar="ID", help="Limit it to this customer's connected accounts.")
    ] = None,
    expires_at: Annotated[
        str | None,
        typer.Option(
            metavar="INSTANT", help="A time (RFC 3339) or a date. Without it, the token does not expire."
        ),
    ] = None,
    database: DatabaseUrl = None,
) -> None:
    """Create a token and print it, this once. Its id, for `token revoke`, goes to standard error."""
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
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id, not the token itself.")],
    organization: OrganizationId,
    database: DatabaseUrl = None,
) -> None:
    """Revoke a token. Every process refuses it within five seconds."""
    with_database(database, lambda store: administration.revoke_token(store, organization, token_id))
    typer.echo("Revoked.")
