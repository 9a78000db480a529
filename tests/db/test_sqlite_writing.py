"""Several writers of SQLite share a commit: what each is told of its own, and what of the others."""

import asyncio
import shutil
import sqlite3
import threading
from random import Random

import pytest
from sqlalchemy import func, literal, select

from gateway.db import sqlite_transactions, sqlite_work
from gateway.db.failures import Refused, Unreachable
from gateway.db.tables import people
from gateway.db.writes import Changes
from tests.db import model
from tests.patience import ENOUGH
from tests.stores import open_store

pytestmark = pytest.mark.anyio


class Undo(Exception):
    """Ends a transaction that should not have been."""


@pytest.fixture
async def path(tmp_path, migrated_sqlite):
    return str(shutil.copy(migrated_sqlite, tmp_path / "shared.db"))


@pytest.fixture(params=["on the loop", "on the thread"])
async def database(path, request, monkeypatch):
    async with open_store(f"sqlite:///{path}") as database:
        await model.insert(database, "o", {})
        if request.param == "on the thread":  # as if every statement took long
            monkeypatch.setattr(sqlite_transactions, "HERE_SECONDS", 0.0)
        yield database


@pytest.fixture
async def alone(path, monkeypatch):
    """A store whose statements can say which thread runs them; however busy the machine is, none of them took long."""
    monkeypatch.setattr(sqlite_transactions, "HERE_SECONDS", ENOUGH)
    monkeypatch.setattr(sqlite_work, "HERE_SECONDS", ENOUGH)
    async with open_store(f"sqlite:///{path}") as database:
        await model.insert(database, "o", {})
        await database._writer.threads.run(
            lambda writer: writer.create_function("thread", 0, threading.get_ident)
        )
        yield database


async def add(database, person, *, is_short=True, failing=None, **columns):
    """Add a person by a transaction of its own; whoever returns from it sees them."""
    async with database.transaction(is_short=is_short) as transaction:
        changes = Changes(database, transaction, "o")
        row = model.random_row(Random(person), "people", person) | {"extra": None} | columns
        await changes.insert(people, [row])
        await changes.send()
        if failing is not None:
            raise failing
    assert person in await there(database)


async def there(database):
    statement = database.prepare(("everybody",), lambda: select(people.c.id))
    return {row.id for row in await database.fetch(statement, {})}


def commits(path):
    """How many commits the write-ahead log has (https://www.sqlite.org/fileformat2.html#the_write_ahead_log)."""
    with open(f"{path}-wal", "rb") as file:
        header, found = file.read(32), 0
        size, salts = int.from_bytes(header[8:12]), header[16:24]
        while len(frame := file.read(24 + size)) == 24 + size and frame[8:16] == salts:
            found += frame[4:8] != bytes(4)
    return found


async def test_writers_at_once_share_commits_and_see_what_they_were_told(database, path):
    before = commits(path)
    names = {f"w{n}" for n in range(20)}
    await asyncio.gather(*[add(database, name) for name in names])
    assert await there(database) == names
    assert commits(path) - before <= 3


async def test_a_writer_by_itself_commits_by_itself(database, path):
    before = commits(path)
    for n in range(3):
        await add(database, f"w{n}")
    assert commits(path) - before == 3


async def test_who_fails_undoes_nothing_of_the_others(database):
    writers = [add(database, f"w{n}", failing=Undo() if n % 3 == 0 else None) for n in range(12)]
    twins = [add(database, "twin") for _ in range(3)]
    told = await asyncio.gather(*writers, *twins, return_exceptions=True)
    assert [type(each) for each in told[:12]] == [Undo, type(None), type(None)] * 4
    assert sorted(type(each).__name__ for each in told[12:]) == ["NoneType", "Refused", "Refused"]
    assert all(isinstance(each, Refused) for each in told[12:] if each is not None)
    assert await there(database) == {"twin", *(f"w{n}" for n in range(12) if n % 3)}


async def test_a_transaction_of_its_own_stands_between_them(database):
    told = [
        add(database, f"w{n}", is_short=n % 4 != 0, failing=Undo() if n == 8 else None) for n in range(12)
    ]
    found = await asyncio.gather(*told, return_exceptions=True)
    assert [place for place, each in enumerate(found) if each is not None] == [8]
    assert await there(database) == {f"w{n}" for n in range(12) if n != 8}


async def test_who_is_refused_sees_what_stood_in_the_way(database):
    async def refused():
        try:
            await add(database, "twin")
        except Refused:
            return "twin" in await there(database)
        return True

    assert await asyncio.gather(*[refused() for _ in range(8)]) == [True] * 8


@pytest.mark.parametrize("rounds", range(4))
async def test_who_is_cancelled_takes_no_commit_from_the_others(database, rounds):
    random = Random(rounds)
    writers = {f"w{n}": asyncio.ensure_future(add(database, f"w{n}")) for n in range(12)}
    for name in random.sample(sorted(writers), 6):
        for _ in range(random.randrange(6)):
            await there(database)
            await asyncio.sleep(0)
        writers[name].cancel()
    told = await asyncio.gather(*writers.values(), return_exceptions=True)
    acknowledged = {name for name, each in zip(writers, told, strict=True) if each is None}
    assert len(acknowledged) >= 6
    assert acknowledged <= await there(database)
    await add(database, "next")


async def test_who_is_cancelled_before_anything_was_done_for_them_is_told_nothing_else(database):
    """The writer's thread is busy while one who is to join others waits for its first statement, and gives up."""
    threads, begun = database._writer.threads, threading.Event()

    async def cancel_next_to_join(writers):
        """Whether there was one to cancel: some may all have written by themselves."""
        while not database._writer._group.members:
            if all(each.done() for each in writers):
                return False
            await asyncio.sleep(0)
        blocked = threads._put(lambda _: begun.wait(ENOUGH), interruptible=False)
        for _ in range(20):
            await asyncio.sleep(0)
        for each in writers:
            each.cancel()
        begun.set()
        await blocked
        return True

    for turn in range(50):
        names = [f"w{turn}-{n}" for n in range(12)]
        writers = [asyncio.ensure_future(add(database, name)) for name in names]
        was_one = await cancel_next_to_join(writers[1:-1])
        told = await asyncio.gather(*writers, return_exceptions=True)
        assert {type(each) for each in told} <= {type(None), asyncio.CancelledError}
        assert {name for name, each in zip(names, told, strict=True) if each is None} <= await there(database)
        if was_one:
            break
    assert was_one
    await add(database, "next")


async def test_where_all_is_undone_everybody_is_told(database):
    def fill(writer):
        [pages] = writer.execute("PRAGMA page_count").fetchone()
        writer.execute(f"PRAGMA max_page_count = {pages + 6}")

    await database._writer.threads.run(fill)
    small = [add(database, f"w{n}") for n in range(3)]
    large = add(database, "large", extra="x" * 1_000_000)
    told = await asyncio.gather(*small, large, *[add(database, "late")], return_exceptions=True)
    acknowledged = {
        name for name, each in zip(("w0", "w1", "w2", "large", "late"), told, strict=True) if each is None
    }
    assert acknowledged == await there(database)
    assert "large" not in acknowledged
    assert all(isinstance(each, Unreachable) for each in told if each is not None)


async def thread_of(database, statement, *, is_short=True):
    async with database.transaction(is_short=is_short) as transaction:
        [row] = await transaction.fetch(statement, {})
        return row.thread


def counting(n):
    """A statement that counts to a number."""
    numbers = select(literal(1).label("n")).cte(recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < n))
    return select(func.thread().label("thread"), func.count().label("n")).select_from(numbers)


async def test_little_is_done_at_once_and_what_takes_long_by_the_thread(alone, monkeypatch):
    here = threading.get_ident()
    little = alone.prepare(("little",), lambda: counting(3))
    assert await thread_of(alone, little) == here
    assert await thread_of(alone, little, is_short=False) != here
    monkeypatch.setattr(sqlite_work, "HERE_SECONDS", 0.001)
    much = alone.prepare(("much",), lambda: counting(1_000_000))
    assert await thread_of(alone, much) != here
    assert much.is_slow


async def test_many_rows_and_long_texts_are_written_by_the_thread(alone, path):
    await alone._writer.threads.run(
        lambda writer: writer.execute(
            "CREATE TEMP TRIGGER told AFTER INSERT ON people BEGIN "
            "UPDATE people SET job_title = thread() WHERE id = new.id; END"
        )
    )
    await add(alone, "one")
    await add(alone, "long", extra="x" * 40_000)
    async with alone.transaction(is_short=True) as transaction:
        changes = Changes(alone, transaction, "o")
        rows = [model.random_row(Random(n), "people", f"many{n}") | {"extra": None} for n in range(100)]
        await changes.insert(people, rows)
        await changes.send()
    statement = alone.prepare(("threads",), lambda: select(people.c.id, people.c.job_title))
    threads = {row.id: row.job_title for row in await alone.fetch(statement, {})}
    here = str(threading.get_ident())
    assert [threads[each] == here for each in ("one", "long", "many7")] == [True, False, False]


async def test_a_writer_who_waits_for_another_process_keeps_nobody_waiting(alone, path):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.ensure_future(add(alone, "patient"))
    for _ in range(20):
        assert await there(alone) == set()
        await asyncio.sleep(0)
    other.execute("ROLLBACK")
    other.close()
    await writing
    assert await there(alone) == {"patient"}
