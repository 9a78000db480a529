"""Secrets at rest: sealed, opened for their own row only, and rotated."""

import sqlite3
import stat
from pathlib import Path

import pytest

from gateway.administration import create_organization
from gateway.db import tables as db
from gateway.db.database import open_database
from gateway.db.ids import now
from gateway.db.keys import rotate_keys, unlock
from gateway.db.vault import Vault, VaultError, create_key, new_key, read_keys
from gateway.resolvers.context import writing

pytestmark = pytest.mark.anyio

SECRET = '{"access_token":"shpat_example"}'
FIRST, SECOND = new_key(), new_key()


async def insert_account(database, row_id="a1", settings=SECRET):
    at = now()
    async with writing(database, "o1", None) as write:
        await write.insert(
            db.connected_accounts,
            [
                {
                    "id": row_id,
                    "kind": "connector",
                    "service": "shopify",
                    "is_internal": False,
                    "is_syncing": False,
                    "status": "healthy",
                    "settings": settings,
                    "created_at": at,
                    "updated_at": at,
                }
            ],
        )


async def settings_of(database, row_id="a1"):
    async with writing(database, "o1", None) as write:
        [row] = await write.rows(db.connected_accounts, [row_id])
        return row.settings


async def test_a_secret_is_stored_sealed_and_read_back_whole(database, database_url):
    await create_organization(database, "O", organization_id="o1")
    database.vault = Vault([FIRST])
    await insert_account(database)
    assert await settings_of(database) == SECRET
    statement = database.prepare(("raw",), lambda: db.connected_accounts.select())
    [row] = await database.fetch(statement, {})
    assert "shpat_example" not in str(row)
    async with writing(database, "o1", None) as write:
        await write.update(db.connected_accounts, "a1", {"settings": "{}"})
    assert await settings_of(database) == "{}"


async def test_sealed_text_opens_in_its_own_row_alone():
    vault = Vault([FIRST])
    sealed = vault.seal("o1", "a1", SECRET)
    assert vault.open("o1", "a1", sealed) == SECRET
    for organization_id, row_id in [("o2", "a1"), ("o1", "a2")]:
        with pytest.raises(VaultError, match="belongs to another row"):
            vault.open(organization_id, row_id, sealed)
    with pytest.raises(VaultError, match="No encryption key fits"):
        Vault([SECOND]).open("o1", "a1", sealed)
    with pytest.raises(VaultError, match="GATEWAY_ENCRYPTION_KEYS"):
        Vault([]).seal("o1", "a1", SECRET)
    with pytest.raises(VaultError, match="32 bytes"):
        Vault(["short"])


async def test_keys_of_the_settings_rotate_without_a_gap(database, database_url):
    await create_organization(database, "O", organization_id="o1")
    await unlock(database, database_url, FIRST)
    await insert_account(database, "a1")
    await insert_account(database, "a2", None)
    await unlock(database, database_url, f"{SECOND},{FIRST}")
    assert await rotate_keys(database, database_url, f"{SECOND},{FIRST}") == 1
    await unlock(database, database_url, SECOND)
    assert await settings_of(database) == SECRET
    with pytest.raises(VaultError, match="No encryption key fits"):
        await unlock(database, database_url, FIRST)


async def embedded(path):
    url = f"sqlite:///{path}"
    database = open_database(url)
    await database.start()
    return database, url


async def test_the_embedded_store_makes_its_key_file_once_for_itself_alone(tmp_path, migrated_sqlite):
    path = tmp_path / "gateway.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    key_path = Path(f"{path}.key")
    database, url = await embedded(path)
    await unlock(database, url, "")
    keys = read_keys(key_path)
    assert len(keys) == 1
    assert stat.S_IMODE(key_path.stat().st_mode) == 0o600
    assert create_key(key_path) == keys
    await create_organization(database, "O", organization_id="o1")
    await insert_account(database)
    assert await rotate_keys(database, url, "") == 1
    assert read_keys(key_path) != keys
    assert await settings_of(database) == SECRET
    await database.stop()

    database, url = await embedded(path)
    await unlock(database, url, "")
    assert await settings_of(database) == SECRET
    await database.stop()


async def test_where_secrets_are_stored_and_no_key_fits_no_new_one_is_made(tmp_path, migrated_sqlite):
    path = tmp_path / "gateway.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    key_path = Path(f"{path}.key")
    database, url = await embedded(path)
    await unlock(database, url, "")
    await create_organization(database, "O", organization_id="o1")
    await insert_account(database)
    key_path.unlink()
    with pytest.raises(VaultError, match="GATEWAY_ENCRYPTION_KEYS"):
        await unlock(database, url, "")
    assert not key_path.exists()
    key_path.write_text(FIRST)
    key_path.chmod(0o600)
    with pytest.raises(VaultError, match="No encryption key fits"):
        await unlock(database, url, "")
    key_path.chmod(0o644)
    with pytest.raises(VaultError, match="0600"):
        await unlock(database, url, "")
    await database.stop()
    assert b"shpat_example" not in path.read_bytes()
    with sqlite3.connect(path) as connection:
        [[sealed]] = connection.execute("SELECT settings FROM connected_accounts").fetchall()
    connection.close()
    assert sealed.startswith("gAAAA")
