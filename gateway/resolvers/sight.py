"""The one tenant filter: which rows of a table a viewer sees."""

from typing import Final

from sqlalchemy import Table

from gateway.db import filters
from gateway.db import tables as db
from gateway.db.filters import Where
from gateway.resolvers.viewer import Scope, Viewer

SEEN_BY_ADMINISTRATORS: Final = (db.api_tokens, db.events, db.webhook_endpoints, db.webhook_attempts)


def visible_to(viewer: Viewer, table: Table) -> Where | None:
    """The condition, beside the organization's own, on the rows that a viewer sees; None where they see none.

    Raises:
        Forbidden: the viewer's token may not read at all.
    """
    viewer.require(Scope.READ)
    if table in SEEN_BY_ADMINISTRATORS and not viewer.may(Scope.ADMIN):
        return None
    if table is db.file_uploads and not viewer.may(Scope.WRITE):
        return None
    if (customer_id := viewer.customer_id) is None:
        return filters.EVERYTHING
    if table is db.events:
        sides = [filters.eq(name, customer_id) for name in ("customer_before", "customer_after")]
        return filters.any_of(*sides)
    return filters.eq("customer_id", customer_id) if table is db.connected_accounts else None
