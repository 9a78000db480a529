"""Finds violations of unique constraints before rows are written, so that both places can be reported."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Table, UniqueConstraint

from gateway.db.holders import holders
from gateway.exchange.arrivals import Arrivals
from gateway.exchange.places import RecordPlace
from gateway.resolvers.errors import Conflict
from gateway.resolvers.writes import Write


class Claim(NamedTuple):
    """A planned row.

    Attributes:
        place: the place of its record.
    """

    columns: Mapping[str, Any]
    place: RecordPlace


class Alike(Conflict):
    """Two objects with the same values in a unique constraint.

    Attributes:
        values: the common values, by column.
        place: the place of the object that was about to be written.
        other: the place of the other object, if it is about to be written, too.
        holder: the stored row that has these values, if there is one.
    """

    def __init__(
        self,
        table: Table,
        values: Mapping[str, Any],
        place: RecordPlace,
        other: RecordPlace | None,
        holder: str | None,
    ) -> None:
        super().__init__(f"{place}: Another object has the same {' and '.join(values)}.")
        self.table = table
        self.values = values
        self.place = place
        self.other = other
        self.holder = holder


async def check_unique(
    write: Write, table: Table, claims: Mapping[str, Claim], arrivals: Arrivals
) -> dict[str, set[str]]:
    """Refuse rows that would violate a unique constraint.

    Args:
        write: the transaction that is about to write the rows.
        table: the table of the rows.
        claims: all rows of the table that are about to be written, by id.
        arrivals: tells which rows have a later record in the file: such a row can still change.

    Returns:
        The columns to set to null before any row is written, by the row's id: another row claims their values, and the
        row itself gets others now, or from a later record.

    Raises:
        Alike: two of the rows, or one of them and an unchanged row, have the same values.
    """
    emptied: dict[str, set[str]] = defaultdict(set)
    for names in unique_columns(table):
        claimed: dict[tuple[Any, ...], str] = {}
        for id, claim in claims.items():
            values = tuple(claim.columns.get(name) for name in names)
            if None not in values and (other := claimed.setdefault(values, id)) != id:
                common = dict(zip(names, values, strict=True))
                raise Alike(table, common, claim.place, claims[other].place, None)
        for values, id in (await holders(write, table, names, claimed)).items():
            if id == claimed[values]:
                continue
            if id not in claims and not arrivals.is_to_come(table, (await write.rows(table, [id]))[0]):
                common = dict(zip(names, values, strict=True))
                raise Alike(table, common, claims[claimed[values]].place, None, id)
            emptied[id].update(name for name in names if table.c[name].nullable)
    return emptied


@cache
def unique_columns(table: Table) -> list[tuple[str, ...]]:
    """The columns of each unique constraint within an organization, except the primary key."""
    constraints = (each for each in table.constraints if isinstance(each, UniqueConstraint))
    names = (tuple(column.name for column in each.columns) for each in constraints)
    return sorted(each[1:] for each in names if each[0] == "organization_id" and len(each) > 1)
