"""Links: many-to-many relations through a table in between."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Table, and_, literal_column, select
from sqlalchemy.sql.expression import ColumnElement, FromClause

from gateway.db.tables import connection_requests, file_attachments, files

ROWID = "rowid"
"""SQLite's own number of the row of the table between, as a column of `Link.source`."""

EXTRA = "link_extra"
"""The `extra` of the row of the table between, as a column of `Link.source`."""


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """Rows as children of parents that have no column for them.

    Attributes:
        table: whose rows the children are.
        between: whose rows name a parent and a child each.
        parent: the column of ``between`` that names the parent.
        child: the column of ``between`` that names the child.
    """

    table: Table
    between: Table
    parent: str
    child: str

    def source(self, names: Collection[str], alias: str | None = None) -> FromClause:
        """The children beside their parents as a table with these columns, and those that every list is read by.

        `position` is the child's place beside this parent. The children's own table is read only for a column of it.
        """
        own: dict[str, ColumnElement[object]] = {
            "organization_id": self.between.c.organization_id,
            "id": self.between.c[self.child],
            self.parent: self.between.c[self.parent],
            "position": self.between.c.position,
            EXTRA: self.between.c.extra,
            ROWID: literal_column(f"{self.between.name}.rowid"),
        }
        shown = dict.fromkeys(["organization_id", "id", self.parent, *names])
        columns = [own[name] if name in own else self.table.c[name] for name in shown]
        labelled = [column.label(name) for name, column in zip(shown, columns, strict=True)]
        if own.keys() >= shown.keys():
            return select(*labelled).select_from(self.between).subquery(alias)
        is_beside = and_(
            self.table.c.organization_id == self.between.c.organization_id,
            self.table.c.id == self.between.c[self.child],
        )
        return select(*labelled).select_from(self.between.join(self.table, is_beside)).subquery(alias)


FILES_OF_REQUEST = Link(files, file_attachments, "connection_request_id", "file_id")
REQUESTS_OF_FILE = Link(connection_requests, file_attachments, "file_id", "connection_request_id")
