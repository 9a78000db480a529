"""Connected accounts with secrets: written as any writer does, and read back by a process that starts later."""

from contextlib import asynccontextmanager

from sqlalchemy import select

from gateway.db import tables as db
from gateway.db.database import open_database
from gateway.db.ids import now
from gateway.db.key_files import change_keys, create_key_file
from gateway.db.keys import unlock
from gateway.db.writes import open_sealed
from tests.data import changing

SECRET = '{"access_token":"shpat_example"}'


def account(row_id, settings=SECRET):
    at = now()
    return {
        "id": row_id,
        "kind": "connector",
        "service": "shopify",
        "is_internal": False,
        "is_syncing": False,
        "status": "healthy",
        "settings": settings,
        "created_at": at,
        "updated_at": at,
    }


async def insert_account(database, row_id="a1", settings=SECRET):
    async with changing(database, "o1") as write:
        await write.insert(db.connected_accounts, [account(row_id, settings)])


async def stored(database):
    """The sealed texts by row id."""
    accounts = db.connected_accounts
    statement = database.prepare(("raw",), lambda: select(accounts.c.id, accounts.c.settings))
    return {row.id: row.settings for row in await database.fetch(statement, {})}


async def store(database, sealed_texts):
    """Put sealed texts into rows as they are, by row id."""
    accounts = db.connected_accounts
    for row_id, text in sealed_texts.items():
        await insert_account(database, row_id, None)
        statement = accounts.update().values(settings=text).where(accounts.c.id == row_id)
        async with database.transaction() as transaction:
            await transaction.run_many(database.prepare(("store", row_id), lambda s=statement: s), [{}])


async def secrets(database):
    """The opened texts by row id."""
    accounts = db.connected_accounts
    statement = database.prepare(("all",), lambda: select(accounts.c.id, accounts.c.settings))
    rows = open_sealed(database, accounts, "o1", await database.fetch(statement, {}))
    return {row.id: row.settings for row in rows}


@asynccontextmanager
async def process(url, *, keys="", file="", check=True):
    """A store as a process of its own would have it, unlocked."""
    database = open_database(url)
    await database.start()
    try:
        await unlock(database, url, keys, str(file), check=check)
        yield database
    finally:
        await database.stop()


def write_keys(path, *keys):
    """Make the key file hold these."""
    create_key_file(path, keys[0])
    change_keys(path, lambda _: list(keys))
