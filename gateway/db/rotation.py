"""Changing the keys of a store in use: encrypt again, prove that nothing needs the old keys, then drop them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Column, Select, bindparam, func, literal, select, update

from gateway.db.database import Database
from gateway.db.key_files import VaultError, change_keys
from gateway.db.keys import BEHIND_MARK, SEALED_COLUMNS, sealing_key
from gateway.db.statements import Row
from gateway.db.tables.columns import sealed_with
from gateway.db.types import OrderedText, among
from gateway.db.vault import MARK, Key, Vault, new_key

ROWS_PER_TRANSACTION = 500
NAMED_ROWS = 20
PASSES = 3
"""How often to look for rows that another process has sealed with an old key meanwhile."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A secret that is not sealed with the newest key, and could not be.

    Attributes:
        key_id: of the key that it needs; empty where it was sealed before keys had ids.
    """

    table: str
    column: str
    organization_id: str
    row_id: str
    key_id: str


@dataclass(slots=True)
class Rotation:
    """What `rotate_keys` did.

    Attributes:
        newest: the id of the key that secrets are sealed with now.
        sealed: how many were sealed anew.
        dropped: ids of the keys that the key file has no longer.
        unneeded: ids of keys that no row needs, in a variable that the operator alone changes.
        behind: the first of the secrets that still need another key.
        behind_count: how many there are.
    """

    newest: str = ""
    sealed: int = 0
    dropped: list[str] = field(default_factory=list)
    unneeded: list[str] = field(default_factory=list)
    behind: list[Behind] = field(default_factory=list)
    behind_count: int = 0


async def rotate_keys(database: Database) -> Rotation:
    """Seal every secret with the newest key, then drop from the key file the keys that no row needs.

    A key file that holds one key gets a new one first; where there are several, the first is the new one. It may be
    interrupted anywhere and run again, while other processes read and write.

    Raises:
        VaultError: there is no key, or the key file cannot be changed.
    """
    vault, done = database.vault, Rotation()
    vault.refresh()
    if vault.file is not None and len(vault.keys) == 1:
        added = new_key()
        change_keys(vault.file, lambda keys: [added, *keys] if len(keys) == 1 else keys)
    for _ in range(PASSES):
        vault.refresh()
        done.newest = vault.newest.id
        for column in SEALED_COLUMNS:
            done.sealed += await _seal_anew(database, column)
        spared = await _retire(database, [key for key in vault.keys.values() if key.id != done.newest], done)
        await _look_behind(database, vault.newest, done)
        if not spared and not done.behind_count:
            break
    return done


async def count_by_key(database: Database) -> dict[str, int]:
    """How many secrets are sealed with each key, by its id; with an empty id those sealed before keys had ids."""
    counts: dict[str, int] = {}
    for column in SEALED_COLUMNS:
        for row in await database.fetch(_prepared(database, "counts", column, _counts), {}):
            key_id = _key_id(row.label)
            counts[key_id] = counts.get(key_id, 0) + row.n
    return counts


# Sealing anew


async def _seal_anew(database: Database, column: Column[Any]) -> int:
    """Read on through the whole table, some rows at a time, and write those that lag in short transactions."""
    count = 0
    position = {"organization": "", "row": "", "newest": database.vault.newest.label}
    lagging = _prepared(database, "lagging", column, _lagging)
    while rows := await database.fetch(lagging, position):
        count += await _seal_rows_anew(database, column, rows)
        position |= {"organization": rows[-1].organization_id, "row": rows[-1].id}
    return count


async def _seal_rows_anew(database: Database, column: Column[Any], lagging: Sequence[Row]) -> int:
    count = 0
    async with database.transaction() as transaction:
        key = await sealing_key(database, transaction)
        for organization_id, group in groupby(lagging, attrgetter("organization_id")):
            chosen = {"organization": organization_id, "keys": [row.id for row in group]}
            rows = await transaction.fetch(_prepared(database, "locked", column, _locked), chosen)
            sealed = [new for row in rows if (new := _sealed_anew(database.vault, key, organization_id, row))]
            if sealed:
                await transaction.run_many(_prepared(database, "anew", column, _set), sealed)
            count += len(sealed)
    return count


def _sealed_anew(vault: Vault, key: Key, organization_id: str, row: Row) -> dict[str, str] | None:
    """The row's secret under a key; None where it is so already, or opens with none: it is named in the end."""
    if row.sealed is None or row.sealed.startswith(key.label + MARK):
        return None
    try:
        text = vault.open(organization_id, row.id, row.sealed)
    except VaultError:
        return None
    return {"tenant": organization_id, "row": row.id, "sealed": key.seal(organization_id, row.id, text)}


# Dropping


async def _retire(database: Database, keys: Sequence[Key], done: Rotation) -> int:
    """Drop the keys that no row needs, each in a transaction of its own: one that holds two could deadlock.

    Returns:
        How many are needed.
    """
    done.unneeded.clear()
    vault, needed = database.vault, 0
    for key in keys:
        async with database.transaction() as transaction:
            await transaction.hold(key.label, alone=True)  # until here, others may have sealed with it
            for column in SEALED_COLUMNS:
                needing = _prepared(database, "needing", column, _needing)
                if await transaction.fetch(needing, {"label": key.label}):
                    needed += 1
                    break
            else:
                if vault.file is not None and key.id in vault.in_file:
                    await database.make_durable()  # a crash must not bring back what the key had sealed
                    change_keys(vault.file, partial(_without, key.text))
                    done.dropped.append(key.id)
                if key.id in vault.given:
                    done.unneeded.append(key.id)
    vault.refresh()
    return needed


def _without(text: str, texts: Sequence[str]) -> list[str]:
    """The keys without one; all of them where somebody has made it the newest again."""
    return list(texts) if texts[:1] == [text] else [each for each in texts if each != text]


async def _look_behind(database: Database, newest: Key, done: Rotation) -> None:
    done.behind, done.behind_count = [], 0
    for column in SEALED_COLUMNS:
        parameters = {"newest": newest.label}
        [row] = await database.fetch(_prepared(database, "behind count", column, _behind_count), parameters)
        done.behind_count += row.n
        rows = (
            await database.fetch(_prepared(database, "behind", column, _behind), parameters) if row.n else []
        )
        done.behind += [
            Behind(column.table.name, column.name, row.organization_id, row.id, _key_id(row.label))
            for row in rows[: NAMED_ROWS - len(done.behind)]
        ]


def _key_id(label: str) -> str:
    return label.removeprefix(MARK) if label.startswith(MARK) else ""


# Statements


def _prepared(database: Database, name: str, column: Column[Any], build: Callable[[Any], Any]) -> Any:
    return database.prepare(("sealed", name, column.table.name, column.name), lambda: build(column))


def _lagging(column: Column[Any]) -> Select[Any]:
    """The next rows that are not sealed with the newest key; `<>`, so that no index tempts a planner to sort."""
    owner, row_id = column.table.c.organization_id, column.table.c.id
    at, after = bindparam("organization", type_=OrderedText()), bindparam("row", type_=OrderedText())
    behind = (owner > at) | ((owner == at) & (row_id > after))
    lags = sealed_with(column) != bindparam("newest", type_=OrderedText())
    return select(owner, row_id).where(behind, lags).order_by(owner, row_id).limit(ROWS_PER_TRANSACTION)


def _locked(column: Column[Any]) -> Select[Any]:
    owner, row_id = column.table.c.organization_id, column.table.c.id
    chosen = select(row_id, column.label("sealed")).where(
        owner == bindparam("organization", type_=OrderedText()), among(row_id, "keys")
    )
    return chosen.order_by(row_id).with_for_update()


def _set(column: Column[Any]) -> Any:
    table: Any = column.table
    return (
        update(table)
        .where(
            table.c.organization_id == bindparam("tenant", type_=OrderedText()),
            table.c.id == bindparam("row", type_=OrderedText()),
        )
        .values({column.name: bindparam("sealed")})
    )


def _needing(column: Column[Any]) -> Select[Any]:
    """A row that is sealed with a key, or with nobody knows which."""
    label = sealed_with(column)
    is_needing = (label == bindparam("label", type_=OrderedText())) | (label >= BEHIND_MARK)
    return select(literal(1).label("one")).where(is_needing).limit(1)


def _behind(column: Column[Any]) -> Select[Any]:
    label, table = sealed_with(column), column.table
    newest = bindparam("newest", type_=OrderedText())
    chosen = select(table.c.organization_id, table.c.id, label.label("label"))
    return chosen.where((label < newest) | (label > newest)).limit(NAMED_ROWS)


def _behind_count(column: Column[Any]) -> Select[Any]:
    label = sealed_with(column)
    newest = bindparam("newest", type_=OrderedText())
    return (
        select(func.count().label("n")).select_from(column.table).where((label < newest) | (label > newest))
    )


def _counts(column: Column[Any]) -> Any:
    label = sealed_with(column)
    counted = select(label.label("label"), func.count().label("n"))
    return counted.where(column.is_not(None)).group_by(label)
