"""`gateway import`, `gateway export` and `gateway connectors`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from gateway import administration
from gateway.commands.options import (
    VENDORS_BY_NAME,
    DatabaseUrl,
    OrganizationId,
    VendorName,
    settings_of,
    with_database,
)
from gateway.db.database import Database
from gateway.exchange.exporting import export
from gateway.exchange.importing import Imported, import_files, work_of
from gateway.resolvers.errors import NotFound
from gateway.vendors import VENDORS
from gateway.vendors.openint.catalogue import load_catalogue


def read_files(
    vendor: Annotated[VendorName, typer.Argument(help="The vendor that the files come from.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files as the vendor sent them.")],
    organization: OrganizationId,
    database: DatabaseUrl = None,
) -> None:
    """Import a vendor's objects: saved answers, single objects or JSON Lines. Importing a file again changes nothing.

    Reads files, pipes and standard input (-), also compressed with gzip. Each is imported whole or not at all; at a bad
    record the command stops, and says where it is.
    """
    # here, since a server does without them and stays 2 MB smaller
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Importing"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    console, stored = Console(stderr=True), list[tuple[str, Imported]]()
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("import", total=work_of(files))
            with_database(
                database,
                lambda store: import_files(
                    store,
                    VENDORS_BY_NAME[vendor.value],
                    organization,
                    files,
                    formats=VENDORS,
                    progress=lambda work: progress.advance(task, work),
                    done=lambda file, imported: stored.append((file, imported)),
                ),
            )
    except KeyboardInterrupt:
        typer.secho("gateway: Interrupted. The same command again does what is left.", err=True, fg="red")
        raise
    finally:
        _tell_stored(stored, len(files))


def _tell_stored(stored: list[tuple[str, Imported]], files: int) -> None:
    """What the files did, whatever became of those behind them."""
    for file, imported in stored:
        if not imported.records:
            typer.secho(f"gateway: {file} holds no records.", err=True, fg="yellow")
    if stored:
        total = sum((imported for _, imported in stored), Imported())
        told = (
            f"{total.inserted} inserted, {total.updated} updated, {total.unchanged} unchanged, "
            f"{total.removed} nested removed"
        )
        typer.echo(told if len(stored) == files else f"{len(stored)} of {files} files: {told}")


def write_lines(
    vendor: Annotated[VendorName, typer.Argument(help="The vendor whose objects to write, in its own form.")],
    organization: OrganizationId,
    database: DatabaseUrl = None,
) -> None:
    """Print all objects of a vendor as JSON Lines, secrets included; `import` reads them back without loss."""

    async def write(store: Database) -> None:
        if organization not in await administration.organization_ids(store, organization):
            raise NotFound(f"There is no organization {organization}.")
        async for lines in export(store, VENDORS_BY_NAME[vendor.value], organization, settings_of(database)):
            sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()

    try:
        with_database(database, write)
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def load_connectors(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="An answer of OpenInt's /connector, or its items.")
    ],
    database: DatabaseUrl = None,
) -> None:
    """Load connectors into the catalogue. An organization's own connector of the same name takes precedence."""
    loaded = with_database(database, lambda store: load_catalogue(store, file))
    typer.echo(f"{loaded.inserted} inserted, {loaded.updated} updated, {loaded.unchanged} unchanged")
