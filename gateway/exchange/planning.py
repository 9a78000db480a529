"""What a batch of records does to the store, as far as it is known."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table

from gateway.db.statements import Row
from gateway.exchange.records import Item


@dataclass(slots=True)
class Planned:
    """A row as it is to be.

    Attributes:
        row: as it is; None if it is new.
        record: index in the batch of the record that it came in.
        changes: the columns that change; None until they are known.
        common: the row of the operator's catalogue that everybody sees in its place, where there is one.
    """

    item: Item
    row: Row | None
    record: int
    changes: dict[str, Any] | None = None
    common: Row | None = None


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What a batch does.

    Attributes:
        rows: that the objects are, by table and id.
        gone: the record of each row that its parent's object has no longer, by table and id.
        between: the rows between a record's row and those linked to it, by the id of these; by member and record's id.
    """

    rows: dict[Table, dict[str, Planned]] = field(default_factory=lambda: defaultdict(dict))
    gone: dict[Table, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    between: dict[tuple[str, str], dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, table: Table, planned: Planned) -> None:
        self.rows[table][planned.item.columns["id"]] = planned
