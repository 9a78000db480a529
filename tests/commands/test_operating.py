"""The commands of the guide for operators, one after the other on a store that starts empty."""

import re
import shlex
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import gateway

GUIDE = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()
LINES = [
    line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines() if line
]
COMMANDS = [shlex.split(line, comments=True)[1:] for line in LINES if line.startswith("gateway ")]


def test_every_command_does_what_it_says(run, tmp_path):
    shutil.copy(Path(gateway.__file__).parent / "demo" / "crux-list.json", tmp_path / "answers.json")
    environment = {"GATEWAY_DATABASE_URL": "sqlite:///gateway.db", "GATEWAY_ENCRYPTION_KEYS_FILE": "keys"}
    known = {}
    assert len(COMMANDS) > 12
    for command in COMMANDS:
        given = [known.get(each, each) for each in command]
        if given[0] == "serve":  # other tests do
            given.append("--help")
        code, out, err = run(*given, **environment)
        assert code == 0, (command, err)
        if command[:2] == ["organization", "create"]:
            known["ID"] = out.strip()
        if command[:2] == ["token", "create"]:
            known["TOKEN_ID"] = re.search(r"^id: (\S+)$", err, re.MULTILINE)[1]
    with closing(sqlite3.connect(tmp_path / "gateway.db")) as store:
        assert store.execute("SELECT count(*) FROM connection_requests").fetchone() == (2,)
        assert store.execute("SELECT count(*) FROM api_tokens WHERE revoked_at IS NOT NULL").fetchone() == (
            1,
        )


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
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    for name in named:
        assert f"`{name}`" in readme or f"`{name.removeprefix('GATEWAY_LIMIT_')}`" in readme, name
