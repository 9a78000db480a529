"""The rows that a transaction has changed: an event has to tell of each of them."""

from collections.abc import Collection, Iterable

from sqlalchemy import Table

from gateway.db.tables import CHILD_OF

NAMED = 1000  # rows of a table; where more change, only an event of the whole table can tell


def is_part(table: Table) -> bool:
    """Whether each of the table's rows is a part of a connection request, so that its event may tell of the row.

    That holds of every table whose rows cannot be without their request: comments, integrations and their like. A file
    or a connected account may be without one, and is told of by itself.
    """
    return CHILD_OF in table.c and not table.c[CHILD_OF].nullable


class ChangedRows:
    """What events have to tell of, by table.

    Attributes:
        tables: the names of the tables whose rows changed.
    """

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, str | None] | None] = {}

    def __bool__(self) -> bool:
        return bool(self.tables)

    def add(self, table: Table, rows: Iterable[tuple[str, str | None]]) -> None:
        """Note rows that came, changed or went, each by its id and by that of the request that it is a part of."""
        name = str(table.name)  # a subclass, which is no key of JSON
        named = self.tables.setdefault(name, {})
        if named is None:
            return
        named.update(rows if is_part(table) else ((row_id, None) for row_id, _ in rows))
        if len(named) > NAMED:
            self.tables[name] = None

    def untold(self, subjects: Collection[tuple[str, str]], told: Collection[str]) -> list[str]:
        """What no event tells of, each in a few words.

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
            for row_id, request_id in rows.items():
                is_told = (name, row_id) in subjects
                if not is_told and not (request_id and ("connection_requests", request_id) in subjects):
                    found.append(f"{name} {row_id}")
        return found
