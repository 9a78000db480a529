"""What the guide for operators says beside its commands, which `make docs-test` runs."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

GUIDE = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()


def test_a_copy_that_was_made_as_the_guide_says_is_a_store(run, tmp_path):
    url = {"GATEWAY_DATABASE_URL": "sqlite:///gateway.db"}
    run("migrate", **url)
    organization = run("organization", "create", "Acme", **url)[1].strip()
    # What `.backup` of the shell does, which not every machine has.
    with (
        closing(sqlite3.connect(tmp_path / "gateway.db")) as store,
        closing(sqlite3.connect(tmp_path / "b.db")) as to,
    ):
        store.backup(to)
    for left in tmp_path.glob("gateway.db-*"):
        left.unlink()
    shutil.copy(tmp_path / "b.db", tmp_path / "gateway.db")
    assert run("migrate", **url)[0] == 0
    assert organization in run("organization", "list", **url)[1]


def test_the_settings_that_it_names_are_ones_that_there_are(run):
    named = dict(re.findall(r"\b(GATEWAY_[A-Z_]+[A-Z])(?:=([\w:./,*-]+))?", GUIDE))
    environment = {name: value for name, value in named.items() if value}
    environment["GATEWAY_DATABASE_URL"] = "sqlite:///x.db"
    code, _, err = run("migrate", **environment)
    assert (code, err) == (0, "")
    table = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    for name in named:
        assert f"`{name}`" in table or f"`{name.removeprefix('GATEWAY_LIMIT_')}`" in table, name
