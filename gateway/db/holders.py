"""Who holds a value that may be held once: the rows of an organization by a unique constraint's columns."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Table, bindparam, select

from gateway.db.tenancy import owned
from gateway.db.types import OrderedText, among
from gateway.db.writes import Changes

Values = tuple[Any, ...]


async def holders(
    changes: Changes, table: Table, names: tuple[str, ...], wanted: Iterable[Values]
) -> dict[Values, str]:
    """The ids of the rows that hold these values in the columns ``names``, as the transaction sees them.

    One statement for each distinct combination of all values but the last.
    """
    *leading, last = names
    grouped: dict[Values, list[Any]] = defaultdict(list)
    for values in wanted:
        grouped[values[:-1]].append(values[-1])
    statement = changes.database.prepare(
        ("holders", table.name, names),
        lambda: select(table.c.id, *[table.c[name] for name in names]).where(
            owned(table, bindparam("organization_id", type_=OrderedText())),
            *[table.c[name] == bindparam(f"is_{name}", type_=table.c[name].type) for name in leading],
            among(table.c[last], "keys"),
        ),
    )
    found: dict[Values, str] = {}
    for same, keys in grouped.items():
        parameters = {f"is_{name}": value for name, value in zip(leading, same, strict=True)}
        parameters.update(organization_id=changes.organization_id, keys=keys)
        for row in await changes.fetch(statement, parameters):
            found[tuple(getattr(row, name) for name in names)] = row.id
    return found
