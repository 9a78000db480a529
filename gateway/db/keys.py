"""Encryption keys of a store: where they are kept, and changing them."""

from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Select, Table, bindparam, select, update

from gateway.db.database import Database, Transaction
from gateway.db.tables import metadata
from gateway.db.types import OrderedText
from gateway.db.vault import Vault, create_key, new_key, read_keys, replace_keys

ROWS_PER_TRANSACTION = 500

SEALED_COLUMNS = [
    column for table in metadata.sorted_tables for column in table.c if column.info.get("sealed")
]


def key_file(database_url: str) -> Path | None:
    """Where the embedded store keeps its keys; None for PostgreSQL, which has them from the settings alone."""
    return (
        Path(database_url.removeprefix("sqlite:///") + ".key") if database_url.startswith("sqlite:") else None
    )


async def unlock(database: Database, database_url: str, given: str) -> None:
    """Give a started store its vault, once the keys are known to fit what is stored.

    Args:
        given: Fernet keys separated by commas, the newest first; the embedded store makes a key file instead.

    Raises:
        VaultError: there are secrets in the store and no key that fits them. A new key is never made then.
    """
    path = key_file(database_url)
    keys = [key.strip() for key in given.split(",") if key.strip()]
    if not keys and path is not None:
        keys = read_keys(path)
    sealed = await _any_sealed(database)
    if not keys and sealed is None and path is not None:
        keys = create_key(path)
    vault = Vault(keys)
    if sealed is not None:
        vault.rotate(sealed)  # raises where no key fits
    database.vault = vault


async def rotate_keys(database: Database, database_url: str, given: str) -> int:
    """Seal every secret with the newest key and return how many there were.

    The embedded store makes a new key first and drops the old ones last; elsewhere the operator has put a new
    key in front of the old ones and drops those afterwards. It may be interrupted and run again.

    Raises:
        VaultError: a secret that no key fits.
    """
    path = None if given else key_file(database_url)
    if path is not None:
        keys = [new_key(), *read_keys(path)]
        replace_keys(path, keys)
        database.vault = Vault(keys)
    count = 0
    for column in SEALED_COLUMNS:
        count += await _rotate_column(database, column)
    if path is not None:
        replace_keys(path, keys[:1])
        database.vault = Vault(keys[:1])
    return count


async def _any_sealed(database: Database) -> str | None:
    for column in SEALED_COLUMNS:
        name = ("any sealed", column.table.name, column.name)
        for row in await database.fetch(database.prepare(name, partial(_one_sealed, column)), {}):
            return str(row.sealed)
    return None


def _one_sealed(column: Any) -> Select[Any]:
    statement: Select[Any] = select(column.label("sealed")).where(column.is_not(None)).limit(1)
    return statement


async def _rotate_column(database: Database, column: Any) -> int:
    count, after = 0, ("", "")
    while True:
        async with database.transaction() as transaction:
            rows = await _sealed_rows(database, transaction, column, after)
            if not rows:
                return count
            await transaction.run_many(
                database.prepare(("reseal", column.table.name, column.name), lambda: _reseal(column)),
                [
                    {
                        "tenant": row.organization_id,
                        "row": row.id,
                        "sealed": database.vault.rotate(row.sealed),
                    }
                    for row in rows
                ],
            )
        count += len(rows)
        after = (rows[-1].organization_id, rows[-1].id)


async def _sealed_rows(database: Database, transaction: Transaction, column: Any, after: Any) -> list[Any]:
    table: Table = column.table
    organization_id, row_id = table.c.organization_id, table.c.id

    def build() -> Any:
        at = bindparam("organization", type_=OrderedText())
        behind = (organization_id > at) | (
            (organization_id == at) & (row_id > bindparam("row", type_=OrderedText()))
        )
        chosen = select(organization_id, row_id, column.label("sealed")).where(column.is_not(None), behind)
        return chosen.order_by(organization_id, row_id).limit(ROWS_PER_TRANSACTION).with_for_update()

    statement = database.prepare(("sealed rows", table.name, column.name), build)
    return await transaction.fetch(statement, {"organization": after[0], "row": after[1]})


def _reseal(column: Any) -> Any:
    table: Table = column.table
    return (
        update(table)
        .where(
            table.c.organization_id == bindparam("tenant", type_=OrderedText()),
            table.c.id == bindparam("row", type_=OrderedText()),
        )
        .values({column.name: bindparam("sealed")})
    )
