"""Rows of a kind: each legacy API has one kind of a table's rows, and finds none of the others."""

from typing import Any

from gateway.db import tables as db
from gateway.db.statements import Row
from gateway.db.tables import ConnectedAccountKind, ConnectionRequestKind
from gateway.resolvers.context import Context
from gateway.resolvers.errors import NotFound


async def one_of_kind(
    context: Context,
    value: Any,
    kind: ConnectionRequestKind | ConnectedAccountKind,
    *,
    columns: tuple[str, ...],
    by: str = "id",
    missing: str,
) -> Row:
    """The visible row of a kind that a unique column names.

    Args:
        context: of a caller, or of a write: then as that has left the row.
        columns: to read, beside the kind and ``by``.
        by: the column, unique within the organization, that has the ``value``.
        missing: what the caller is told where there is none.

    Raises:
        NotFound: there is no such row, the viewer does not see it, or it is of another kind.
    """
    table = db.connection_requests if isinstance(kind, ConnectionRequestKind) else db.connected_accounts
    found = await context.rows(table, [value], columns=(*columns, "kind"), key=by)
    row = found.get(value)
    if row is None or row.kind != kind:
        raise NotFound(missing)
    return row
