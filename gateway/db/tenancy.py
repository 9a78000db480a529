"""Which rows belong to an organization."""

from typing import Any

from sqlalchemy import and_, exists, or_
from sqlalchemy.sql.expression import ColumnElement, FromClause

from gateway.db.tables import CATALOGUE, connectors, organizations


def owned(table: FromClause, organization_id: ColumnElement[str]) -> ColumnElement[bool]:
    """The condition that rows of ``table``, or of an alias of one, belong to an organization.

    An organization belongs to itself. Of connectors it has its own, and those of the operator's catalogue that
    it has no own of the same name for.
    """
    origin = getattr(table, "element", table)
    columns: Any = table.c
    if origin is organizations:
        return columns.id == organization_id  # type: ignore[no-any-return]
    if origin is connectors:
        own = connectors.alias("own")
        overridden = exists().where(own.c.organization_id == organization_id, own.c.id == columns.id)
        shared = and_(columns.organization_id == CATALOGUE, ~overridden)
        return or_(columns.organization_id == organization_id, shared)
    return columns.organization_id == organization_id  # type: ignore[no-any-return]
