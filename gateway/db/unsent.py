"""Row changes that a transaction has not sent yet: several of them become one message to PostgreSQL.

A message costs this process and the database more than a row does. What a transaction changes goes ahead of whatever is
read in it, of the beginning and the end of a part of it, and of what moves the organization's version.
"""

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import Table, Update, select

from gateway.db import write_statements
from gateway.db.database import Step
from gateway.db.given_rows import given_rows
from gateway.db.types import Text, finite_or_none, instant_columns

if TYPE_CHECKING:  # whose changes they are
    from gateway.db.writes import Changes

MOST_ROWS: Final = 30
"""Of one message: more of them are copied (`COPY`), which costs less."""


class UnsentRows(NamedTuple):
    """Rows of one table that come, or one row that changes.

    Attributes:
        table: whose rows they are.
        rows: the values of every column, of each new row; or the parameters of the one change.
        changed: the columns that change; None for new rows.
    """

    table: Table
    rows: list[Mapping[str, Any]]
    changed: tuple[str, ...] | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """All that the SQL text depends on."""
        return (self.table.name, self.changed)


class Unsent:
    """What is still to be sent, in order.

    It may be one statement on PostgreSQL, of which every part sees the rows as they were before: so no table is changed
    by two parts. References are looked up at its end.
    """

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[UnsentRows] = []

    def add(self, part: UnsentRows) -> bool:
        """Note a part; False where what was noted before has to be sent first."""
        parts = self._parts
        if parts and parts[-1].key == part.key and part.changed is None:
            if len(parts[-1].rows) + len(part.rows) > MOST_ROWS:
                return False
            parts[-1].rows.extend(part.rows)
            return True
        has_change = any(each.changed is not None for each in parts)
        if any(each.table is part.table for each in parts) or (has_change and part.changed is not None):
            return False
        parts.append(part)
        return True

    def take(self) -> list[UnsentRows]:
        """What was noted; it is noted no longer."""
        parts, self._parts = self._parts, []
        return parts


def steps(changes: "Changes", parts: Sequence[UnsentRows]) -> list[Step]:
    """The statements that make changes of rows: one on PostgreSQL, and one for each of them on SQLite."""
    is_one_row = len(parts) == 1 and len(parts[0].rows) == 1
    if changes.dialect_name != "postgresql" or is_one_row or not parts:
        return [_step(changes, each) for each in parts]
    key = ("together", *(each.key for each in parts))
    statement = changes.prepare(key, partial(_together, [(each.table, each.changed) for each in parts]))
    given: dict[str, Any] = {}
    for table, rows, changed in parts:
        given.update(rows[0] if changed is not None else {_name(table): _text_of(table, rows)})
    return [(statement, [given])]


def _step(changes: "Changes", part: UnsentRows) -> Step:
    return statement_of(changes, part.table, part.changed), part.rows


def statement_of(changes: "Changes", table: Table, changed: tuple[str, ...] | None = None) -> Any:
    """The statement that inserts one row of a table, or that changes these columns of one."""
    if changed is None:
        return changes.prepare(("insert", table.name), partial(write_statements.insert_row, table))
    key = ("update each", table.name, *changed)
    return changes.prepare(key, partial(write_statements.update_one, table, changed))


def _name(table: Table) -> str:
    """The parameter that has a table's new rows."""
    return f"new_{table.name}"


def _text_of(table: Table, rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as `given_rows` takes them."""
    instants = instant_columns(table)
    given = [
        {
            name: finite_or_none(value) if name in instants else value
            for name, value in row.items()
            if value is not None
        }
        for row in rows
    ]
    return orjson.dumps(given).decode()


def _together(parts: Sequence[tuple[Table, tuple[str, ...] | None]]) -> Any:
    """One statement of several parts; whatever their order in it, references are looked up behind all of them."""
    *others, last = [_clause(*each) for each in parts]
    return last.add_cte(*[each.cte(f"part_{number}") for number, each in enumerate(others)])


def _clause(table: Table, changed: tuple[str, ...] | None) -> Any:
    if changed is not None:
        made: Update = write_statements.update_one(table, changed)
        return made
    given = given_rows(_name(table), _given_types(table))
    return table.insert().from_select(list(given.c.keys()), select(*given.c))


@cache
def _given_types(table: Table) -> dict[str, Any]:
    return {column.name: Text() if isinstance(column.type, Text) else column.type for column in table.c}
