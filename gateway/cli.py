"""The `gateway` command."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import orjson
import typer

from gateway import administration, serving
from gateway.db.database import Database
from gateway.db.failures import DatabaseFailure
from gateway.db.keys import rotate_keys
from gateway.db.migrate import Unusable, migrate
from gateway.db.tables import OrganizationKind
from gateway.db.vault import VaultError
from gateway.exchange.exporting import export
from gateway.exchange.importing import import_files, work_of
from gateway.resolvers.errors import GatewayError, NotFound
from gateway.resolvers.viewer import Scope
from gateway.rest.openapi import openapi
from gateway.schema.scalars import parse_instant
from gateway.schema.schema import make_schema
from gateway.settings import SettingError, Settings
from gateway.synthetic import seeding
from gateway.vendors import VENDORS
from gateway.vendors.openint.catalogue import load_catalogue

T = TypeVar("T")

VENDORS_BY_NAME = {vendor.name: vendor for vendor in VENDORS}
VendorName = StrEnum("VendorName", list(VENDORS_BY_NAME))  # type: ignore[misc]  # typer's way to a closed set

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
connectors = typer.Typer(
    no_args_is_help=True, help="The catalogue of connectors, shown to every organization."
)
app.add_typer(connectors, name="connectors")
organizations = typer.Typer(no_args_is_help=True, help="Organizations, the owners of all data.")
tokens = typer.Typer(no_args_is_help=True, help="Access tokens.")
keys = typer.Typer(no_args_is_help=True, help="Encryption keys of the stored secrets.")
app.add_typer(keys, name="keys")
app.add_typer(organizations, name="organization")
app.add_typer(tokens, name="token")

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database", metavar="URL", help="sqlite:///FILE or postgresql://…; GATEWAY_DATABASE_URL by default."
    ),
]
OrganizationId = Annotated[str, typer.Option("--organization", metavar="ID", help="The organization's id.")]


def main() -> None:
    """Run the command; what the operator did wrong is one line on standard error and exit code 1."""
    try:
        app()
    except (DatabaseFailure, GatewayError, SettingError, Unusable, VaultError) as error:
        typer.secho(f"gateway: {error}", err=True, fg="red")
        sys.exit(1)


def _settings(database: str | None, **overrides: object) -> Settings:
    return Settings.from_environment(database_url=database, **overrides)


def _with_database(url: str | None, function: Callable[[Database], Awaitable[T]]) -> T:
    return asyncio.run(serving.with_database(_settings(url), function))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at.", min=0, max=65535)] = 8000,
    database: DatabaseUrl = None,
    workers: Annotated[int, typer.Option(help="Processes; more than one needs PostgreSQL.", min=1)] = 1,
    demo: Annotated[
        bool, typer.Option("--demo", help="Load the documented examples; accept `demo-token`.")
    ] = False,
) -> None:
    """Answer GraphQL and the legacy REST paths."""
    if demo:
        database = database or os.environ.get("GATEWAY_DATABASE_URL") or "sqlite:///gateway-demo.db"
    settings = _settings(database, demo_token=serving.DEMO_TOKEN if demo else None)
    serving.serve(settings, host, port, workers)


@app.command("migrate")
def migrate_command(database: DatabaseUrl = None) -> None:
    """Bring the database to the newest schema."""
    settings = _settings(database)
    asyncio.run(migrate(settings.database_url))
    typer.echo("The database is up to date.")


@organizations.command("create")
def organization_create(
    name: Annotated[str, typer.Argument(help="The organization's name.")],
    database: DatabaseUrl = None,
    kind: Annotated[
        OrganizationKind, typer.Option(help="Which side of trade it is on.")
    ] = OrganizationKind.NONE,
    timezone: Annotated[str, typer.Option(help="IANA name of its account's time zone.")] = "UTC",
) -> None:
    """Make an organization and print its id."""
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise SettingError(f"{timezone!r} is no IANA time zone.") from None
    typer.echo(
        _with_database(
            database,
            lambda store: administration.create_organization(store, name, kind=kind, timezone=timezone),
        )
    )


@tokens.command("create")
def token_create(
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
        str | None, typer.Option(metavar="INSTANT", help="ISO 8601; by default it does not expire.")
    ] = None,
    database: DatabaseUrl = None,
) -> None:
    """Make a token and print it; it is not shown again. Its id, for `token revoke`, goes to standard error."""
    try:
        expiry = None if expires_at is None else parse_instant(expires_at)
    except ValueError as error:
        raise SettingError(str(error)) from None
    token_id, token = _with_database(
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


@tokens.command("revoke")
def token_revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id, not the token.")],
    organization: OrganizationId,
    database: DatabaseUrl = None,
) -> None:
    """Revoke a token; every process stops accepting it within five seconds."""
    _with_database(database, lambda store: administration.revoke_token(store, organization, token_id))
    typer.echo("Revoked.")


@keys.command("rotate")
def keys_rotate(database: DatabaseUrl = None) -> None:
    """Seal every stored secret with the newest key; on SQLite that key is made now."""
    settings = _settings(database)
    count = _with_database(
        database, lambda store: rotate_keys(store, settings.database_url, settings.encryption_keys)
    )
    typer.echo(f"{count} secrets are sealed with the newest key.")


@app.command("import")
def import_command(
    vendor: Annotated[VendorName, typer.Argument(help="Whose answers the files hold.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Answers as the vendor sent them.")],
    organization: OrganizationId,
    database: DatabaseUrl = None,
) -> None:
    """Store a vendor's objects: its answers, single objects or JSON Lines. The same file twice changes nothing.

    A file is stored whole or not at all; one with a bad record ends the command, which says where it is.
    """
    # here, since a server does without them and stays 2 MB smaller
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Importing"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("import", total=work_of(files))
        imported = _with_database(
            database,
            lambda store: import_files(
                store,
                VENDORS_BY_NAME[vendor.value],
                organization,
                files,
                progress=lambda work: progress.advance(task, work),
            ),
        )
    typer.echo(
        f"{imported.inserted} inserted, {imported.updated} updated, {imported.unchanged} unchanged, "
        f"{imported.removed} nested removed"
    )


@app.command("export")
def export_command(
    vendor: Annotated[VendorName, typer.Argument(help="In whose form the objects are written.")],
    organization: OrganizationId,
    database: DatabaseUrl = None,
) -> None:
    """Print every object of a vendor, secrets included, as JSON Lines; `import` reads them back without loss."""

    async def write(store: Database) -> None:
        if organization not in await administration.organization_ids(store, organization):
            raise NotFound(f"There is no organization {organization}.")
        async for lines in export(store, VENDORS_BY_NAME[vendor.value], organization):
            sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()

    try:
        _with_database(database, write)
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@connectors.command("load")
def connectors_load(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="An answer of OpenInt's /connector, or its items.")
    ],
    database: DatabaseUrl = None,
) -> None:
    """Put connectors into the catalogue; an organization's own connector of the same name comes before it."""
    loaded = _with_database(database, lambda store: load_catalogue(store, file))
    typer.echo(f"{loaded.inserted} inserted, {loaded.updated} updated, {loaded.unchanged} unchanged")


@app.command()
def seed(
    requests: Annotated[int, typer.Option(help="How many connection requests.", min=1)] = 20_000,
    database: DatabaseUrl = None,
) -> None:
    """Fill an empty store with plausible data, the same every time, for benchmarks and trials."""
    started = time.monotonic()
    seeded = _with_database(database, lambda store: seeding.seed(store, requests=requests))
    for organization in seeded.organizations:
        rows = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in organization.rows.items() if n)
        typer.echo(f"{organization.id}  {organization.name}: {rows}")
    typer.echo(f"{time.monotonic() - started:.1f} s. `gateway token create --organization ID` lets you in.")


@app.command()
def schema() -> None:
    """Print the GraphQL schema."""
    typer.echo(make_schema().as_str())


@app.command("openapi")
def openapi_command(
    vendor: Annotated[VendorName | None, typer.Argument(help="One vendor's paths alone.")] = None,
) -> None:
    """Print the OpenAPI description of the legacy paths."""
    described = VENDORS if vendor is None else [VENDORS_BY_NAME[vendor.value]]
    typer.echo(orjson.dumps(openapi(described), option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
