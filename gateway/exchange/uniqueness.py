"""What two objects may not both say: found before it is written, so that the file's line can be told."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Table, UniqueConstraint

from gateway.db.holders import holders
from gateway.resolvers.errors import Conflict
from gateway.resolvers.writes import Write


class Claim(NamedTuple):
    """A row as it is to be.

    Attributes:
        line: of the record that says so.
    """

    columns: Mapping[str, Any]
    line: int


async def check_unique(write: Write, table: Table, claims: Mapping[str, Claim]) -> None:
    """Refuse rows that are like another row where rows have to differ.

    Args:
        write: the transaction that is about to write the rows.
        table: whose rows they are.
        claims: by the row's id, every row of the table that is about to be written.

    Raises:
        Conflict: two of them, or one of them and a row that stays as it is, are alike in what must be unique.
    """
    for names in unique_columns(table):
        claimed: dict[tuple[Any, ...], str] = {}
        for id, claim in claims.items():
            values = tuple(claim.columns.get(name) for name in names)
            if None not in values and claimed.setdefault(values, id) != id:
                raise _alike(names, claim)
        for values, id in (await holders(write, table, names, claimed)).items():
            if id not in claims:
                raise _alike(names, claims[claimed[values]])


@cache
def unique_columns(table: Table) -> list[tuple[str, ...]]:
    """The columns of each unique constraint within an organization, the primary key left out."""
    constraints = (each for each in table.constraints if isinstance(each, UniqueConstraint))
    names = (tuple(column.name for column in each.columns) for each in constraints)
    return sorted(each[1:] for each in names if each[0] == "organization_id" and len(each) > 1)


def _alike(names: tuple[str, ...], claim: Claim) -> Conflict:
    return Conflict(f"line {claim.line}: another object has the same {' and '.join(names)}.")
