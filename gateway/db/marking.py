"""Which rows hold a credential in a short column: noted with the row when it is written, so that no list has to look.

What a credential is, `gateway.masking` says. Where that learns a new form, a revision marks again (`mark_rows`), or the
rows that are there would be compared as before.
"""

from collections.abc import Iterable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy
from sqlalchemy import (
    Connection,
    Select,
    Table,
    Update,
    bindparam,
    column,
    false,
    literal,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.sql.expression import ColumnElement

from gateway.db.statements import Row
from gateway.db.tables.columns import HOLDS_CREDENTIAL, is_short
from gateway.db.types import Boolean, OrderedText, among
from gateway.masking import has_credentials, may_hold

if TYPE_CHECKING:  # its writes are marked here
    from gateway.db.writes import Changes

ROWS_AT_A_TIME: Final = 5_000


def mark_new(table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Note in new rows, which are whole, whether they hold a credential in a short column."""
    if not (names := short_names(table)):
        return
    together = "\n".join([text for row in rows for name in names if (text := row[name]) is not None])
    may_any = may_hold(together)
    for row in rows:
        row[HOLDS_CREDENTIAL] = may_any and holds_credential(row[name] for name in names)


async def mark_again(
    write: "Changes",
    table: Table,
    ids: Sequence[str],
    changed: Iterable[str],
    rows: Sequence[Row] | None = None,
) -> None:
    """Note the same of rows whose columns were changed.

    Args:
        write: the transaction that changed them.
        changed: the names of these columns.
        rows: the rows as they are now, but for the note, where they are known.
    """
    names = short_names(table)
    if not ids or set(names).isdisjoint(changed):
        return
    parameters = {"organization_id": write.organization_id, "keys": list(ids)}
    if rows is None:
        statement = write.prepare(("short texts", table.name), partial(_short_texts, table))
        rows = await write.fetch(statement, parameters)
    wrong: dict[bool, list[str]] = {True: [], False: []}
    for row in rows:
        holds = holds_credential(getattr(row, name) for name in names)
        if holds != getattr(row, HOLDS_CREDENTIAL):
            wrong[holds].append(row.id)
    for holds, row_ids in wrong.items():
        if row_ids:
            statement = write.prepare(("mark", table.name, holds), partial(_mark, table, holds))
            await write.fetch(statement, {**parameters, "keys": row_ids})


def _own(table: Table) -> Sequence[ColumnElement[bool]]:
    own = table.c.organization_id == bindparam("organization_id", type_=OrderedText())
    return own, among(table.c.id, "keys")


def _short_texts(table: Table) -> Select[Any]:
    columns = [table.c[name] for name in ("id", HOLDS_CREDENTIAL, *short_names(table))]
    return select(*columns).where(*_own(table))


def _mark(table: Table, holds: bool) -> Update:
    return update(table).where(*_own(table)).values({HOLDS_CREDENTIAL: true() if holds else false()})


def holds_credential(texts: Iterable[str | None]) -> bool:
    return any(text is not None and has_credentials(text) for text in texts)


@cache
def short_names(table: Table) -> tuple[str, ...]:
    """The columns of a table whose credentials are noted; none where it has no column for that."""
    if HOLDS_CREDENTIAL not in table.c:
        return ()
    return tuple(column.name for column in table.c if is_short(column))


def mark_rows(
    connection: Connection, name: str, columns: Sequence[str], at_a_time: int = ROWS_AT_A_TIME
) -> None:
    """Note of every row of a table anew whether one of these columns holds a credential; for revisions."""
    names = ("organization_id", "id", *columns)
    holding = column(HOLDS_CREDENTIAL, Boolean())
    table = sqlalchemy.table(name, holding, *[column(each, OrderedText()) for each in names])
    key = tuple_(table.c.organization_id, table.c.id)
    wanted = select(holding, *[table.c[each] for each in names])
    wanted = wanted.order_by(table.c.organization_id, table.c.id).limit(at_a_time)
    change = (
        update(table)
        .where(
            table.c.organization_id == bindparam("of", type_=OrderedText()),
            table.c.id == bindparam("row_id", type_=OrderedText()),
        )
        .values({HOLDS_CREDENTIAL: bindparam("holds")})
    )
    rows = connection.execute(wanted).all()
    while rows:
        changes = [
            {"of": organization_id, "row_id": row_id, "holds": holds}
            for noted, organization_id, row_id, *texts in rows
            if (holds := holds_credential(texts)) != bool(noted)
        ]
        if changes:
            connection.execute(change, changes)
        _, organization_id, row_id, *_ = rows[-1]
        last = tuple_(literal(organization_id, OrderedText()), literal(row_id, OrderedText()))
        rows = connection.execute(wanted.where(key > last)).all()
