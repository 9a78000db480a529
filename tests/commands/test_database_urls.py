"""Database URLs given to the commands: one meaning for all of them, and one line where they have none."""

import os
import re
import signal
import subprocess
import sys

import httpx2
import pytest
import typer

from gateway.cli import app
from tests.db.tls import Authority, front
from tests.patience import ENOUGH

COMMANDS = {
    "serve": ("serve", "--port", "0"),
    "migrate": ("migrate",),
    "import": ("import", "crux", "answers.json", "--organization", "x"),
    "export": ("export", "crux", "--organization", "x"),
    "plan": ("plan", "{ viewer { name } }", "--organization", "x"),
    "seed": ("seed", "--requests", "20", "--organization", "x"),
    "touch": ("touch", "--organization", "x"),
    "events prune": ("events", "prune", "--older-than", "90d", "--organization", "x"),
    "person erase": ("person", "erase", "y", "--organization", "x"),
    "connectors load": ("connectors", "load", "connectors.json"),
    "keys list": ("keys", "list"),
    "keys rotate": ("keys", "rotate"),
    "organization create": ("organization", "create", "x"),
    "organization update": ("organization", "update", "x", "--own-approval", "forbid"),
    "organization list": ("organization", "list"),
    "person create": ("person", "create", "--organization", "x", "--first-name", "y"),
    "person list": ("person", "list", "--organization", "x"),
    "person set-password": ("person", "set-password", "y", "--organization", "x"),
    "person remove-password": ("person", "remove-password", "y", "--organization", "x"),
    "token list": ("token", "list", "--organization", "x"),
    "token create": ("token", "create", "--organization", "x"),
    "token revoke": ("token", "revoke", "y", "--organization", "x"),
}


@pytest.fixture(autouse=True)
def environment(run, monkeypatch, tmp_path):
    """The operator's own variables and files do not count."""
    for name in [each for each in os.environ if each.startswith("PG")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "answers.json").write_text('{"requests": []}')
    (tmp_path / "connectors.json").write_text('{"items": []}')
    return monkeypatch


def commands_of(group, before=""):
    for name, each in group.commands.items():
        if hasattr(each, "commands"):
            yield from commands_of(each, f"{before}{name} ")
        elif any("--database" in parameter.opts for parameter in each.params):
            yield f"{before}{name}"


def test_no_command_with_a_database_is_left_out_here():
    found = set(commands_of(typer.main.get_command(app)))
    assert found == {*COMMANDS, "keys generate"}  # which only asks where SQLite has its key file


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgres://u:hunter2@127.0.0.1:1/d?channel_binding=require", "`channel_binding` can be disable, prefer"),
        ("postgresql+asyncpg://u:hunter2@127.0.0.1:1/d?sslmod=require", "`sslmod` is not a parameter"),
        ("postgresql://u:hunter2@127.0.0.1:1/d?sslrootcert=/no/root.crt", "`sslrootcert`: /no/root.crt cannot be"),
        ("postgresql://u:hunter2@127.0.0.1:1/d?sslmode=disable", "127.0.0.1"),
        ("sqlite:///x.db?timeout=5", "`timeout` cannot be used"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_one_line_from_every_command(run, tmp_path, command, url, message):
    code, out, err = run(*command, "--database", url)
    assert (code, out) == (1, "")
    assert re.fullmatch(f"gateway: .*{message}.*\n", err), err
    assert "hunter2" not in err
    assert {path.name for path in tmp_path.iterdir()} == {"answers.json", "connectors.json"}


def test_a_user_who_may_not_is_told_so_on_one_line(run, spare_postgresql):
    spare_postgresql.run("CREATE DATABASE of_somebody")
    spare_postgresql.run("CREATE ROLE stranger LOGIN")
    url = spare_postgresql.url.replace("postgres:@/postgres", "stranger@/of_somebody")
    code, out, err = run("migrate", "--database", url)
    assert (code, out) == (1, "")
    assert err == "gateway: The database cannot be used: permission denied for schema public.\n"
    spare_postgresql.run("DROP DATABASE of_somebody")


def test_every_command_works_through_tls_with_parameters(run, spare_postgresql, tmp_path, environment):
    authority = Authority(tmp_path, "authority")
    spare_postgresql.run("CREATE DATABASE through_tls")
    environment.setenv("GATEWAY_ENCRYPTION_KEYS", "A" * 43 + "=")
    with front(spare_postgresql.socket, authority.issue("127.0.0.1")) as (port, seen):
        url = (
            f"postgres://postgres:hunter2@127.0.0.1:1,127.0.0.1:{port}/through_tls?sslmode=verify-full"
            f"&sslrootcert={authority.path}&application_name=gw&password=hunter2&target_session_attrs=read-write"
        )
        assert run("migrate", "--database", url) == (0, "The database is up to date.\n", "")
        code, organization, _ = run("organization", "create", "x", "--database", url)
        assert code == 0
        on = ("--organization", organization.strip())
        code, token, err = run("token", "create", *on, "--database", url)
        assert code == 0
        for name in ("import", "export", "connectors load", "keys list", "keys rotate", "plan", "seed"):
            given = [each if each != "x" else organization.strip() for each in COMMANDS[name]]
            assert run(*given, "--database", url)[0] == 0, name
        served = through_http(url, token.strip())
        assert run("token", "revoke", err.partition("id: ")[2].strip(), *on, "--database", url)[0] == 0
    assert served == f"postgres://127.0.0.1:1,127.0.0.1:{port}/through_tls"
    assert set(seen) == {"TLSv1.3"}
    spare_postgresql.run("DROP DATABASE through_tls")


def through_http(url, token):
    """Serve, ask once, and end; returns what the greeting calls the database."""
    command = [sys.executable, "-m", "gateway.cli", "serve", "--port", "0", "--database", url]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            [port] = re.findall(r"http://127\.0\.0\.1:(\d+)/", server.stderr.readline())
            greeting = iter(server.stderr.readline, "")
            database = next(line.split()[1] for line in greeting if line.split()[:1] == ["Database"])
            answer = httpx2.post(
                f"http://127.0.0.1:{port}/graphql",
                json={"query": "{ organization { name } }"},
                headers={"authorization": f"Bearer {token}"},
                timeout=ENOUGH,
            )
            assert answer.json() == {"data": {"organization": {"name": "x"}}}
        finally:
            server.send_signal(signal.SIGTERM)
            printed = server.communicate()[1]
        assert server.returncode == 0
        assert "hunter2" not in printed
    return database
