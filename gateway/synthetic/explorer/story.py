"""Rows in their final state, and the moments that led to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any, NamedTuple

from sqlalchemy import Table

from gateway.db.changed_rows import ChangedRows, RowChange, is_part
from gateway.db.tables import CHILD_OF
from gateway.db.tables.columns import column_names, counts_writes
from gateway.events.log import GRAPH, Event, Past
from gateway.synthetic.rows import Fields


class RowOfMoment(NamedTuple):
    """A row, and what was done to it."""

    table: Table
    row_id: str
    change: RowChange


@dataclass(frozen=True, slots=True)
class Moment:
    """An event of the past, and the rows that it changed."""

    event: Event
    past: Past
    changed: Sequence[RowOfMoment] = ()

    def rows(self) -> ChangedRows:
        """The rows that the event tells of."""
        found = ChangedRows()
        for table, row_id, change in self.changed:
            found.add(table, [(row_id, change)])
        return found


@dataclass(slots=True)
class Story:
    """Everything that is written for an organization.

    Attributes:
        rows: by table; each table comes after the tables to which it refers.
        moments: the events, in any order.
    """

    rows: dict[Table, list[Fields]] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)

    def make(self, table: Table, at: datetime, row: Mapping[str, Any]) -> RowOfMoment:
        """Make a row. It must have an id."""
        made = {"created_at": at, "updated_at": at, **row}
        self.rows.setdefault(table, []).append(made)
        request_id = made[CHILD_OF] if is_part(table) else None
        return RowOfMoment(table, made["id"], RowChange(request_id, None, dict(made)))

    def change(self, table: Table, at: datetime, row_id: str, values: Mapping[str, Any]) -> RowOfMoment:
        """Set columns of a row that was made before."""
        row = next(each for each in reversed(self.rows[table]) if each["id"] == row_id)
        before = SimpleNamespace(**{**dict.fromkeys(column_names(table)), **row})
        row.update(values, updated_at=at)
        if counts_writes(table):
            row["version"] = row.get("version", 1) + 1
        request_id = row[CHILD_OF] if is_part(table) else None
        return RowOfMoment(table, row_id, RowChange(request_id, before, dict(values)))

    def tell(
        self,
        what: str,
        at: datetime,
        changed: RowOfMoment | Sequence[RowOfMoment],
        *,
        by: str | None = None,
        door: str = GRAPH,
    ) -> None:
        """Tell that something happened.

        Args:
            what: the type of the event.
            at: when it happened.
            changed: the subject, then the other rows that the event tells of.
            by: the id of the person who did it.
            door: the API that it came through.
        """
        all_of_them = [changed] if isinstance(changed, RowOfMoment) else list(changed)
        subject = all_of_them[0]
        event = Event(what, str(subject.table.name), subject.row_id)
        self.moments.append(Moment(event, Past(at, by, door), all_of_them))
