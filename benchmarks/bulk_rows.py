"""Rows by the million, made by PostgreSQL itself out of the rows that are there."""

import asyncpg

from gateway.db.child_counts import MANY
from gateway.db.tables import CHILD_OF, COUNTED, COUNTED_CHILDREN, metadata

CHILDREN = ("approvals", "comments", "files", "file_attachments", "integrations", "requested_items")
MOST_COPIES = 255
EARLIER = "- interval '20 years' - n * interval '1 hour'"
COPIED = {
    # Ids of the rows that are there begin with their time (RFC 9562, version 7); a copy is older than all of them.
    "id": "lpad(to_hex(n), 4, '0') || substr(id, 5)",
    "connection_request_id": "lpad(to_hex(n), 4, '0') || substr(connection_request_id, 5)",
    "file_id": "lpad(to_hex(n), 4, '0') || substr(file_id, 5)",
    "requested_at": f"requested_at {EARLIER}",
    "created_at": f"created_at {EARLIER}",
}


class Bulk:
    """Writes to one database as its administrator: without its indexes and foreign keys, which are made anew."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def multiply(self, requests: int) -> None:
        """Copy all requests with their children, long before the latest ones, until there are ``requests``."""
        there = await self._connection.fetchval("SELECT count(*) FROM connection_requests")
        copies = requests // there - 1
        if copies > MOST_COPIES:
            raise ValueError(f"At most {(MOST_COPIES + 1) * there} requests can be made of {there}.")
        indexes = await self._connection.fetch(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)"
        )
        await self._connection.execute(
            "SET session_replication_role = replica; SET maintenance_work_mem = '512MB'"
        )
        for index in indexes:
            await self._connection.execute(f'DROP INDEX "{index["indexname"]}"')
        for table in ("connection_requests", *CHILDREN):
            names = [column.name for column in metadata.tables[table].c]
            values = ", ".join(COPIED.get(name, name) for name in names)
            await self._connection.execute(
                f"INSERT INTO {table} ({', '.join(names)})"
                f" SELECT {values} FROM generate_series(1, {copies}) AS n, {table}"
            )
        for index in indexes:
            await self._connection.execute(index["indexdef"])

    async def give_integrations(self, request_ids: list[str], count: int) -> None:
        """Let each of these requests have ``count`` integrations, those that it has already among them."""
        names = [column.name for column in metadata.tables["integrations"].c]
        new = {
            "id": "overlay(request_id PLACING lpad(to_hex(n), 12, '0') FROM 25)",
            "connection_request_id": "request_id",
            "position": "n",
            "created_at": "model.created_at + n * interval '1 second'",
        }
        values = ", ".join(new.get(name, f"model.{name}") for name in names)
        await self._connection.execute(
            f"INSERT INTO integrations ({', '.join(names)}) SELECT {values}"
            " FROM unnest($1::text[]) AS request_id"
            " CROSS JOIN LATERAL (SELECT count(*) AS there FROM integrations"
            "   WHERE connection_request_id = request_id) AS own"
            " CROSS JOIN LATERAL generate_series(own.there, $2 - 1) AS n"
            " CROSS JOIN LATERAL (SELECT * FROM integrations ORDER BY id LIMIT 1) AS model",
            request_ids,
            count,
        )

    async def count(self, organization_id: str) -> None:
        """Make the counters of an organization exact."""
        await self._connection.execute("DELETE FROM counters WHERE position('.' IN table_name) = 0")
        await self._connection.execute("DELETE FROM child_counters")
        for table in COUNTED:
            kind, status = (name if name in table.c else "''" for name in ("kind", "status"))
            await self._connection.execute(
                f"INSERT INTO counters SELECT $1::text, '{table.name}', {kind}, {status}, count(*)"
                f" FROM {table.name} WHERE organization_id = $1::text GROUP BY 3, 4",
                organization_id,
            )
        for table in COUNTED_CHILDREN:
            await self._connection.execute(
                "INSERT INTO child_counters (organization_id, parent_id, table_name, n)"
                f" SELECT organization_id, {CHILD_OF}, '{table.name}', count(*) FROM {table.name}"
                f" WHERE {CHILD_OF} IS NOT NULL GROUP BY 1, 2 HAVING count(*) > {MANY}"
            )
