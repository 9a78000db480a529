"""What a database's schema consists of, piece by piece, whatever order its columns and constraints were made in."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, text


class Piece(NamedTuple):
    """A column, an index or a constraint.

    Attributes:
        kind: `column`, `index` or `constraint`.
        definition: in the database's own SQL, with its spacing and quotes made uniform.
    """

    kind: str
    table: str
    name: str
    definition: str


SQLITE = (
    "SELECT type, name, tbl_name, sql FROM sqlite_schema"
    " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' AND tbl_name <> 'alembic_version'"
)
POSTGRESQL = """
SELECT 'column', table_name, column_name, concat_ws(' ', data_type, 'COLLATE ' || collation_name,
    CASE is_nullable WHEN 'NO' THEN 'NOT NULL' END, 'DEFAULT ' || column_default)
FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
UNION ALL
SELECT 'index', tablename, indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    AND indexname NOT IN (SELECT conname FROM pg_constraint)
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version' AND contype <> 'n'
"""


def pieces(connection: Connection) -> frozenset[Piece]:
    """Every piece of the schema, that of Alembic's own table left out."""
    if connection.dialect.name == "postgresql":
        return frozenset(Piece(*row) for row in connection.execute(text(POSTGRESQL)))
    return frozenset(
        piece
        for kind, name, table, sql in connection.execute(text(SQLITE))
        for piece in _pieces_of(kind, name, table, re.sub(r"\s+", " ", sql.replace('"', "")))
    )


def _pieces_of(kind: str, name: str, table: str, sql: str) -> Iterator[Piece]:
    """The pieces that one statement of SQLite's makes."""
    if kind == "index":
        yield Piece("index", table, name, sql)
        return
    for item in _items(sql[sql.index("(") + 1 : sql.rindex(")")]):
        first, _, rest = item.partition(" ")
        if first == "CONSTRAINT":
            constraint, _, definition = rest.partition(" ")
            yield Piece("constraint", table, constraint, definition)
        elif first in ("PRIMARY", "UNIQUE", "CHECK", "FOREIGN"):
            yield Piece("constraint", table, "", item)
        else:
            yield Piece("column", table, first, rest)


def _items(listed: str) -> Iterator[str]:
    """What commas separate that stand in no parentheses."""
    depth = begin = 0
    for index, character in enumerate(listed):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            yield listed[begin:index].strip()
            begin = index + 1
    yield listed[begin:].strip()
