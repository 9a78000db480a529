"""What a command said, and what it left in the store."""

import asyncio
import re
import sqlite3
from contextlib import closing

import asyncpg


def assert_refused(result, message):
    code, out, err = result
    assert (code, out) == (1, "")
    assert re.fullmatch(f"gateway: .*{message}.*\n", err), err


def rows(url, sql):
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            return connection.execute(sql).fetchall()

    async def fetch():
        connection = await asyncpg.connect(url)
        found = [tuple(each) for each in await connection.fetch(sql)]
        await connection.close()
        return found

    return asyncio.run(fetch())
