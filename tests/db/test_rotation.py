"""Keys that change while others write: whatever happens when, every secret is read by who starts afterwards."""

import asyncio
import os
import random
import signal
import sys

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import literal, select, text

from gateway.administration import create_organization
from gateway.db import tables as db
from gateway.db.key_files import read_keys
from gateway.db.rotation import Behind, count_by_key, rotate_keys
from gateway.db.vault import Key
from tests.data import changing
from tests.db.accounts import SECRET, account, insert_account, process, secrets, store, stored, write_keys

pytestmark = pytest.mark.anyio

FIRST, SECOND, THIRD = "A" * 43 + "=", "B" * 42 + "A=", "C" * 42 + "A="
ID = {key: Key(key).id for key in (FIRST, SECOND, THIRD)}


@pytest.fixture
async def file(database, tmp_path):
    """A key file with one key, of a store with one organization."""
    await create_organization(database, "O", organization_id="o1")
    path = tmp_path / "keys"
    write_keys(path, FIRST)
    return path


async def read_anew(url, file):
    """Every secret, as a process reads it that starts now and has the file alone."""
    async with process(url, file=file) as later:
        return await secrets(later)


async def test_a_file_with_one_key_gets_a_new_one_and_loses_the_old(database_url, file):
    async with process(database_url, file=file) as opened:
        await insert_account(opened, "a1")
        await insert_account(opened, "a2", None)
        done = await rotate_keys(opened)
        [key] = read_keys(file)
        assert key != FIRST
        assert (done.newest, done.sealed, done.dropped, done.unneeded) == (Key(key).id, 1, [ID[FIRST]], [])
        assert (done.behind, done.behind_count) == ([], 0)
        assert await count_by_key(opened) == {Key(key).id: 1}
        before = await stored(opened)
        assert (await rotate_keys(opened)).sealed == 1
        assert await stored(opened) != before
    assert await read_anew(database_url, file) == {"a1": SECRET, "a2": None}


async def test_of_several_keys_the_first_is_the_new_one(database_url, file):
    async with process(database_url, file=file) as opened:
        await insert_account(opened, "a1")
        write_keys(file, THIRD, SECOND, FIRST)
        done = await rotate_keys(opened)
    assert (done.newest, done.sealed, done.dropped) == (ID[THIRD], 1, [ID[SECOND], ID[FIRST]])
    assert read_keys(file) == [THIRD]
    assert await read_anew(database_url, file) == {"a1": SECRET}


async def test_keys_of_a_variable_are_dropped_by_the_operator(database_url, file):
    async with process(database_url, keys=FIRST) as opened:
        await insert_account(opened, "a1")
        assert (await rotate_keys(opened)).sealed == 0
    async with process(database_url, keys=f"{SECOND},{FIRST}") as opened:
        done = await rotate_keys(opened)
        assert (done.newest, done.sealed, done.dropped, done.unneeded) == (ID[SECOND], 1, [], [ID[FIRST]])
    async with process(database_url, keys=SECOND) as opened:
        assert await secrets(opened) == {"a1": SECRET}


async def test_keys_move_from_a_variable_to_a_file(database_url, file):
    async with process(database_url, keys=SECOND) as opened:
        await insert_account(opened, "a1")
    async with process(database_url, keys=SECOND, file=file) as opened:
        done = await rotate_keys(opened)
        assert (done.newest, done.sealed, done.dropped, done.unneeded) == (ID[FIRST], 1, [], [ID[SECOND]])
    assert read_keys(file) == [FIRST]
    assert await read_anew(database_url, file) == {"a1": SECRET}


async def test_what_was_sealed_before_keys_had_ids_gets_a_label(database_url, file):
    async with process(database_url, file=file) as opened:
        await store(opened, {"a1": Fernet(FIRST).encrypt(b'["o1","a1","{}"]').decode()})
        assert await count_by_key(opened) == {"": 1}
        done = await rotate_keys(opened)
        assert (done.sealed, done.dropped) == (1, [ID[FIRST]])
        assert await count_by_key(opened) == {done.newest: 1}
    assert await read_anew(database_url, file) == {"a1": "{}"}


async def test_the_rows_that_still_need_a_key_are_named_and_their_keys_stay(database_url, file):
    write_keys(file, SECOND, FIRST)
    async with process(database_url, file=file) as opened:
        await insert_account(opened, "a1")
        copied = Key(FIRST).seal("o1", "another", "{}")
        await store(opened, {"a2": copied, "a3": Key(THIRD).seal("o1", "a3", "{}")})
        done = await rotate_keys(opened)
        assert (done.sealed, done.dropped, done.behind_count) == (0, [], 2)
        assert sorted(done.behind, key=lambda each: each.row_id) == [
            Behind("connected_accounts", "settings", "o1", "a2", ID[FIRST]),
            Behind("connected_accounts", "settings", "o1", "a3", ID[THIRD]),
        ]
        assert read_keys(file) == [SECOND, FIRST]
        await store(opened, {f"b{n:02}": Key(THIRD).seal("o1", "x", "{}") for n in range(25)})
        done = await rotate_keys(opened)
        assert (len(done.behind), done.behind_count) == (20, 27)


async def test_while_a_secret_needs_a_key_that_nobody_can_tell_none_is_dropped(database_url, file):
    write_keys(file, SECOND, FIRST)
    lost = Fernet(THIRD).encrypt(b'["o1","a1","{}"]').decode()
    async with process(database_url, file=file, check=False) as opened:
        await store(opened, {"a1": lost})
        done = await rotate_keys(opened)
    assert done.behind == [Behind("connected_accounts", "settings", "o1", "a1", "")]
    assert read_keys(file) == [SECOND, FIRST]


# Others write meanwhile


async def test_a_writer_that_started_before_seals_with_the_new_key_afterwards(database_url, file):
    async with process(database_url, file=file) as early:
        await insert_account(early, "a1")
        async with process(database_url, file=file) as other:
            await rotate_keys(other)
        await insert_account(early, "a2")
        async with changing(early, "o1") as write:
            await write.update(db.connected_accounts, "a1", {"settings": "[1]"})
        assert await secrets(early) == {"a1": "[1]", "a2": SECRET}
    assert await read_anew(database_url, file) == {"a1": "[1]", "a2": SECRET}


async def test_what_a_transaction_sealed_that_was_open_meanwhile_is_seen(database_url, file):
    async with process(database_url, file=file) as early, process(database_url, file=file) as other:
        await insert_account(early, "a1")
        async with changing(early, "o1") as write:
            await write.insert(db.connected_accounts, [account("a2")])
            rotation = asyncio.create_task(rotate_keys(other))
            if early.dialect_name == "postgresql":  # on SQLite it waits for this transaction before it writes
                blocked = (
                    select(literal(1).label("one")).select_from(text("pg_locks")).where(text("NOT granted"))
                )
                waiting = early.prepare(("waiting",), lambda: blocked)
                while not rotation.done() and not await early.fetch(waiting, {}):
                    pass
            await write.insert(db.connected_accounts, [account("a3")])
        done = await rotation
        assert (done.sealed, done.dropped) == (3, [ID[FIRST]])
    assert len(read_keys(file)) == 1
    assert await read_anew(database_url, file) == {"a1": SECRET, "a2": SECRET, "a3": SECRET}


async def test_a_writer_that_waits_for_its_key_while_it_is_dropped_takes_another(database_url, file):
    async with process(database_url, file=file) as early, process(database_url, file=file) as other:
        async with other.transaction() as transaction:
            await transaction.hold(Key(FIRST).label, alone=True)
            inserting = asyncio.create_task(insert_account(early))
            await other.fetch(other.prepare(("nothing",), lambda: select(literal(1).label("one"))), {})
            write_keys(file, SECOND)
        await inserting
        assert (await stored(early))["a1"].startswith(Key(SECOND).label)
    assert await read_anew(database_url, file) == {"a1": SECRET}


async def test_many_write_while_keys_change_again_and_again(database_url, file):
    expected = {}

    async def write(name, opened, chance):
        for n in range(8):
            row_id = f"{name}{n}"
            await insert_account(opened, row_id, f'"{row_id}"')
            expected[row_id] = f'"{row_id}"'
            chosen = chance.choice(sorted(each for each in expected if each.startswith(name)))
            async with changing(opened, "o1") as changes:
                await changes.update(db.connected_accounts, chosen, {"settings": f'"{row_id} {chosen}"'})
            expected[chosen] = f'"{row_id} {chosen}"'

    async def rotate(opened):
        for _ in range(4):
            await rotate_keys(opened)

    async with (
        process(database_url, file=file) as a,
        process(database_url, file=file) as b,
        process(database_url, file=file) as c,
    ):
        chances = [random.Random(n) for n in range(3)]
        await asyncio.gather(
            write("a", a, chances[0]),
            write("b", b, chances[1]),
            write("c", c, chances[2]),
            rotate(b),
            rotate(c),
        )
        assert await secrets(a) == expected
    assert await read_anew(database_url, file) == expected
    async with process(database_url, file=file) as opened:
        await rotate_keys(opened)
        assert set(await count_by_key(opened)) == {Key(key).id for key in read_keys(file)}
    assert len(read_keys(file)) == 1


# It is interrupted


class Interrupted(Exception):
    """Instead of a statement."""


async def test_interrupted_anywhere_it_loses_nothing_and_is_run_again(database_url, file):
    async with process(database_url, file=file) as opened:
        for n in range(3):
            await insert_account(opened, f"a{n}")
        expected = await secrets(opened)
        statements, is_interrupted = 0, True
        while is_interrupted:
            left = iter(range(statements))

            def interrupt(sql, left=left):
                if next(left, None) is None:
                    raise Interrupted

            opened.on_statement = interrupt
            try:
                await rotate_keys(opened)
                is_interrupted = False
            except Interrupted:
                statements += 1
            opened.on_statement = None
            assert await read_anew(database_url, file) == expected
            await rotate_keys(opened)
            assert len(read_keys(file)) == 1
    assert statements >= 9
    assert await read_anew(database_url, file) == expected


ROTATE = """
import asyncio, os, signal, sys
from gateway.db.rotation import rotate_keys
from tests.db.accounts import process

async def main(url, file, left):
    async with process(url, file=file) as opened:
        def kill(sql):
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        opened.on_statement = kill
        await rotate_keys(opened)

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


@pytest.mark.parametrize("statements", [4, 6, 8])
async def test_killed_it_loses_nothing(database_url, file, statements):
    async with process(database_url, file=file) as opened:
        for n in range(3):
            await insert_account(opened, f"a{n}")
    arguments = ("-c", ROTATE, database_url, str(file), str(statements))
    killed = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    assert await killed.wait() == -signal.SIGKILL
    expected = {f"a{n}": SECRET for n in range(3)}
    assert await read_anew(database_url, file) == expected
    async with process(database_url, file=file) as opened:
        await rotate_keys(opened)
    assert len(read_keys(file)) == 1
    assert await read_anew(database_url, file) == expected


IMPORT = """
import asyncio, sys
from pathlib import Path
from gateway.exchange.importing import import_files
from gateway.vendors import VENDORS
from tests.db.accounts import process

def wait(work):
    print("reading", flush=True)
    sys.stdin.readline()  # the end of input: the others need not wait

async def main(url, file, path):
    [openint] = [vendor for vendor in VENDORS if vendor.name == "openint"]
    async with process(url, file=file) as opened:
        await import_files(opened, openint, "o1", [Path(path)], progress=wait)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_keys_change_while_an_import_reads_its_file(database_url, file):
    """The import of another process has unlocked the store, and writes when the old key is gone."""
    path = os.path.join(os.path.dirname(sys.modules["gateway"].__file__), "demo", "openint-connection.json")
    importing = await asyncio.create_subprocess_exec(
        sys.executable, "-c", IMPORT, database_url, str(file), path,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert await importing.stdout.readline() == b"reading\n"
    async with process(database_url, file=file) as opened:
        assert (await rotate_keys(opened)).dropped == [ID[FIRST]]
    await importing.communicate(b"")
    assert importing.returncode == 0
    [settings] = (await read_anew(database_url, file)).values()
    assert "access_token" in settings


async def test_what_was_sealed_anew_is_on_the_disk_before_the_old_key_is_dropped(
    database_url, file, monkeypatch
):
    """After a loss of power a store may be as it was some commits ago, when rows needed the key."""
    synced = []
    fsync = os.fsync

    def note(descriptor):
        synced.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    async with process(database_url, file=file) as opened:
        await insert_account(opened, "a1")
        monkeypatch.setattr(os, "fsync", note)
        statements = []
        opened.on_statement = statements.append
        await rotate_keys(opened)
    new, folder_of_new, *log, dropped, folder = synced
    assert new.startswith(".keys.")
    assert dropped.startswith(".keys.")
    assert folder == folder_of_new == file.parent.name
    assert log == []
    if database_url.startswith("postgresql:"):  # SQLite has every commit on the disk before it is told of
        assert any("synchronous_commit = on" in sql for sql in statements)
