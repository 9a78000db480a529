"""Secrets at rest: sealed, opened for their own row only, and whether the keys at hand fit them."""

import json
import os
import re
import sqlite3
import stat
from pathlib import Path

import asyncpg
import pytest
from cryptography.fernet import Fernet

from gateway.administration import create_organization
from gateway.app import create_app
from gateway.db import tables as db
from gateway.db.key_files import VaultError, add_key, create_key_file, read_keys
from gateway.db.keys import SEALED_COLUMNS, check_keys
from gateway.db.vault import Key, Vault, new_key
from gateway.settings import Settings
from tests.data import changing
from tests.db.accounts import SECRET, insert_account, process, secrets, store, stored, write_keys
from tests.graph import open_http

pytestmark = pytest.mark.anyio

FIRST, SECOND = "A" * 43 + "=", "B" * 42 + "A="
ID = {key: Key(key).id for key in (FIRST, SECOND)}


def unlabelled(key, row_id, at_time=None):
    """What was stored before keys had ids."""
    payload = b'["o1","%s","{}"]' % row_id.encode()
    return Fernet(key).encrypt_at_time(payload, at_time or 1_700_000_000).decode()


@pytest.fixture
async def owner(database):
    await create_organization(database, "O", organization_id="o1")


async def test_a_secret_is_stored_sealed_and_read_back_whole(database, owner):
    database.vault = Vault([FIRST])
    await insert_account(database)
    assert await secrets(database) == {"a1": SECRET}
    [sealed] = (await stored(database)).values()
    assert re.fullmatch(rf"\${ID[FIRST]}\$gAAAAA[\w=-]+", sealed)
    async with changing(database, "o1") as write:
        await write.update(db.connected_accounts, "a1", {"settings": "{}"})
    assert await secrets(database) == {"a1": "{}"}
    async with changing(database, "o1") as write:
        await write.update_each(db.connected_accounts, {"a1": {"settings": "[]", "name": "n"}})
    assert await secrets(database) == {"a1": "[]"}


async def test_sealed_text_opens_in_its_own_row_alone():
    vault = Vault([FIRST])
    sealed = vault.newest.seal("o1", "a1", SECRET)
    assert vault.open("o1", "a1", sealed) == SECRET
    for organization_id, row_id in [("o2", "a1"), ("o1", "a2")]:
        with pytest.raises(VaultError, match="belongs to another row"):
            vault.open(organization_id, row_id, sealed)
    with pytest.raises(VaultError, match=f"the id of its key is {ID[FIRST]}"):
        Vault([SECOND]).open("o1", "a1", sealed)
    with pytest.raises(VaultError, match="GATEWAY_ENCRYPTION_KEYS"):
        _ = Vault([]).newest
    for wrong in ("short", "ü" * 44, "!" * 44):
        with pytest.raises(VaultError, match="32 bytes"):
            Vault([wrong])


def test_the_id_of_a_key_stays_what_it_is():
    assert ID[FIRST] == "NMFfY5_2"


async def test_what_was_sealed_before_keys_had_ids_opens_still(database, owner):
    database.vault = Vault([SECOND, FIRST])
    await store(database, {"a1": unlabelled(FIRST, "a1"), "a2": unlabelled(SECOND, "a2")})
    assert await secrets(database) == {"a1": "{}", "a2": "{}"}
    await check_keys(database)
    database.vault = Vault([SECOND])
    with pytest.raises(VaultError, match="before keys had ids"):
        await secrets(database)


@pytest.mark.parametrize(("oldest", "newest"), [(FIRST, SECOND), (SECOND, FIRST)])
async def test_of_texts_without_a_label_the_oldest_and_the_newest_are_tried(database, owner, oldest, newest):
    texts = {f"b{n}": unlabelled(FIRST, f"b{n}", 1_600_000_000 + n) for n in range(3)}
    texts |= {"a1": unlabelled(oldest, "a1", 1_500_000_000), "a2": unlabelled(newest, "a2")}
    await store(database, texts)
    database.vault = Vault([FIRST])
    with pytest.raises(VaultError, match="before keys had ids"):
        await check_keys(database)


async def test_every_key_that_is_stored_is_asked_for(database, database_url, owner):
    for n in range(30):
        database.vault = Vault([SECOND if n == 17 else FIRST])
        await insert_account(database, f"a{n}")
    async with process(database_url, keys=f"{FIRST},{SECOND}"):
        pass
    with pytest.raises(VaultError, match=f"missing is the key with the id {ID[SECOND]}"):
        async with process(database_url, keys=FIRST):
            pass
    both = " and ".join(sorted(ID.values()))
    with pytest.raises(VaultError, match=f"missing are the keys with the id {both}"):
        async with process(database_url, keys=new_key()):
            pass


async def test_readiness_asks_for_every_key_each_time(database, database_url, owner, tmp_path):
    file = tmp_path / "keys"
    write_keys(file, FIRST)
    async with process(database_url, file=file) as opened:
        await insert_account(opened, "a1")
        app = create_app(Settings(database_url=database_url), opened)
        async with open_http(app, "none") as http:
            assert (await http.get("/readyz")).json()["checks"]["keys"] == "ok"
            write_keys(file, SECOND)
            answer = await http.get("/readyz")
            assert (answer.status_code, answer.json()["checks"]["keys"]) == (503, "failed")
            write_keys(file, SECOND, FIRST)
            assert (await http.get("/readyz")).status_code == 200


TABLES = "|".join({column.table.name for column in SEALED_COLUMNS})


async def test_asking_for_the_keys_reads_an_index_whatever_the_number_of_rows(database, database_url):
    database.vault = Vault([FIRST])
    statements = []
    database.on_statement = statements.append
    await check_keys(database)
    assert len(statements) == 3 * len(SEALED_COLUMNS)
    for sql in statements:
        if database_url.startswith("sqlite:"):
            with sqlite3.connect(database_url.removeprefix("sqlite:///")) as connection:
                plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?")).fetchall()
            connection.close()
            reads = [row[3] for row in plan if re.search(TABLES, row[3])]
            assert all("_sealed_with" in each for each in reads), plan
            assert not any("USE TEMP B-TREE" in row[3] for row in plan), plan
        else:
            connection = await asyncpg.connect(database_url)
            await connection.execute("SET enable_seqscan = off")
            prepared = await connection.prepare(sql)
            texts = ["$AAAA" if each.name == "varchar" else 1 for each in prepared.get_parameters()]
            plan = json.dumps(await prepared.explain(*texts))
            await connection.close()
            reads = re.findall(rf'"Relation Name": "({TABLES})"', plan)
            assert len(re.findall(rf'"Index Name": "ix_({TABLES})_\w+_sealed_with"', plan)) == len(reads)
            assert "Seq Scan" not in plan
            assert '"Sort"' not in plan
        assert reads


def test_every_sealed_column_has_an_index_of_its_labels():
    indexes = {index.name for column in SEALED_COLUMNS for index in column.table.indexes}
    for column in SEALED_COLUMNS:
        assert f"ix_{column.table.name}_{column.name}_sealed_with" in indexes


async def test_a_key_file_is_read_again_in_each_transaction_that_seals(
    database_url, database, owner, tmp_path
):
    file = tmp_path / "keys"
    write_keys(file, FIRST)
    async with process(database_url, file=file) as opened:
        await insert_account(opened, "a1")
        os.utime(file, ns=(1, 1))
        size = file.stat().st_size
        write_keys(file, SECOND)  # as long as before, and as old
        os.utime(file, ns=(1, 1))
        assert file.stat().st_size == size
        await insert_account(opened, "a2")
        labels = {row_id: text[:9] for row_id, text in (await stored(opened)).items()}
        assert labels == {"a1": f"${ID[FIRST]}", "a2": f"${ID[SECOND]}"}
        assert await secrets(opened) == {"a1": SECRET, "a2": SECRET}  # what was read before is opened still


async def test_a_key_file_is_read_again_where_an_unknown_key_is_met(database_url, database, owner, tmp_path):
    file = tmp_path / "keys"
    write_keys(file, FIRST)
    async with process(database_url, file=file) as reader, process(database_url, file=file) as writer:
        write_keys(file, SECOND, FIRST)
        await insert_account(writer, "a1")
        assert await secrets(reader) == {"a1": SECRET}
        write_keys(file, FIRST)
        await insert_account(writer, "a2")
        assert await secrets(reader) == {"a1": SECRET, "a2": SECRET}
    with pytest.raises(VaultError, match=ID[SECOND]):
        async with process(database_url, file=file):
            pass


async def test_nothing_is_sealed_while_the_key_file_cannot_be_read(database_url, database, owner, tmp_path):
    file = tmp_path / "keys"
    with pytest.raises(VaultError, match="is gone or empty"):
        async with process(database_url, file=file):
            pass
    assert not file.exists()
    write_keys(file, FIRST)
    async with process(database_url, file=file) as opened:
        await insert_account(opened, "a1")
        for content in (b"", b"half a ke", b"\xff\n"):
            file.write_bytes(content)
            with pytest.raises(VaultError):
                await insert_account(opened, "a2")
        file.unlink()
        with pytest.raises(VaultError, match="is gone or empty"):
            await insert_account(opened, "a2")
        assert await secrets(opened) == {"a1": SECRET}


async def test_keys_of_a_file_come_before_those_of_the_variable(database_url, database, owner, tmp_path):
    file = tmp_path / "keys"
    write_keys(file, SECOND)
    async with process(database_url, keys=FIRST) as opened:
        await insert_account(opened, "a1")
    async with process(database_url, keys=f" {FIRST} ,\n", file=file) as opened:
        await insert_account(opened, "a2")
        assert await secrets(opened) == {"a1": SECRET, "a2": SECRET}
        assert (await stored(opened))["a2"].startswith(f"${ID[SECOND]}$")


def test_one_process_makes_a_key_file_and_every_one_may_add_to_it(tmp_path):
    file = tmp_path / "keys"
    assert create_key_file(file, FIRST)
    assert not create_key_file(file, SECOND)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    link = tmp_path / "link"
    link.symlink_to(file)
    file.chmod(0o400)
    add_key(link, SECOND)
    assert read_keys(file) == read_keys(link) == [SECOND, FIRST]
    assert link.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keys", "link"]


@pytest.mark.parametrize(
    ("mode", "is_private"), [(0o600, True), (0o400, True), (0o604, False), (0o660, False)]
)
def test_a_key_file_is_for_its_user_alone(tmp_path, mode, is_private):
    file = tmp_path / "keys"
    write_keys(file, FIRST)
    file.chmod(mode)
    if is_private:
        assert read_keys(file) == [FIRST]
    else:
        with pytest.raises(VaultError, match="must not be readable by others; its mode must be 0600"):
            read_keys(file)


@pytest.fixture
def embedded(tmp_path, migrated_sqlite):
    """The URL of an embedded store without a key file, and where that is to be."""
    path = tmp_path / "gateway.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    return f"sqlite:///{path}", Path(f"{path}.key")


async def test_the_embedded_store_makes_its_key_file_once_for_itself_alone(embedded):
    url, key_path = embedded
    async with process(url) as opened:
        keys = read_keys(key_path)
        assert len(keys) == 1
        assert stat.S_IMODE(key_path.stat().st_mode) == 0o600
        await create_organization(opened, "O", organization_id="o1")
        await insert_account(opened)
    async with process(url) as opened:
        assert await secrets(opened) == {"a1": SECRET}
    assert read_keys(key_path) == keys


async def test_where_secrets_are_stored_and_no_key_fits_no_new_one_is_made(embedded):
    url, key_path = embedded
    async with process(url) as opened:
        await create_organization(opened, "O", organization_id="o1")
        await insert_account(opened)
    kept = key_path.read_text()
    key_path.unlink()
    with pytest.raises(VaultError, match="GATEWAY_ENCRYPTION_KEYS"):
        async with process(url):
            pass
    assert not key_path.exists()
    write_keys(key_path, FIRST)
    with pytest.raises(VaultError, match="No encryption key fits"):
        async with process(url):
            pass
    key_path.write_text(kept)
    async with process(url) as opened:
        assert await secrets(opened) == {"a1": SECRET}
    assert b"shpat_example" not in Path(url.removeprefix("sqlite:///")).read_bytes()
