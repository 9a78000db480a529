"""`gateway serve` and `gateway migrate`."""

import asyncio
import os
from typing import Annotated

import typer

from gateway import serving
from gateway.commands.options import DatabaseUrl, settings_of
from gateway.db.migrate import migrate


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 for any free one.", min=0, max=65535)
    ] = 8000,
    database: DatabaseUrl = None,
    workers: Annotated[
        int, typer.Option(help="Number of processes; more than one needs PostgreSQL.", min=1)
    ] = 1,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo",
            help="Serve the documented examples (`demo-token`) and a busy organization (`explorer-token`).",
        ),
    ] = False,
) -> None:
    """Start the server: GraphQL, the legacy REST paths, and pages for browsers."""
    if demo:
        database = database or os.environ.get("GATEWAY_DATABASE_URL") or "sqlite:///gateway-demo.db"
    settings = settings_of(database, **(serving.demo_settings(os.environ) if demo else {}))
    serving.serve(settings, host, port, workers)


def bring_up_to_date(database: DatabaseUrl = None) -> None:
    """Create the database, or upgrade it to this version."""
    settings = settings_of(database)
    asyncio.run(migrate(settings.database_url))
    typer.echo("The database is up to date.")
