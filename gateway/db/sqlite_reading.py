"""Reading from SQLite in parts, each of which is measured before the next one is read."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from gateway.db.metering import Meter
from gateway.db.statements import Statement

PART: Final = 200
"""Rows of a part."""

SHORT: Final = 8_000
"""Bytes of texts of which so many rows may be read at once; where one is longer, row by row is read."""

_LONGEST: Final = 2**31 - 1  # SQLite lowers it to what it was built for


def read_measured(
    connection: sqlite3.Connection, statement: Statement, arguments: Sequence[Any], meter: Meter | None
) -> list[Any]:
    """The records of a statement, at most as many as the meter's owner may read and a few more."""
    if meter is None or not statement.reads:
        return connection.execute(statement.sql, arguments).fetchall()
    before = meter.bytes_read
    given = max((len(each) for each in arguments if isinstance(each, str)), default=0)
    # It bounds what is given, too.
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, SHORT + 4 * given)
    try:
        return _read_parts(connection, statement, arguments, meter, PART)
    except sqlite3.DataError as failure:
        if failure.sqlite_errorcode != sqlite3.SQLITE_TOOBIG:
            raise
    finally:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    meter.bytes_read = before
    return _read_parts(connection, statement, arguments, meter, 1)


def _read_parts(
    connection: sqlite3.Connection, statement: Statement, arguments: Sequence[Any], meter: Meter, size: int
) -> list[Any]:
    cursor = connection.execute(statement.sql, arguments)
    most_bytes, most_rows = meter.bytes_enforced, meter.rows_left
    records: list[Any] = []
    while True:
        part = cursor.fetchmany(size)
        records += part
        meter.bytes_read += statement.weight(part)
        if len(part) < size or meter.bytes_read > most_bytes or len(records) > most_rows:
            return records
