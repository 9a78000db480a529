"""The columns that are encrypted at rest, as rows are written and read."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Table

from gateway.db.database import Database, Reader, Transaction
from gateway.db.keys import sealing_key
from gateway.db.statements import Row
from gateway.db.vault import Key


class Sealing:
    """Seals what one transaction writes of one organization: all of it with the same key."""

    def __init__(self, database: Database, transaction: Transaction, organization_id: str) -> None:
        self._database = database
        self._transaction = transaction
        self._organization_id = organization_id
        self._key: Key | None = None

    async def take_key(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        """Have a key before the first of these values is sealed."""
        if self._key is not None or not (names := sealed_names(table)):
            return
        if any(row.get(name) is not None for row in rows for name in names):
            self._key = await sealing_key(self._database, self._transaction)

    def sealed(self, table: Table, row_id: str, values: dict[str, Any]) -> dict[str, Any]:
        """The values as they are stored; the key is taken."""
        for name in sealed_names(table):
            if (text := values.get(name)) is not None:
                assert self._key is not None
                values[name] = self._key.seal(self._organization_id, row_id, text)
        return values


def open_sealed(reader: Reader, table: Table, organization_id: str, rows: list[Row]) -> list[Row]:
    """Rows with their sealed columns opened; their id must be among what was read."""
    if not rows or not (names := sealed_names(table).intersection(rows[0]._fields)):
        return rows
    return [
        row._replace(
            **{
                name: reader.vault.open(organization_id, row.id, sealed)
                for name in names
                if (sealed := getattr(row, name)) is not None
            }
        )
        for row in rows
    ]


@cache
def sealed_names(table: Table) -> frozenset[str]:
    """The names of a table's columns that are encrypted."""
    return frozenset(column.name for column in table.c if column.info.get("sealed"))
