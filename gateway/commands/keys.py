"""`gateway keys`."""

import typer

from gateway.commands.options import DatabaseUrl, settings_of, with_database
from gateway.db.keys import rotate_keys


def rotate(database: DatabaseUrl = None) -> None:
    """Seal every stored secret with the newest key; on SQLite that key is made now."""
    settings = settings_of(database)
    count = with_database(
        database, lambda store: rotate_keys(store, settings.database_url, settings.encryption_keys)
    )
    typer.echo(f"{count} secrets are sealed with the newest key.")
