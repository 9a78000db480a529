"""How many rows an organization has of each type, about: what an operation may be expected to return."""

import time
from collections.abc import Mapping
from typing import Final

from gateway.caches import Cache
from gateway.db import tables as db
from gateway.db.counts import rows_by_table
from gateway.resolvers.context import Context

BELIEVED_SECONDS: Final = 60.0
_ENTRIES: Final = 1_000
_ENTRY_BYTES: Final = 1_000


class Statistics:
    """Reads the counters of an organization, at most once a minute."""

    def __init__(self) -> None:
        self._known: Cache[str, tuple[float, Mapping[str, int]]] = Cache(_ENTRIES, _ENTRIES * _ENTRY_BYTES)

    async def rows(self, context: Context) -> Mapping[str, int]:
        """How many rows the viewer's organization has, by the name of their GraphQL type, if it is counted."""
        organization_id = context.viewer.organization_id
        known = self._known.get(organization_id)
        now = time.monotonic()
        if known is None or known[0] < now:
            by_table = await rows_by_table(context.reader, organization_id)
            rows = {table.info["type"]: by_table.get(table.name, 0) for table in db.COUNTED}
            known = (now + BELIEVED_SECONDS, rows)
            self._known.put(organization_id, known, _ENTRY_BYTES)
        return known[1]
