"""`gateway serve` and `gateway migrate`."""

import asyncio
import os
from typing import Annotated

import typer

from gateway import serving
from gateway.commands.options import DatabaseUrl, settings_of
from gateway.db.migrate import migrate


def serve(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at.", min=0, max=65535)] = 8000,
    database: DatabaseUrl = None,
    workers: Annotated[int, typer.Option(help="Processes; more than one needs PostgreSQL.", min=1)] = 1,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo",
            help="Load the documented examples and a busy organization; accept `demo-token` and `explorer-token`.",
        ),
    ] = False,
) -> None:
    """Answer GraphQL and the legacy REST paths."""
    if demo:
        database = database or os.environ.get("GATEWAY_DATABASE_URL") or "sqlite:///gateway-demo.db"
    tokens = {"demo_token": serving.DEMO_TOKEN, "explorer_token": serving.EXPLORER_TOKEN} if demo else {}
    settings = settings_of(database, **tokens)
    serving.serve(settings, host, port, workers)


def bring_up_to_date(database: DatabaseUrl = None) -> None:
    """Bring the database to the newest schema."""
    settings = settings_of(database)
    asyncio.run(migrate(settings.database_url))
    typer.echo("The database is up to date.")
