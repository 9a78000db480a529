"""Which rows hold a credential in a short column: noted with the row when it is written, so that no list has to look.

What a credential is, `gateway.masking` says. Where that learns a new form, a revision marks again (`mark_rows`), or the
rows that are there would be compared as before.
"""

from collections.abc import Iterable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, Table, Update, bindparam, false, select, true, update
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.types import TypeEngine

from gateway.db.statements import Row
from gateway.db.stored_rows import ROWS_AT_A_TIME, rewrite_rows
from gateway.db.tables.columns import HOLDS_CREDENTIAL, SORT_KEY_OF, is_short
from gateway.db.types import Boolean, OrderedText, among
from gateway.masking import has_credentials, may_hold

if TYPE_CHECKING:  # its writes are marked here
    from gateway.db.writes import Changes


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
    return tuple(column.name for column in table.c if is_short(column) and SORT_KEY_OF not in column.info)


def mark_rows(
    connection: Connection, name: str, columns: Sequence[str], at_a_time: int = ROWS_AT_A_TIME
) -> None:
    """Note of every row of a table anew whether one of these columns holds a credential; for revisions."""
    kinds: dict[str, TypeEngine[Any]] = {HOLDS_CREDENTIAL: Boolean(), **dict.fromkeys(columns, OrderedText())}

    def noted(row: Any) -> dict[str, bool]:
        holds = holds_credential(getattr(row, each) for each in columns)
        return {} if holds == bool(getattr(row, HOLDS_CREDENTIAL)) else {HOLDS_CREDENTIAL: holds}

    rewrite_rows(connection, name, kinds, noted, at_a_time)
