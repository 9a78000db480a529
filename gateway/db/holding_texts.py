"""Rows in whose text somewhere one of several pieces stands, letter by letter."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, bindparam, func, or_, select

from gateway.db.database import Reader
from gateway.db.statements import Row
from gateway.db.tenancy import owned
from gateway.db.types import OrderedText, Text

BATCH: Final = 500  # rows read at a time


def contains(text: ColumnElement[Any], piece: ColumnElement[Any], dialect_name: str) -> ColumnElement[bool]:
    """Whether a text contains a piece, letter by letter: `LIKE` would take some letters for patterns."""
    place = func.strpos if dialect_name == "postgresql" else func.instr
    found: ColumnElement[bool] = place(text, piece) > 0
    return found


async def rows_holding(
    reader: Reader, table: Table, organization_id: str, column: str, pieces: Sequence[str]
) -> AsyncIterator[Row]:
    """The organization's rows in whose column one of the pieces stands, by their ids; with the column and the id alone.

    All are read that are there, a batch at a time. The column may be changed meanwhile in what has come.
    """
    after: Any = None
    while True:
        statement = reader.prepare(
            ("rows holding", table.name, column, len(pieces), after is None),
            partial(_holding, table, column, len(pieces), reader.dialect_name, is_first=after is None),
        )
        given = {f"piece{number}": piece for number, piece in enumerate(pieces)}
        more = {} if after is None else {"after": after}
        rows = await reader.fetch(
            statement, {**given, **more, "organization_id": organization_id, "limit": BATCH}
        )
        for row in rows:
            yield row
        if len(rows) < BATCH:
            return
        after = rows[-1].id


def _holding(table: Table, column: str, pieces: int, dialect_name: str, *, is_first: bool) -> Any:
    text, its_id = table.c[column], table.c.id
    stands = [
        contains(text, bindparam(f"piece{number}", type_=Text()), dialect_name) for number in range(pieces)
    ]
    behind = [] if is_first else [its_id > bindparam("after", type_=its_id.type)]
    own = owned(table, bindparam("organization_id", type_=OrderedText()))
    return select(its_id, text).where(own, *behind, or_(*stands)).order_by(its_id).limit(bindparam("limit"))
