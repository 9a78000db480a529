"""The gateway's own statements: what one operation sends to PostgreSQL, and how many pages of memory that touches."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx2

from gateway.app import create_app
from gateway.db.database import open_database
from gateway.db.statements import Row, Statement
from gateway.settings import Settings


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement as the driver got it."""

    sql: str
    arguments: tuple[Any, ...]


class Recorder:
    """A database that notes what is read through it; everything else is the database's own."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.sent: list[Sent] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        self.sent.append(Sent(statement.sql, tuple(statement.arguments(parameters))))
        rows: list[Row] = await self._database.fetch(statement, parameters)
        return rows


async def statements_of(
    url: str, token: str, document: str, variables: Mapping[str, Any]
) -> tuple[list[Sent], dict[str, Any]]:
    """What the gateway sends for one operation, its caller's token known already; and the operation's answer."""
    recorder: Any = Recorder(open_database(url))
    await recorder.start()
    try:
        transport = httpx2.ASGITransport(create_app(Settings(database_url=url), recorder))
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            for _ in range(2):
                recorder.sent.clear()
                body = {"query": document, "variables": variables}
                answer = await client.post("/graphql", json=body, headers=headers)
        return recorder.sent, answer.json()
    finally:
        await recorder.stop()


async def buffers_touched(url: str, sent: list[Sent]) -> list[int]:
    """Shared buffers that each statement touches while it runs, found or read: EXPLAIN (ANALYZE, BUFFERS)."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET jit = off; SET timezone = 'UTC'")
        touched = []
        for each in sent:
            # EXPLAIN's own parameters are values to the planner, as they are to the first runs of any statement.
            explained = await connection.fetchval(
                f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {each.sql}", *each.arguments
            )
            plan = json.loads(explained)[0]["Plan"]
            touched.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
        return touched
    finally:
        await connection.close()
