"""Prepared statements on PostgreSQL: kept by connections, or not where a pooler loses them."""

import pytest
from sqlalchemy import column, select, table

from gateway.db.database import open_database
from gateway.db.failures import Busy, Unreachable
from gateway.db.lookups import ping
from gateway.serving import with_database
from gateway.settings import Settings
from tests.conftest import fresh_database

pytestmark = pytest.mark.anyio


@pytest.fixture
def postgresql_url(request, tmp_path):
    with fresh_database("postgresql", request, tmp_path) as url:
        yield url


async def prepared(store):
    await ping(store)
    async with store.pool.connection() as connection:
        return await connection.fetchval(
            "SELECT count(*) > 0 FROM pg_prepared_statements WHERE statement NOT LIKE '%prepared%'"
        )


@pytest.mark.parametrize("cache", [128, 0])
async def test_commands_keep_as_many_as_the_setting_says(postgresql_url, cache):
    settings = Settings(database_url=postgresql_url, database_statement_cache=cache, encryption_keys_file="")
    assert await with_database(settings, prepared, check_keys=False) == (cache > 0)


async def test_what_a_pooler_loses_is_named_with_the_setting_that_helps(postgresql_url):
    store = open_database(postgresql_url, connections=1)
    await store.start()
    try:
        await ping(store)
        async with store.pool.connection() as connection:
            await connection.execute("DEALLOCATE ALL")  # as a pooler's other session has never had them
        with pytest.raises(Unreachable, match=r"set GATEWAY_DATABASE_STATEMENT_CACHE=0 .*1.21.*max_prepared"):
            await ping(store)
    finally:
        await store.stop()


async def test_what_a_migration_changes_is_prepared_anew(postgresql_url):
    store = open_database(postgresql_url, connections=1)
    await store.start()
    try:
        statement = store.prepare(
            ("scratch",), lambda: select(column("a")).select_from(table("scratch", column("a")))
        )
        async with store.pool.connection() as connection:
            await connection.execute("CREATE TABLE scratch (a integer); INSERT INTO scratch VALUES (5)")
        assert await store.fetch(statement, {}) == [(5,)]
        assert await store.fetch(statement, {}) == [(5,)]
        async with store.pool.connection() as connection:
            await connection.execute("ALTER TABLE scratch ALTER COLUMN a TYPE text")
        assert await store.fetch(statement, {}) == [("5",)]
        async with store.pool.connection() as connection:
            await connection.execute("ALTER TABLE scratch ALTER COLUMN a TYPE bigint USING a::bigint")
        with pytest.raises(Busy):  # a transaction has to be begun anew
            async with store.transaction() as transaction:
                await transaction.fetch(statement, {})
        async with store.transaction() as transaction:
            assert await transaction.fetch(statement, {}) == [(5,)]
    finally:
        await store.stop()
