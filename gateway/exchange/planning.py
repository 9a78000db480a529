"""The planned changes of a batch of records."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table

from gateway.db.statements import Row
from gateway.exchange.records import Item


@dataclass(slots=True)
class Planned:
    """The planned state of a row.

    Attributes:
        row: the current row; None if it is new.
        record: the index of its record in the batch.
        changes: the columns that change; None until they are known.
        common: the row of the operator's catalogue that is seen instead, if there is one.
    """

    item: Item
    row: Row | None
    record: int
    changes: dict[str, Any] | None = None
    common: Row | None = None


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """The planned changes of a batch.

    Attributes:
        rows: the rows of the objects, by table and id.
        gone: the rows that their parent's object no longer has, by table and id, each with its record.
        between: link rows by the id of the linked row; by member and record's id.
    """

    rows: dict[Table, dict[str, Planned]] = field(default_factory=lambda: defaultdict(dict))
    gone: dict[Table, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    between: dict[tuple[str, str], dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, table: Table, planned: Planned) -> None:
        self.rows[table][planned.item.columns["id"]] = planned
