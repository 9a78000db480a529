"""Which rows hold a credential: looked for in the rows that are there, and again whenever the masking learns more."""

import ast
import hashlib
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, text

import gateway.masking
from gateway.db.marking import mark_rows
from gateway.db.migrate import configuration, connected, newest
from tests.vendors.gateway import insert, make_organization

pytestmark = pytest.mark.anyio

RULES = "d042efb8617a87f5"
"""Of the rules by which the newest of MARKING marks rows."""

MARKING = ("0013",)

PEOPLE = {"a": "Ada", "b": "ftp://u:p@h", "c": None, "d": 'token="x"', "e": "e@x.example"}


async def test_every_row_is_marked_by_what_it_holds(database, database_url):
    for organization in ("o", "p"):
        await make_organization(database, organization)
        rows = [{"id": each, "phone": text} for each, text in PEOPLE.items()]
        await insert(database, organization, people=rows)

    def noted(connection):
        found = connection.execute(text("SELECT organization_id, id FROM people WHERE holds_credential"))
        return sorted(map(tuple, found))

    def mark_wrongly_then_again(connection):
        connection.execute(text("UPDATE people SET holds_credential = NOT holds_credential"))
        assert len(noted(connection)) == 6
        mark_rows(connection, "people", ("phone", "email"), at_a_time=3)
        return noted(connection)

    expected = [("o", "b"), ("o", "d"), ("p", "b"), ("p", "d")]
    assert await connected(database_url, noted) == expected
    assert await connected(database_url, mark_wrongly_then_again) == expected


def test_the_migration_looks_at_the_rows_that_are_there(tmp_path):
    now = "2024-02-29T12:00:00.000000+00:00"
    engine = create_engine(f"sqlite:///{tmp_path}/old.db")
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0012")
        for each, name in (("a", "ftp://u:p@h"), ("b", "b.csv")):
            connection.execute(
                text(
                    "INSERT INTO files (organization_id, id, created_at, updated_at, position, name)"
                    f" VALUES ('o', '{each}', '{now}', '{now}', 0, '{name}')"
                )
            )
        command.upgrade(configuration(connection), newest())
        found = connection.execute(text("SELECT id FROM files WHERE holds_credential")).all()
    engine.dispose()
    assert found == [("a",)]


def rules():
    """A digest of the masking's code, comments and docstrings left out."""
    found = hashlib.sha256()
    for path in sorted(Path(gateway.masking.__file__).parent.glob("*.py")):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(body := getattr(node, "body", None), list):
                node.body = [each for each in body if not _is_text(each)] or [ast.Pass()]
        found.update(ast.unparse(tree).encode())
    return found.hexdigest()[:16]


def _is_text(node):
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def test_who_teaches_the_masking_more_marks_the_stored_rows_again():
    """Where rules change what is a credential, add a revision that calls `mark_rows` as the last of MARKING does, and
    makes the words of `search_words` again with `make_words`, as 0020 does.

    Name it there, and put the new digest in RULES. Where they change nothing of that, the digest alone is renewed.
    """
    assert rules() == RULES
