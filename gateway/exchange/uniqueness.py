"""Finding values that must be unique but are not, before they are written, so that both places can be reported."""

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
    """A row as it is to be.

    Attributes:
        place: of the record that says so.
    """

    columns: Mapping[str, Any]
    place: RecordPlace


class Alike(Conflict):
    """Two objects that are alike in what must be unique.

    Attributes:
        values: by column, what they have in common.
        place: of the one that was about to be written.
        other: of the other one, where it is about to be written too.
        holder: the row that has these values, where one does.
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
    """Refuse rows that are like another row where rows have to differ.

    Args:
        write: the transaction that is about to write the rows.
        table: whose rows they are.
        claims: by the row's id, every row of the table that is about to be written.
        arrivals: of the file; a row that one of its records still is to say may become another until then.

    Returns:
        The columns that have to be emptied before any row is written, by the row's id: another row claims what they
        hold, and the row itself claims something else, or its record is to come.

    Raises:
        Alike: two of them, or one of them and a row that stays as it is, are alike in what must be unique.
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
    """The columns of each unique constraint within an organization, the primary key left out."""
    constraints = (each for each in table.constraints if isinstance(each, UniqueConstraint))
    names = (tuple(column.name for column in each.columns) for each in constraints)
    return sorted(each[1:] for each in names if each[0] == "organization_id" and len(each) > 1)
