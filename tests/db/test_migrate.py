"""Migrations and the tables describe the same database."""

import subprocess
import sys

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect, text

from gateway.db.migrate import SCRIPTS, configuration, connected, lacking, migrate, newest, pending
from gateway.db.schemas import pieces
from gateway.db.tables import metadata

pytestmark = pytest.mark.anyio


async def test_migrations_make_exactly_the_tables_of_the_code(database_url, empty_postgresql, tmp_path):
    """Column order is not compared: no statement of ours depends on it."""

    def create(connection):
        metadata.create_all(connection)
        return pieces(connection)

    is_sqlite = database_url.startswith("sqlite")
    created_url = f"sqlite:///{tmp_path}/created.db" if is_sqlite else empty_postgresql
    created = await connected(created_url, create)
    assert await connected(database_url, pieces) == created
    assert len(created) > 150
    assert {piece.kind for piece in created} == {"column", "index", "constraint"}


async def test_migrating_twice_changes_nothing_and_nothing_is_pending(database_url):
    assert await pending(database_url) == []
    await migrate(database_url)
    assert await pending(database_url) == []


async def test_an_empty_database_lacks_every_revision(tmp_path):
    assert (await pending(f"sqlite:///{tmp_path}/empty.db"))[0] == "0001"
    engine = create_engine(f"sqlite:///{tmp_path}/empty.db")
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_the_revisions_that_are_missing_are_named():
    assert lacking(["0022", "0023"]) == "The database lacks migrations: 0022, 0023."


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
