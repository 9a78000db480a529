"""Encryption keys of a store: where they are kept, whether they fit what is stored, and which one seals."""

from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Select, func, select
from sqlalchemy.sql.expression import ClauseElement

from gateway.db.database import Database, Transaction
from gateway.db.key_files import VaultError, create_key_file, keys_in, read_keys
from gateway.db.tables import metadata
from gateway.db.tables.columns import sealed_with
from gateway.db.vault import MARK, Key, Vault, new_key

SEALED_COLUMNS = [
    column for table in metadata.sorted_tables for column in table.c if column.info.get("sealed")
]

BEHIND_MARK = chr(ord(MARK) + 1)
"""Labels lie between the mark and this; text that was sealed before keys had ids lies behind it."""


def key_file(database_url: str, given: str, named: str) -> Path | None:
    """The file that keys are kept in: the one that is named, or the embedded store's own; None for a variable alone."""
    if named:
        return Path(named)
    if keys_in(given) or not database_url.startswith("sqlite:"):
        return None
    return Path(database_url.removeprefix("sqlite:///") + ".key")


async def unlock(
    database: Database, database_url: str, given: str = "", named: str = "", *, check: bool = True
) -> None:
    """Give a started store its vault.

    The embedded store's own key file is made where it is missing and nothing is sealed; a new key is never made
    where something is.

    Args:
        given: Fernet keys separated by commas, the newest first.
        named: the path of a key file, whose keys come before the given ones.
        check: whether the keys have to fit what is stored.

    Raises:
        VaultError: there are secrets in the store and no key that fits them, or keys that cannot be read.
    """
    path = key_file(database_url, given, named)
    if path is not None and not named and not read_keys(path):
        if await _is_any_sealed(database):
            raise VaultError(
                f"There are secrets in the store and no keys in {path}, which has been lost. Put it back, or name "
                "the keys by GATEWAY_ENCRYPTION_KEYS_FILE or GATEWAY_ENCRYPTION_KEYS."
            )
        create_key_file(path, new_key())
    database.vault = Vault(keys_in(given), path)
    if check:
        await check_keys(database)


async def check_keys(database: Database) -> None:
    """Have every key that is stored at hand; what this costs depends on how many keys there are, not on the rows.

    Of what was sealed before keys had ids, the oldest and the newest text are tried.

    Raises:
        VaultError: a key is missing.
    """
    vault = database.vault
    vault.refresh()
    at_hand = {key.label for key in vault.keys.values()}
    stored: set[str] = set()
    for column in SEALED_COLUMNS:
        stored.update(row.label for row in await _fetch(database, "labels", column, _labels))
    if missing := sorted(label.removeprefix(MARK) for label in stored - at_hand):
        raise VaultError(
            f"No encryption key fits the stored secrets: missing {_of(len(missing), 'is the key', 'are the keys')} "
            f"with the id {' and '.join(missing)}. Put it into GATEWAY_ENCRYPTION_KEYS_FILE or "
            "GATEWAY_ENCRYPTION_KEYS, behind the newest."
        )
    for column in SEALED_COLUMNS:
        for name, build in (("oldest", _oldest_without_label), ("newest", _newest_without_label)):
            for row in await _fetch(database, name, column, build):
                vault.check(row.sealed)


async def sealing_key(database: Database, transaction: Transaction) -> Key:
    """The newest key, as the key file has it now; it stays there until this transaction ends.

    Whoever drops a key holds it alone first, so a transaction has either committed what it sealed with it, and is
    seen, or reads here that there is a newer one.

    Raises:
        VaultError: there is none.
    """
    vault = database.vault
    held: Key | None = None
    while True:
        vault.refresh()
        newest = vault.newest
        if vault.file is None or (held is not None and newest.id == held.id):
            return newest
        await transaction.hold(newest.label)
        held = newest


async def _is_any_sealed(database: Database) -> bool:
    for column in SEALED_COLUMNS:
        if await _fetch(database, "any", column, _any):
            return True
    return False


async def _fetch(database: Database, name: str, column: Column[Any], build: Any) -> list[Any]:
    key = ("sealed", name, column.table.name, column.name)
    prepared: partial[ClauseElement] = partial(build, column)
    return await database.fetch(database.prepare(key, prepared), {})


def _any(column: Column[Any]) -> Select[Any]:
    label = sealed_with(column)
    return select(label.label("label")).where(label >= "").limit(1)


def _labels(column: Column[Any]) -> Select[Any]:
    """The labels in use, each found by one probe of the index behind the last one."""
    label = sealed_with(column)
    least = select(func.min(label).label("label")).where(label > MARK, label < BEHIND_MARK)
    found = least.cte("found", recursive=True)
    following = select(func.min(label)).where(label > found.c.label, label < BEHIND_MARK).scalar_subquery()
    found = found.union_all(select(following).where(found.c.label.is_not(None)))
    return select(found.c.label).where(found.c.label.is_not(None))


def _oldest_without_label(column: Column[Any]) -> Select[Any]:
    """A token begins with its time, so the order of tokens is that of their times."""
    label = sealed_with(column)
    return select(column.label("sealed")).where(label >= BEHIND_MARK).order_by(label).limit(1)


def _newest_without_label(column: Column[Any]) -> Select[Any]:
    label = sealed_with(column)
    return select(column.label("sealed")).where(label >= BEHIND_MARK).order_by(label.desc()).limit(1)


def _of(count: int, one: str, many: str) -> str:
    return one if count == 1 else many
