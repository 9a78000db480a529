"""The `gateway` command, run in this process in a folder of its own."""

import os
import sys
from functools import cache

import pytest
import typer.main

from gateway.cli import main

# Made anew for each command line otherwise, which is a quarter of what a short one costs.
_COMMAND = cache(typer.main.get_command)


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs the command in this process: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    for name in [each for each in os.environ if each.startswith("GATEWAY_")]:
        monkeypatch.delenv(name)

    def command(*arguments, **environment):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["gateway", *arguments])
            patch.setattr(typer.main, "get_command", _COMMAND)
            for name, value in environment.items():
                patch.setenv(name, value)
            code = 0
            try:
                main()
            except SystemExit as stop:
                code = stop.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return command


@pytest.fixture
def on_store(run, database_url):
    return lambda *arguments: run(*arguments, GATEWAY_DATABASE_URL=database_url)
