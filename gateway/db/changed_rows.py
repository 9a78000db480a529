"""The rows that a transaction has changed; each of them needs an event."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Table

from gateway.db.statements import Row
from gateway.db.tables import CHILD_OF
from gateway.db.tables.columns import HOLDS_CREDENTIAL

# Rows of a table: as many as an operation's variables can have objects. Where more change, only an event of the whole
# table can tell.
NAMED = 6000

FOLLOWING = ("version", HOLDS_CREDENTIAL)
"""Columns that follow from a change of others: what a row has in them after it was changed is not noted."""


def is_part(table: Table) -> bool:
    """Whether the table's rows are parts of connection requests, whose events may cover them.

    That holds of every table whose rows cannot be without their request: comments, integrations and their like. A file
    or a connected account may be without one, and is told of by itself.
    """
    return CHILD_OF in table.c and not table.c[CHILD_OF].nullable


class RowChange(NamedTuple):
    """What a transaction did to one row.

    Attributes:
        request_id: of the connection request that it is a part of.
        before: the row as it was, whole; None where it is new, or where nobody looked.
        after: the columns that were set, those of a new row all; None where the row is gone.
    """

    request_id: str | None = None
    before: Row | None = None
    after: Mapping[str, Any] | None = None

    def then(self, later: "RowChange") -> "RowChange":
        """This change and one behind it, as one."""
        after = None if later.after is None else {**(self.after or {}), **later.after}
        if after is not None:
            for name in FOLLOWING:
                after.pop(name, None)
        return RowChange(later.request_id or self.request_id, self.before, after)


class ChangedRows:
    """The rows that events have to cover, by table.

    Attributes:
        tables: the changed rows by their ids, by the names of their tables; None where there are more than NAMED.
    """

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, RowChange] | None] = {}

    def __bool__(self) -> bool:
        return bool(self.tables)

    def __copy__(self) -> "ChangedRows":
        made = ChangedRows()
        made.tables = {name: None if rows is None else dict(rows) for name, rows in self.tables.items()}
        return made

    def add(self, table: Table, rows: Iterable[tuple[str, RowChange]]) -> None:
        """Note rows that came, changed or went, each by its id."""
        name = str(table.name)  # a subclass, which is no key of JSON
        named = self.tables.setdefault(name, {})
        if named is None:
            return
        for row_id, change in rows:
            known = named.get(row_id)
            named[row_id] = change if known is None else known.then(change)
        if len(named) > NAMED:
            self.tables[name] = None

    def untold(self, subjects: Collection[tuple[str, str]], told: Collection[str]) -> list[str]:
        """The rows that no event covers, each described in a few words.

        Args:
            subjects: of events, by table and id.
            told: the tables that events tell of as a whole.
        """
        found = []
        for name, rows in self.tables.items():
            if name in told:
                continue
            if rows is None:
                found.append(f"{name} (more than {NAMED})")
                continue
            for row_id, change in rows.items():
                is_told = (name, row_id) in subjects
                of_request = ("connection_requests", change.request_id)
                if not is_told and not (change.request_id and of_request in subjects):
                    found.append(f"{name} {row_id}")
        return found
