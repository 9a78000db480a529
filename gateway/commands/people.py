"""`gateway person`: making people, and their passwords."""

import sys
from typing import Annotated

import typer

from gateway import administration
from gateway.commands.options import DatabaseUrl, OrganizationId, with_database
from gateway.db.database import Database
from gateway.passwords import setting
from gateway.resolvers.errors import Invalid
from gateway.resolvers.viewer import Scope

PersonId = Annotated[str, typer.Argument(metavar="ID", help="The person's id.")]


def create_person(
    organization: OrganizationId,
    first_name: Annotated[str | None, typer.Option(help="Their first name.")] = None,
    last_name: Annotated[str | None, typer.Option(help="Their last name.")] = None,
    email: Annotated[str | None, typer.Option(help="Their e-mail address.")] = None,
    phone: Annotated[str | None, typer.Option(help="Their phone number.")] = None,
    job_title: Annotated[str | None, typer.Option(help="Their job title.")] = None,
    database: DatabaseUrl = None,
) -> None:
    """Create a person and print their id, for `token create --person` and `person set-password`."""
    typer.echo(
        with_database(
            database,
            lambda store: administration.create_person(
                store,
                organization,
                first_name=first_name,
                last_name=last_name,
                email=email,
                phone=phone,
                job_title=job_title,
            ),
        )
    )


def set_password(
    person: PersonId,
    organization: OrganizationId,
    username: Annotated[
        str | None, typer.Option(help="The name to log in with; by default their e-mail address.")
    ] = None,
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="What their logins allow; repeat the option for several. Default: read."),
    ] = None,
    database: DatabaseUrl = None,
) -> None:
    """Set a person's password for logging in: the command asks for it, or reads the first line of standard input.

    If they had another password, the tokens of its logins are revoked. Logging in needs the setting GATEWAY_CRUX_LOGIN.
    """

    async def put(store: Database) -> str:
        return await setting.set_password(
            store, organization, person, _asked(), username=username, scopes=scope or [Scope.READ]
        )

    typer.echo(f"They log in as {with_database(database, put)}.")


def remove_password(person: PersonId, organization: OrganizationId, database: DatabaseUrl = None) -> None:
    """Remove a person's password, and revoke the tokens of their logins."""
    with_database(database, lambda store: setting.remove_password(store, organization, person))
    typer.echo("Removed.")


def _asked() -> str:
    """The password, which is never an argument: the arguments of a process are seen by every other one.

    Raises:
        Invalid: there is none.
    """
    if sys.stdin.isatty():
        asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return asked
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:
        raise Invalid("The password must be text in UTF-8.") from None
    if not line.strip("\r\n"):
        raise Invalid("There is no password: write it as the first line of standard input.")
    return line.rstrip("\r\n")


def erase(person: PersonId, organization: OrganizationId, database: DatabaseUrl = None) -> None:
    """Erase a person: names and addresses, tokens and password, and what events and kept answers say about them.

    Whom no request, decision or comment names is deleted; anyone else stays without a name. Free text stays as it is.
    """
    erased = with_database(database, lambda store: administration.erase_person(store, organization, person))
    typer.echo(
        "Deleted." if erased.is_deleted else "Emptied: requests, decisions or comments name this person."
    )
    others = "".join(f", {count} {name.replace('_', ' ')}" for name, count in erased.rows.items())
    typer.echo(f"With that: {erased.events} events, {erased.answers} kept answers{others}.")
