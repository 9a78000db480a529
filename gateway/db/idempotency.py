"""Idempotency keys in the store: claimed as a transaction's first act, stored with its outcome.

On PostgreSQL it costs no message of its own to claim a key that nobody has had: its row goes with what the transaction
sends first, and is refused there where the key is taken. On SQLite, whose one writer is alone, a look claims it, and
its row is written with what it keeps.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, Update, bindparam, delete, null, select, tuple_, update
from sqlalchemy.sql.dml import ReturningDelete
from sqlalchemy.sql.expression import ColumnElement

from gateway.db.database import Database
from gateway.db.failures import Refused, Rule
from gateway.db.ids import now
from gateway.db.sealing import Sealing, open_sealed
from gateway.db.statements import Row
from gateway.db.tables import idempotency_keys
from gateway.db.tables.columns import column_names
from gateway.db.types import OrderedText, Text, Timestamp
from gateway.db.upserts import claiming
from gateway.db.write_statements import own, whole_rows
from gateway.db.writes import Changes

KEPT: Final = timedelta(hours=24)
SWEPT: Final = 1000  # rows of one transaction


class KeyClaim(NamedTuple):
    """A key for one change.

    Attributes:
        id: of the key's row.
        fingerprint: of what is asked for.
    """

    id: str
    fingerprint: str


class Kept(NamedTuple):
    """The stored outcome of a change that was asked for under a key.

    Attributes:
        fingerprint: of what was asked for.
        outcome: JSON text.
    """

    fingerprint: str
    outcome: str


def is_taken(refused: Refused) -> bool:
    """Whether a transaction was refused since the key is another one's that it claimed by `claim_new`."""
    return refused.rule is Rule.UNIQUE and refused.table == idempotency_keys.name


async def claim_new(changes: Changes, wanted: KeyClaim) -> None:
    """Take a key for a transaction on PostgreSQL, which is refused later where another one had it (`is_taken`).

    While another transaction has the key, what is sent first waits for its end.
    """
    row = _new_row(changes, wanted)
    await changes.insert_rows(idempotency_keys, [row])
    changes.claimed = row


def _new_row(changes: Changes, wanted: KeyClaim) -> dict[str, Any]:
    at = now()
    row: dict[str, Any] = dict.fromkeys(column_names(idempotency_keys))
    row |= {"organization_id": changes.organization_id, "id": wanted.id, "fingerprint": wanted.fingerprint}
    return row | {"created_at": at, "updated_at": at, "expires_at": at + KEPT}


async def kept_for(changes: Changes, wanted: KeyClaim) -> Kept | None:
    """The outcome of an earlier, committed change under a key; None if there is none."""
    return _still_kept(changes, await _rows_of(changes, wanted))


async def _rows_of(changes: Changes, wanted: KeyClaim) -> list[Row]:
    statement = changes.prepare(("kept for a key",), lambda: whole_rows(idempotency_keys, "id", is_one=True))
    return await changes.fetch(statement, {"tenant": changes.organization_id, "keys": wanted.id})


async def claim(changes: Changes, wanted: KeyClaim) -> Kept | None:
    """Claim a key for a transaction, or return the outcome of the earlier one that has it.

    While another transaction has the key, on PostgreSQL, this waits for its end.
    """
    if changes.dialect_name == "sqlite":  # where nobody else writes until the transaction ends
        rows = await _rows_of(changes, wanted)
        kept = _still_kept(changes, rows)
        if rows and kept is None:
            forgotten = {"tenant": changes.organization_id, "row_id": wanted.id}
            await changes.run_many(changes.prepare(("forget a key",), _forget), [forgotten])
        return kept
    while True:
        at = now()
        statement = changes.prepare(("claim a key",), lambda: _claim(changes.dialect_name))
        given = {
            "organization_id": changes.organization_id,
            "id": wanted.id,
            "fingerprint": wanted.fingerprint,
            "at": at,
            "expires_at": at + KEPT,
        }
        if await changes.fetch(statement, given):
            return None
        if (kept := await kept_for(changes, wanted)) is not None:
            return kept
        # It was swept away between the two statements.


def _still_kept(changes: Changes, rows: list[Row]) -> Kept | None:
    at = now()
    if not (rows := [row for row in rows if row.expires_at > at]):
        return None
    [row] = open_sealed(changes, idempotency_keys, changes.organization_id, rows)
    outcome = row.outcome if row.sealed_outcome is None else row.sealed_outcome
    assert outcome is not None, "it is kept by the transaction that claims it"
    return Kept(row.fingerprint, outcome)


async def keep(changes: Changes, claimed: KeyClaim, outcome: str, *, is_secret: bool = False) -> None:
    """Note the outcome of the transaction that has claimed a key; it is written with the transaction's last act.

    Args:
        changes: of the transaction.
        claimed: the key.
        outcome: JSON text.
        is_secret: whether it may hold what is sealed elsewhere. Where the store has no encryption key, it has no such
            secrets either.
    """
    assert changes.kept is None, "a transaction is one change, under one key"
    kept = await _kept_parameters(changes, claimed.id, outcome, is_secret)
    outcomes = {name: kept[name] for name in ("outcome", "sealed_outcome")}
    if changes.claimed is not None:
        changes.claimed.update(outcomes)
    elif changes.dialect_name == "sqlite":
        await changes.insert_rows(idempotency_keys, [{**_new_row(changes, claimed), **outcomes}])
    else:
        changes.kept = kept


async def _kept_parameters(changes: Changes, key_id: str, outcome: str, is_secret: bool) -> dict[str, Any]:
    values: dict[str, Any] = {"outcome": outcome, "sealed_outcome": None}
    if is_secret and changes.vault.keys:
        values = {"outcome": None, "sealed_outcome": outcome}
        sealing = Sealing(changes.database, changes.transaction, changes.organization_id)
        await sealing.take_key(idempotency_keys, [values])
        values = sealing.sealed(idempotency_keys, key_id, values)
    return {"tenant": changes.organization_id, "row_id": key_id, **values}


async def rewrite(changes: Changes, rewritten: Callable[[str], str]) -> int:
    """Change what is kept for an organization's keys; returns for how many.

    Args:
        changes: of the organization.
        rewritten: makes of an outcome what is kept in its place; itself where it stays.
    """
    changed, after = 0, ""
    while True:
        statement = changes.prepare(("kept for keys",), _kept_for_keys)
        given = {"tenant": changes.organization_id, "after": after, "limit": SWEPT}
        rows = await changes.fetch(statement, given)
        for row in open_sealed(changes, idempotency_keys, changes.organization_id, rows):
            text = row.outcome if row.sealed_outcome is None else row.sealed_outcome
            if text is not None and (new := rewritten(text)) != text:
                is_secret = row.sealed_outcome is not None
                given = await _kept_parameters(changes, row.id, new, is_secret)
                await changes.run_many(changes.prepare(("keep for a key",), keeping), [given])
                changed += 1
        if len(rows) < SWEPT:
            return changed
        after = rows[-1].id


async def sweep(database: Database, until: datetime | None = None) -> int:
    """Delete the keys that are kept no longer; returns how many there were.

    Args:
        until: the instant that counts as now.
    """
    gone = 0
    while True:
        async with database.transaction() as transaction:
            statement = database.prepare(("sweep keys",), _sweep)
            rows: Sequence[Row] = await transaction.fetch(
                statement, {"until": until or now(), "limit": SWEPT}
            )
        gone += len(rows)
        if len(rows) < SWEPT:
            return gone


def _claim(dialect_name: str) -> Any:
    columns = ("organization_id", "id", "fingerprint", "expires_at")
    clears = {"outcome": null(), "sealed_outcome": null()}
    return claiming(dialect_name, idempotency_keys, columns, until="expires_at", clears=clears)


def _kept_for_keys() -> Select[Any]:
    table = idempotency_keys
    behind = table.c.id > bindparam("after", type_=OrderedText())
    return select(table).where(own(table), behind).order_by(table.c.id).limit(bindparam("limit"))


def keeping() -> Update:
    """The statement that writes what a key keeps."""
    return (
        update(idempotency_keys)
        .where(*_named())
        .values({name: bindparam(name, type_=Text()) for name in ("outcome", "sealed_outcome")})
    )


def _forget() -> Any:
    return delete(idempotency_keys).where(*_named())


def _named() -> tuple[ColumnElement[bool], ...]:
    return own(idempotency_keys), idempotency_keys.c.id == bindparam("row_id", type_=OrderedText())


def _sweep() -> ReturningDelete[Any]:
    table = idempotency_keys
    expired = (
        select(table.c.organization_id, table.c.id)
        .where(table.c.expires_at <= bindparam("until", type_=Timestamp()))
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
    )
    return delete(table).where(tuple_(table.c.organization_id, table.c.id).in_(expired)).returning(table.c.id)
