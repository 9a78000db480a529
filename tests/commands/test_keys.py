"""`gateway keys`: keys made, shown and changed by an operator."""

import json
import re
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from gateway.vendors import openint
from tests.commands.outcome import assert_refused, rows

KEY = re.compile(r"[A-Za-z0-9_-]{43}=\n")
EXAMPLE = Path(openint.__file__).parents[2] / "demo" / "openint-connection.json"


@pytest.fixture
def on_store(run, database_url, tmp_path):
    """Runs a command on a store with one secret whose key is in a file; the file comes with it."""
    file = tmp_path / "keys"

    def command(*arguments):
        settings = {"GATEWAY_DATABASE_URL": database_url, "GATEWAY_ENCRYPTION_KEYS_FILE": str(file)}
        return run(*arguments, **settings)

    assert command("keys", "generate", "--add")[0] == 0
    organization = command("organization", "create", "O")[1].strip()
    assert command("import", "openint", "--organization", organization, str(EXAMPLE))[0] == 0
    return command, file, organization


def test_a_key_is_printed_and_kept_nowhere(run, tmp_path):
    code, key, err = run("keys", "generate")
    assert (code, err) == (0, "")
    assert KEY.fullmatch(key)
    assert Fernet(key)
    assert run("keys", "generate")[1] != key
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_added_to_the_embedded_stores_file(run, tmp_path):
    assert run("migrate")[0] == 0
    for count in (1, 2):
        code, out, err = run("keys", "generate", "--add")
        assert (code, err) == (0, "")
        assert re.fullmatch(r"The key [\w-]{8} is the newest of gateway\.db\.key\.\n", out)
        assert len((tmp_path / "gateway.db.key").read_text().split()) == count
    assert (tmp_path / "gateway.db.key").stat().st_mode & 0o777 == 0o600


def test_keys_are_rotated_and_shown(on_store):
    command, file, organization = on_store
    before = file.read_text()
    [first] = re.findall(r"^([\w-]{8})  1\n$", command("keys", "list")[1])
    code, out, err = command("keys", "rotate")
    assert (code, err) == (0, "")
    [newest] = re.findall(r"^Secrets encrypted again: 1\. The newest key is ([\w-]{8})\.\n", out)
    assert out.endswith(f"\nRemoved from the key file: {first}.\n")
    assert newest != first
    assert file.read_text() != before
    assert command("keys", "list") == (0, f"{newest}  1\n", "")
    code, exported, _ = command("export", "openint", "--organization", organization)
    assert json.loads(exported)["settings"] == json.loads(EXAMPLE.read_text())["settings"]


def test_keys_of_a_variable_are_rotated_and_named(run, database_url):
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    settings = {"GATEWAY_DATABASE_URL": database_url}
    organization = run("organization", "create", "O", **settings, GATEWAY_ENCRYPTION_KEYS=old)[1].strip()
    importing = ("import", "openint", "--organization", organization, str(EXAMPLE))
    assert run(*importing, **settings, GATEWAY_ENCRYPTION_KEYS=old)[0] == 0
    both = {**settings, "GATEWAY_ENCRYPTION_KEYS": f"{new},{old}"}
    [newest, oldest] = re.findall(r"^([\w-]{8})  [01]$", run("keys", "list", **both)[1], re.MULTILINE)
    assert run("keys", "rotate", **both) == (
        0,
        f"Secrets encrypted again: 1. The newest key is {newest}.\n"
        f"No row needs these keys of GATEWAY_ENCRYPTION_KEYS: {oldest}.\n",
        "",
    )
    exporting = ("export", "openint", "--organization", organization)
    assert "access_token" in run(*exporting, **settings, GATEWAY_ENCRYPTION_KEYS=new)[1]
    assert_refused(
        run(*exporting, **settings, GATEWAY_ENCRYPTION_KEYS=old), f"missing is the key with the id {newest}"
    )
    assert_refused(run("keys", "generate", "--add", **both), "There is no key file to add to")


def test_a_lost_key_is_named_with_the_rows_that_need_it(on_store, database_url):
    command, file, organization = on_store
    kept = file.read_text()
    [lost] = re.findall(r"^[\w-]{8}", command("keys", "list")[1])
    file.write_text(Fernet.generate_key().decode())
    for refused in (("export", "openint", "--organization", organization), ("serve", "--port", "0")):
        assert_refused(command(*refused), f"missing is the key with the id {lost}")
    assert f"\n{lost}  1  missing\n" in command("keys", "list")[1]
    [(row_id,)] = rows(database_url, "SELECT id FROM connected_accounts")
    code, _, err = command("keys", "rotate")
    assert (code, err) == (
        1,
        "gateway: Secrets that still need another key, which was kept: 1\n"
        f"  connected_accounts.settings of organization {organization}, id {row_id}: the key {lost}\n",
    )
    with file.open("a") as keys:
        keys.write(kept)
    assert command("keys", "rotate")[0] == 0
    assert "access_token" in command("export", "openint", "--organization", organization)[1]


def test_key_files_that_are_none(on_store):
    command, file, _ = on_store
    file.chmod(0o644)
    for arguments in (("keys", "list"), ("keys", "rotate"), ("keys", "generate", "--add")):
        assert_refused(command(*arguments), "must not be readable by others; its mode must be 0600")
    file.chmod(0o600)
    file.write_text("no key")
    told = r"An encryption key must be 32 bytes in URL-safe base64\. `gateway keys generate` prints one\."
    assert_refused(command("keys", "list"), f"{re.escape(str(file))}: {told}")
    file.unlink()
    assert_refused(command("keys", "list"), "The key file .* is gone or empty")
    file.mkdir()
    assert_refused(command("keys", "list"), "The key file .* cannot be read: Is a directory")
