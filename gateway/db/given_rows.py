"""Rows passed to a statement as one text: asyncpg checks every value of an array, but none inside a text."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, bindparam, cast, column, func
from sqlalchemy.types import TypeEngine

from gateway.db.types import Text


def given_rows(name: str, columns: Mapping[str, type[TypeEngine[Any]]]) -> Any:
    """The rows of a JSON array of objects, on PostgreSQL; what an object lacks is null.

    Args:
        name: of the parameter, and of the rows in the statement.
        columns: the members of the objects, with their types.
    """
    given = cast(bindparam(name, type_=Text()), JSON)
    rows = func.json_to_recordset(given).table_valued(
        *(column(member, type_) for member, type_ in columns.items()), name=name
    )
    return rows.render_derived(with_types=True)
