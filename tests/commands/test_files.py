"""`gateway import` and `gateway export`: what they print, pipes, and the end by Ctrl-C."""

import gzip
import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from cryptography.fernet import Fernet

from gateway.demo import FOLDER
from tests.commands.outcome import rows
from tests.patience import ENOUGH

EXAMPLE = FOLDER / "activecampaign-connections.json"
NOTHING_ELSE = "0 updated, 0 unchanged, 0 nested removed"


KEY = Fernet.generate_key().decode()


@pytest.fixture
def on_store(run, database_url):
    return lambda *arguments: run(*arguments, GATEWAY_DATABASE_URL=database_url, GATEWAY_ENCRYPTION_KEYS=KEY)


@pytest.fixture
def organization(on_store):
    return on_store("organization", "create", "Acme", "--timezone", "America/Chicago")[1].strip()


@pytest.fixture
def load(on_store, organization):
    return lambda *files: on_store(
        "import", "activecampaign", "--organization", organization, *map(str, files)
    )


def test_what_was_done_is_told(load, on_store, organization):
    assert load(EXAMPLE) == (0, f"2 inserted, {NOTHING_ELSE}\n", "")
    assert load(EXAMPLE) == (0, "0 inserted, 0 updated, 2 unchanged, 0 nested removed\n", "")
    code, lines, _ = on_store("export", "activecampaign", "--organization", organization)
    assert code == 0
    assert [json.loads(line) for line in lines.splitlines()] == json.loads(EXAMPLE.read_text())["connections"]


def test_a_file_without_records_is_told(load, tmp_path):
    (tmp_path / "empty.json").write_text('{"connections":[],"meta":{"total":"0"}}')
    assert load("empty.json", EXAMPLE) == (
        0,
        f"2 inserted, {NOTHING_ELSE}\n",
        "gateway: empty.json holds no records.\n",
    )


def test_files_that_came_before_a_bad_one_are_counted(load, tmp_path, database_url):
    (tmp_path / "bad.json").write_text('{"connections":[{"id":"7","service":1},{"id":"x","service":"s"}]}')
    assert load(EXAMPLE, "bad.json", EXAMPLE) == (
        1,
        f"1 of 3 files: 2 inserted, {NOTHING_ELSE}\n",
        "gateway: bad.json, line 1, connections[0].service (id 7): It must be a text. It is 1.\n"
        "bad.json, line 1, connections[1].id: It must be a whole number from 1 to 2147483647. "
        'It is "x".\n',
    )
    assert rows(database_url, "SELECT count(*) FROM connected_accounts") == [(2,)]


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_is_read(load, monkeypatch, tmp_path, name, pack):
    reader, writer = os.pipe()
    os.write(writer, pack(EXAMPLE.read_bytes()))
    os.close(writer)
    kept = os.dup(0)
    os.dup2(reader, 0)
    try:
        assert load(name) == (0, f"2 inserted, {NOTHING_ELSE}\n", "")
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(reader)


def test_ctrl_c_ends_an_import_that_waits_for_a_pipe(load, tmp_path, organization, database_url):
    """Whatever was stored of files before it is told."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = [
        sys.executable,
        "-m",
        "gateway.cli",
        "import",
        "activecampaign",
        "--organization",
        organization,
    ]
    importing = subprocess.Popen(
        [*command, str(EXAMPLE), "pipe"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": os.getcwd(),
            "GATEWAY_DATABASE_URL": database_url,
            "GATEWAY_ENCRYPTION_KEYS": KEY,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    # Should the command fail, this opens the end that it did not.
    ended = threading.Thread(
        target=lambda: (importing.wait(), os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)))
    )
    ended.start()
    try:
        with pipe.open("wb"):  # which returns when the command has opened its end
            importing.send_signal(signal.SIGINT)
            out, err = importing.communicate(timeout=ENOUGH)
    finally:
        importing.kill()
        ended.join()
    assert importing.returncode == 130
    assert out == f"1 of 2 files: 2 inserted, {NOTHING_ELSE}\n"
    assert err == "gateway: Interrupted. The same command again does what is left.\n"
    assert rows(database_url, "SELECT count(*) FROM connected_accounts") == [(2,)]
