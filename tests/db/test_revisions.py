"""Revisions that `make migration` writes: in a copy of the sources whose tables were changed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.db.migrate import connected, newest
from gateway.db.new_revision import EmptyDatabases, Unwritten, write
from tests.data import NORTH, fill

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
NEXT = f"{int(newest()) + 1:04}"


class Copy:
    """A copy of the sources, to be changed."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        # The bytecode is copied, too: it is good for the copy.
        ignored = shutil.ignore_patterns("static")
        shutil.copytree(ROOT / "gateway", folder / "gateway", ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", folder)

    def table(self, path, table, *, behind="", remove="", add="", after=""):
        """Remove the column of a table that has this name; add a line behind another; add lines after the table."""
        file = self.folder / "gateway" / "db" / "tables" / path
        source = file.read_text()
        [block] = re.findall(rf"^{table} = tenant_table\(\n.*?^\)\n", source, re.DOTALL | re.MULTILINE)
        changed = block
        if remove:
            changed = re.sub(rf'    Column\("{remove}".*\n', "", changed)
        if add:
            changed = re.sub(
                rf'(    (?:Column|parent)\("{behind}".*\n)', rf"\1    {add},\n", changed, count=1
            )
        assert changed != block or after
        types = "from gateway.db.types import Boolean, Int, SmallInt\n"
        file.write_text(
            source.replace(block, changed + after).replace(
                "from gateway.db.types", f"{types}from gateway.db.types"
            )
        )

    def run(self, *arguments):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={"GATEWAY_TEST_POSTGRESQL": self.server, "PATH": ""},
            capture_output=True,
            text=True,
        )

    def revision(self, name):
        done = self.run("-m", "gateway.db.new_revision", name)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return (self.folder / f"gateway/db/migrations/versions/{NEXT}_{name}.py").read_text()

    def migrate(self, url):
        script = (
            "import asyncio, sys; from gateway.db.migrate import migrate; asyncio.run(migrate(sys.argv[1]))"
        )
        done = self.run("-c", script, url)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr


@pytest.fixture(scope="module")
def copy_with_a_column(tmp_path_factory, postgresql_server):
    copy = Copy(tmp_path_factory.mktemp("column"), postgresql_server)
    added = 'Column("test_rank", SmallInt, info=ORDERED)'
    copy.table("requests.py", "connection_requests", behind="duration_minutes", add=added)
    return copy, copy.revision("ranks_of_requests")


def test_a_column_more_is_a_revision_that_a_person_would_have_written(copy_with_a_column):
    assert (
        copy_with_a_column[1]
        == f'''"""Ranks of requests."""

import sqlalchemy as sa
from alembic import op

from gateway.db import types

revision = "{NEXT}"
down_revision = "{newest()}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connection_requests", sa.Column("test_rank", types.SmallInt(), nullable=True))
    op.create_index(
        "ix_connection_requests_test_rank",
        "connection_requests",
        ["organization_id", types.nulls_first("test_rank"), "id"],
        unique=False,
    )
'''
    )


def test_a_second_revision_finds_nothing_more_to_write(copy_with_a_column):
    done = copy_with_a_column[0].run("-m", "gateway.db.new_revision", "once_more")
    assert (done.returncode, done.stderr) == (1, "The migrations make exactly these tables already.\n")


RATINGS = """
ratings = tenant_table(
    "ratings",
    Column("is_public", Boolean, nullable=False),
    Column("comment_id", OrderedText, info=ORDERED),
    parent("comment_id", "comments"),
)
"""


@pytest.fixture(scope="module")
def changed_copy(tmp_path_factory, postgresql_server):
    """Every sort of change at once."""
    copy = Copy(tmp_path_factory.mktemp("changes"), postgresql_server)
    requests = "connection_requests"
    copy.table("requests.py", requests, remove="duration_minutes")
    copy.table("requests.py", requests, behind="reason", add='Column("duration_minutes", Int)')
    copy.table("requests.py", requests, behind="reason", add='Column("owner_id", OrderedText)')
    copy.table("requests.py", requests, behind="requester_id", add='parent("owner_id", "people")')
    copy.table("requests.py", requests, remove="org_name")
    copy.table("requests.py", requests, behind="reason", add='Column("org_name", OrderedText)')
    copy.table("requests.py", "files", remove="storage_key")
    stars = 'Column("stars", SmallInt, nullable=False, server_default="0")'
    copy.table("requests.py", "files", behind="size", add=stars)
    copy.table("requests.py", "comments", remove="body", after=RATINGS)
    unique = 'UniqueConstraint("organization_id", "created_at", "body")'
    copy.table(
        "requests.py", "comments", behind="extra", add=f'Column("body", OrderedText, info=INDEXED), {unique}'
    )
    enums = copy.folder / "gateway/db/tables/enums.py"
    enums.write_text(
        enums.read_text().replace(
            '    CANCELED = "canceled"\n', '    CANCELED = "canceled"\n    EXPIRED = "expired"\n', 1
        )
    )
    accounts = "connected_accounts"
    for column in ("is_syncing", "metadata", "extra"):
        copy.table("accounts.py", accounts, remove=column)
    copy.table("accounts.py", accounts, behind="list_id", add='Column("is_syncing", Boolean)')
    copy.table("accounts.py", accounts, behind="list_id", add='Column("metadata", Text, info=SEALED)')
    copy.table("accounts.py", accounts, behind="list_id", add='Column("extra", Text)')
    return copy, copy.revision("many_things")


def test_every_sort_of_change_is_written(changed_copy):
    operations = re.findall(r"op\.(?!f\b)(\w+)\(\s*\"?(\w+)", changed_copy[1].replace("batch_op.f(", ""))
    assert operations == [
        ("drop_index", "ix_connection_requests_org_name_sort"),
        ("drop_index", "ix_connected_accounts_extra_sealed_with"),
        ("drop_index", "ix_files_uuid"),
        ("drop_index", "ix_connected_accounts_settings_sealed_with"),
        ("create_table", "ratings"),
        ("batch_alter_table", "files"),
        ("add_column", "sa"),
        ("drop_column", "storage_key"),
        ("batch_alter_table", "connection_requests"),
        ("drop_constraint", "ck_connection_requests_status"),
        ("add_column", "sa"),
        ("alter_column", "duration_minutes"),
        ("drop_column", "org_name_sort"),
        ("create_check_constraint", "ck_connection_requests_status"),
        ("create_foreign_key", "fk_connection_requests_owner_id"),
        ("batch_alter_table", "comments"),
        ("alter_column", "body"),
        ("create_unique_constraint", "uq_comments_organization_id_created_at_body"),
        ("batch_alter_table", "connected_accounts"),
        ("alter_column", "is_syncing"),
        ("create_index", "ix_connected_accounts_metadata_sealed_with"),
        ("create_index", "ix_ratings_comment_id"),
        ("create_index", "ix_files_uuid"),
        ("create_index", "ix_connected_accounts_settings_sealed_with"),
    ]


READ = {
    "connection_requests": "id, kind, status, coalesce(duration_minutes, 0), requested_at",
    "comments": "id, body, connection_request_id",
    "files": "id, name, coalesce(size, 0)",
    "integrations": "id, connection_request_id",
    "child_counters": "parent_id, n",
    "counters": "table_name, kind, status, n",
}


async def test_rows_outlive_a_written_revision(database, database_url, changed_copy):
    await fill(database, NORTH)

    def rows(connection):
        return {
            name: sorted(connection.execute(text(f"SELECT {columns} FROM {name}")))
            for name, columns in READ.items()
        }

    counted = text("INSERT INTO child_counters VALUES ('north', 'r1', 'files', 101)")  # goes with its request
    await connected(database_url, lambda connection: connection.execute(counted))
    before = await connected(database_url, rows)
    changed_copy[0].migrate(database_url)
    assert await connected(database_url, rows) == before
    assert all(before.values())


def test_a_column_without_a_value_for_the_rows_that_are_there_is_refused(tmp_path, postgresql_server):
    copy = Copy(tmp_path, postgresql_server)
    column = 'Column("x", OrderedText, nullable=False)'
    copy.table("requests.py", "connection_requests", behind="reason", add=column)
    done = copy.run("-m", "gateway.db.new_revision", "adds_x")
    assert (done.returncode, done.stderr) == (
        1,
        "connection_requests.x takes no null and has no server_default:"
        " the rows that are there would have no value for it.\n",
    )
    assert not list(tmp_path.glob("gateway/db/migrations/versions/*adds_x.py"))


@pytest.mark.parametrize("name", ["", "x", "Tax numbers", "../x", "x" * 62])
async def test_a_revision_needs_a_name(name, tmp_path):
    with pytest.raises(Unwritten, match="NAME says in a few words what changes"):
        await write(name, EmptyDatabases(tmp_path, "postgresql://nowhere"))
