"""`gateway keys`."""

import sys
from typing import Annotated

import typer

from gateway.commands.options import DatabaseUrl, settings_of, with_database
from gateway.db.database import Database
from gateway.db.key_files import add_key
from gateway.db.keys import key_file
from gateway.db.rotation import Rotation, count_by_key, rotate_keys
from gateway.db.vault import Key, new_key
from gateway.settings import SettingError


def generate(
    add: Annotated[
        bool, typer.Option("--add", help="Add it at the front of the key file, instead of printing it.")
    ] = False,
    database: DatabaseUrl = None,
) -> None:
    """Make an encryption key. Print it, or add it to the key file (GATEWAY_ENCRYPTION_KEYS_FILE, or SQLite's own)."""
    key = new_key()
    if not add:
        typer.echo(key)
        return
    settings = settings_of(database)
    path = key_file(settings.database_url, settings.encryption_keys, settings.encryption_keys_file)
    if path is None:
        raise SettingError("There is no key file to add to: set GATEWAY_ENCRYPTION_KEYS_FILE.")
    add_key(path, key)
    typer.echo(f"The key {Key(key).id} is the newest of {path}.")


def show(database: DatabaseUrl = None) -> None:
    """List the ids of the keys, newest first, and how many secrets each of them encrypts."""

    async def counted(store: Database) -> tuple[list[str], dict[str, int]]:
        return list(store.vault.keys), await count_by_key(store)

    at_hand, counts = with_database(database, counted, check_keys=False)
    for key_id in at_hand:
        typer.echo(f"{key_id}  {counts.pop(key_id, 0)}")
    for key_id, count in sorted(counts.items()):
        typer.echo(f"{key_id}  {count}  missing" if key_id else f"without id  {count}")


def rotate(database: DatabaseUrl = None) -> None:
    """Encrypt every stored secret with the newest key, then remove the old ones from the key file.

    If the key file has only one key, a new one is added first. If the keys come from GATEWAY_ENCRYPTION_KEYS, put a new
    key in front and restart every process before you run this.
    """
    done = with_database(database, rotate_keys, check_keys=False)
    typer.echo(f"Secrets encrypted again: {done.sealed}. The newest key is {done.newest}.")
    if done.dropped:
        typer.echo(f"Removed from the key file: {', '.join(done.dropped)}.")
    if done.unneeded:
        typer.echo(f"No row needs these keys of GATEWAY_ENCRYPTION_KEYS: {', '.join(done.unneeded)}.")
    if done.behind_count:
        _name_rows(done)
        sys.exit(1)


def _name_rows(done: Rotation) -> None:
    lines = [f"gateway: Secrets that still need another key, which was kept: {done.behind_count}"]
    for each in done.behind:
        key = f"the key {each.key_id}" if each.key_id else "a key without id"
        lines.append(
            f"  {each.table}.{each.column} of organization {each.organization_id}, id {each.row_id}: {key}"
        )
    if done.behind_count > len(done.behind):
        lines.append(f"  and {done.behind_count - len(done.behind)} more")
    typer.secho("\n".join(lines), err=True, fg="red")
