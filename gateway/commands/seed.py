"""`gateway seed`."""

import time
from typing import Annotated

import typer

from gateway.commands.options import DatabaseUrl, with_database
from gateway.synthetic import seeding


def seed(
    requests: Annotated[int, typer.Option(help="How many connection requests.", min=1)] = 20_000,
    database: DatabaseUrl = None,
) -> None:
    """Fill an empty store with plausible data, the same every time, for benchmarks and trials."""
    started = time.monotonic()
    seeded = with_database(database, lambda store: seeding.seed(store, requests=requests))
    for organization in seeded.organizations:
        rows = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in organization.rows.items() if n)
        typer.echo(f"{organization.id}  {organization.name}: {rows}")
    typer.echo(f"{time.monotonic() - started:.1f} s. `gateway token create --organization ID` lets you in.")
