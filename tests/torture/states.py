"""What a store holds of an organization, read past the gateway, in a form that can be written down beforehand."""

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from gateway.db.urls import is_sqlite, sqlite_path

# By table: the column that a row is known by, and those that are looked at. Of rows whose ids no answer shows, it is
# another one than the id.
ROWS = {
    "connection_requests": ("id", "org_name", "reason", "status"),
    "people": ("id", "first_name"),
    "files": ("id", "name", "size"),
    "connected_accounts": ("id", "name", "status", "disabled"),
    "api_tokens": ("name", "CASE WHEN revoked_at IS NULL THEN 'valid' ELSE 'revoked' END"),
    "connector_configs": ("id", "display_name"),
    "webhook_endpoints": ("id", "url"),
    "customers": ("id", "metadata"),
    "commerce_customers": ("email", "external_id"),
}
UNNAMED = {table for table, (known_by, *_) in ROWS.items() if known_by != "id"}
# The rows of a request, and what tells them apart.
PARTS = {
    "approvals": "person_id",
    "comments": "body",
    "decisions": "outcome",
    "file_attachments": "file_id",
    "integrations": "rules",
    "requested_items": "resource_id",
}


Run = Callable[[str], Awaitable[list[tuple[Any, ...]]]]
"""Runs a statement and returns its rows."""


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Run]:
    """A store, by the database's own driver; what is written is committed in the end."""
    if is_sqlite(url):
        with closing(sqlite3.connect(sqlite_path(url))) as file, file:

            async def run(sql: str) -> list[tuple[Any, ...]]:
                return file.execute(sql).fetchall()

            yield run
        return
    connection = await asyncpg.connect(url)

    async def run_there(sql: str) -> list[tuple[Any, ...]]:
        return [tuple(each) for each in await connection.fetch(sql)]

    try:
        yield run_there
    finally:
        await connection.close()


@dataclass
class State:
    """The rows of an organization, and the events that tell of them.

    Attributes:
        rows: by table and what a row is known by.
        parts: how many rows of a table a request has, by what tells them apart.
        events: how many there are of a type and of a subject, which is None where its id is shown to nobody.
        keys: of idempotency.
    """

    rows: dict[tuple[str, str], tuple[Any, ...]] = field(default_factory=dict)
    parts: Counter[tuple[str, str, str | None]] = field(default_factory=Counter)
    events: Counter[tuple[str, str, str | None]] = field(default_factory=Counter)
    keys: int = 0

    def put(self, table: str, known_by: str, *values: Any) -> None:
        """Note a row as it is now."""
        self.rows[table, known_by] = values

    def remove(self, table: str, known_by: str) -> None:
        """Note that a row is gone, and with a request all that was its own."""
        del self.rows[table, known_by]
        if table == "connection_requests":
            for each in [each for each in self.parts if each[1] == known_by]:
                del self.parts[each]

    def part(self, table: str, request: str, *texts: str | None, sign: int = 1) -> None:
        """Note rows that a request has now, or has no longer."""
        for text in texts:
            self.parts[table, request, text] += sign

    def told(self, type_: str, table: str, subject: str | None) -> None:
        """Note an event."""
        self.events[type_, table, None if table in UNNAMED else subject] += 1

    def differences(self, other: "State") -> list[str]:
        """What the other one, which was found, has too much, too little or otherwise; a few of each."""
        found = [
            f"{name} {key}: expected {mine.get(key)}, found {theirs.get(key)}"
            for name, mine, theirs in (
                ("row", self.rows, other.rows),
                ("part", +self.parts, other.parts),
                ("event", +self.events, other.events),
            )
            for key in sorted(mine.keys() | theirs.keys(), key=str)
            if mine.get(key) != theirs.get(key)
        ]
        if self.keys != other.keys:
            found.append(f"idempotency keys: expected {self.keys}, found {other.keys}")
        return found


async def state_of(run: Run, organization: str) -> State:
    """What a store holds of an organization."""
    own = f"WHERE organization_id = '{organization}'"
    found = State()
    for table, (known_by, *columns) in ROWS.items():
        for name, *values in await run(f"SELECT {known_by}, {', '.join(columns)} FROM {table} {own}"):
            assert (table, name) not in found.rows, f"{table} {name} is there twice"
            found.put(table, name, *values)
    for table, text in PARTS.items():
        for request, of in await run(f"SELECT connection_request_id, {text} FROM {table} {own}"):
            found.part(table, request, of)
    for event in await run(f"SELECT type, subject_type, subject_id FROM events {own}"):
        found.told(*event)
    [(found.keys,)] = await run(f"SELECT count(*) FROM idempotency_keys {own}")
    return found
