"""A statement that inserts a few rows, made of one that inserts one: the driver's batches cost a task and messages."""

import re
from functools import lru_cache
from typing import Final

MOST_ROWS: Final = 8
"""Of one statement: each number of rows is a statement more for the server to prepare."""

_VALUE: Final = r"\$\d+::[\w\" ]+"
_INSERT: Final = re.compile(
    rf"(?P<head>INSERT INTO [^$]+ VALUES )(?P<row>\({_VALUE}(?:, {_VALUE})*\))(?P<tail> ON CONFLICT [^$]+)?"
)
_NUMBER: Final = re.compile(r"\$(\d+)")


@lru_cache(maxsize=512)
def for_rows(sql: str, rows: int) -> str | None:
    """The statement for so many rows, its parameters those of one row behind those of another.

    None where there are too many, or where the statement does more than to insert what it is given. Rows of one that
    also changes those that are there (`ON CONFLICT`) must differ by what they conflict in.

    Args:
        sql: inserts one row, in PostgreSQL's words.
        rows: how many.
    """
    found = _INSERT.fullmatch(sql) if rows <= MOST_ROWS else None
    if found is None:
        return None
    row = found["row"]
    width = len(numbers := _NUMBER.findall(row))
    if numbers != [str(number) for number in range(1, width + 1)]:
        return None
    groups = ", ".join([_shifted(row, place * width) for place in range(rows)])
    return f"{found['head']}{groups}{found['tail'] or ''}"


def _shifted(row: str, by: int) -> str:
    return _NUMBER.sub(lambda each: f"${int(each[1]) + by}", row)
