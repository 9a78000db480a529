"""`gateway seed`."""

import time
from typing import Annotated

import typer

from gateway.commands.options import DatabaseUrl, names_organization, with_database
from gateway.synthetic import seeding


def seed(
    requests: Annotated[int, typer.Option(help="Number of connection requests.", min=1)] = 20_000,
    organization: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Put the data into this organization; without it, the database must be empty.",
            callback=names_organization,
        ),
    ] = None,
    database: DatabaseUrl = None,
) -> None:
    """Fill an organization, or an empty database, with invented data, the same every time."""
    started = time.monotonic()
    seeded = with_database(
        database, lambda store: seeding.seed(store, requests=requests, organization_id=organization)
    )
    for each in seeded.organizations:
        rows = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in each.rows.items() if n)
        typer.echo(f"{each.id}  {each.name}: {rows}")
    typer.echo(
        f"{time.monotonic() - started:.1f} s. To read the data: gateway token create --organization ID"
    )
