"""Migrations and the tables describe the same database."""

import re
import subprocess
import sys

import asyncpg
import pytest
from alembic import command
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.db.migrate import SCRIPTS, configuration, migrate, newest, pending
from gateway.db.tables import metadata

pytestmark = pytest.mark.anyio

SQLITE_SCHEMA = (
    "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND name NOT LIKE 'sqlite%'"
)
POSTGRESQL_SCHEMA = """
SELECT 'column', table_name, column_name, data_type, is_nullable, collation_name, ordinal_position::text
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'index', tablename, indexname, indexdef, '', '', '' FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', ''
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""


def unspaced(rows):
    """Definitions without the spacing and the order of constraints that generators choose as they like."""
    return sorted(
        tuple(
            sorted(re.split(r",? (?=CONSTRAINT)", re.sub(r"\s+|\)$", " ", str(each)).strip())) for each in row
        )
        for row in rows
    )


def test_sqlite_migrations_make_exactly_the_tables_of_the_code(tmp_path, migrated_sqlite):
    created = create_engine(f"sqlite:///{tmp_path}/created.db")
    metadata.create_all(created)
    migrated = create_engine(f"sqlite:///{migrated_sqlite}")
    found = []
    for engine in (created, migrated):
        with engine.connect() as connection:
            found.append(unspaced(connection.execute(text(SQLITE_SCHEMA)).all()))
        engine.dispose()
    assert found[0] == found[1]
    assert len(found[0]) > 30


async def test_postgresql_migrations_make_exactly_the_tables_of_the_code(
    postgresql_server, migrated_postgresql
):
    from tests.conftest import database_at

    connection = await asyncpg.connect(postgresql_server)
    await connection.execute("CREATE DATABASE created_from_code")
    await connection.close()
    found = []
    for name in ("created_from_code", migrated_postgresql):
        url = database_at(postgresql_server, name)
        if name == "created_from_code":
            engine = create_async_engine("postgresql+asyncpg://" + url.split("://", 1)[1])
            async with engine.begin() as opened:
                await opened.run_sync(metadata.create_all)
            await engine.dispose()
        connection = await asyncpg.connect(url)
        rows = unspaced(map(tuple, await connection.fetch(POSTGRESQL_SCHEMA)))
        found.append([row for row in rows if "alembic" not in row[1][0]])
        await connection.close()
    assert found[0] == found[1]
    assert len(found[0]) > 100


async def test_migrating_twice_changes_nothing_and_nothing_is_pending(database_url):
    assert await pending(database_url) == []
    await migrate(database_url)
    assert await pending(database_url) == []


async def test_an_empty_database_lacks_every_revision(tmp_path):
    assert (await pending(f"sqlite:///{tmp_path}/empty.db"))[0] == "0001"
    engine = create_engine(f"sqlite:///{tmp_path}/empty.db")
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_migration_counts_the_many_children_that_are_there(tmp_path):
    now = "2024-02-29T12:00:00.000000+00:00"
    engine = create_engine(f"sqlite:///{tmp_path}/old.db")
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0003")
        connection.execute(
            text(
                f"INSERT INTO organizations VALUES ('o', '{now}', '{now}', 'North', 'none', 'UTC')",
            )
        )
        for request, children in (("many", 101), ("few", 100)):
            connection.execute(
                text(
                    "INSERT INTO connection_requests"
                    " (organization_id, id, created_at, updated_at, kind, status, requested_at)"
                    f" VALUES ('o', '{request}', '{now}', '{now}', 'access', 'pending', '{now}')"
                )
            )
            for n in range(children):
                connection.execute(
                    text(
                        "INSERT INTO files"
                        " (organization_id, id, created_at, updated_at, connection_request_id, position, name)"
                        f" VALUES ('o', '{request}{n}', '{now}', '{now}', '{request}', {n}, 'a')"
                    )
                )
        command.upgrade(configuration(connection), "0004")
        found = connection.execute(text("SELECT * FROM child_counters")).all()
    engine.dispose()
    assert found == [("o", "many", "files", 101)]


def test_a_revision_is_the_beginning_of_its_files_name():
    found = {path.name.partition("_")[0]: path.read_text() for path in (SCRIPTS / "versions").glob("*.py")}
    revisions = sorted(found)
    assert newest() == revisions[-1]
    for before, revision in zip([None, *revisions], revisions, strict=False):
        down = f'"{before}"' if before else None
        assert f'revision = "{revision}"\ndown_revision = {down}\n' in found[revision]


SERVE = """
import asyncio, sys
from gateway.app import create_app
from gateway.settings import Settings

async def main():
    app = create_app(Settings(database_url=sys.argv[1]))
    async with app.router.lifespan_context(app):
        print("alembic" in sys.modules, "sqlalchemy.orm" in sys.modules)

asyncio.run(main())
"""


def test_a_server_of_a_current_database_does_without_alembic(database_url):
    done = subprocess.run([sys.executable, "-c", SERVE, database_url], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("False False\n", 0), done.stderr
