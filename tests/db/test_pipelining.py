"""Several statements that PostgreSQL is sent at once: what it answers, and what of that asyncpg is given."""

import asyncio
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest

from gateway.db import tables as db
from gateway.db.database import open_database
from gateway.db.failures import Refused
from gateway.db.pipelining import OtherAnswers, execution
from gateway.events import Event
from gateway.resolvers.writes import writing
from tests.data import NORTH, context_of, fill
from tests.db.relay import relay_to
from tests.patience import ENOUGH

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

PARSED, BOUND = b"1\0\0\0\4", b"2\0\0\0\4"
DONE = b"C\0\0\0\x0fINSERT 0 1\0"
BEGUN, COMMITTED = b"C\0\0\0\nBEGIN\0", b"C\0\0\0\x0bCOMMIT\0"
ROW = b"D\0\0\0\x0b\0\1\0\0\0\1x"
FAILED = b"E\0\0\0\x0bC23505\0"
TOLD = b"A\0\0\0\x0c\0\0\0\1c\0p\0"
IDLE, INSIDE, BROKEN = (b"Z\0\0\0\5" + each for each in (b"I", b"T", b"E"))
WENT_AHEAD = PARSED + BOUND + BEGUN + BOUND + DONE


@pytest.mark.parametrize(
    ("sent", "given", "has_failed"),
    [
        (WENT_AHEAD + BOUND + ROW + DONE + INSIDE, BOUND + ROW + DONE + INSIDE, False),
        (WENT_AHEAD + BOUND + COMMITTED + IDLE + TOLD, BOUND + COMMITTED + IDLE + TOLD, False),
        (PARSED + BOUND + BEGUN + FAILED + BROKEN, FAILED + BROKEN, True),
        (WENT_AHEAD + BOUND + FAILED + BROKEN, BOUND + FAILED + BROKEN, False),
        (TOLD + WENT_AHEAD + BOUND + INSIDE, TOLD + BOUND + INSIDE, False),
        (PARSED + BOUND + BEGUN + TOLD + BOUND + DONE + BOUND + IDLE, TOLD + BOUND + IDLE, False),
    ],
)
def test_what_went_ahead_of_a_statement_is_taken_out_of_its_answer(sent, given, has_failed):
    for size in range(1, len(sent) + 1):
        answers, seen = OtherAnswers(2), b""
        for at in range(0, len(sent), size):
            part = sent[at : at + size]
            seen += part if answers.is_over else answers.kept(part)
        assert (seen, answers.is_over, answers.has_failed) == (given, True, has_failed)


@pytest.mark.parametrize(
    ("sent", "has_failed"),
    [(WENT_AHEAD + INSIDE, False), (PARSED + BOUND + BEGUN + TOLD + FAILED + BROKEN, True)],
)
def test_what_went_ahead_of_nothing_is_taken_out_to_the_end(sent, has_failed):
    rolled_back = b"C\0\0\0\x0dROLLBACK\0" + IDLE
    for size in range(1, len(sent) + 1):
        answers, seen = OtherAnswers(2), b""
        answers.expect_no_more()
        for at in range(0, len(sent), size):
            seen += answers.kept(sent[at : at + size])
        assert answers.is_over
        assert seen + rolled_back == (TOLD if has_failed else b"") + rolled_back
        answers = OtherAnswers(2)
        answers.expect_no_more()
        assert answers.kept(sent + rolled_back).removeprefix(TOLD) == rolled_back


def test_arguments_are_sent_as_texts():
    sent = execution("s1", ["é", None, -7, True])
    bound = b"\0s1\0\0\0\0\4\0\0\0\2\xc3\xa9\xff\xff\xff\xff\0\0\0\2-7\0\0\0\x011\0\0"
    assert sent == b"B" + (len(bound) + 4).to_bytes(4) + bound + b"E\0\0\0\t\0\0\0\0\0"
    assert execution("s1", [["a", "b"]]) is None  # asyncpg knows how


@asynccontextmanager
async def behind_a_relay(url, statement_cache=128):
    async with relay_to(url) as (relay, behind):
        database = open_database(behind, connections=1, statement_cache=statement_cache)
        await database.start()
        try:
            yield database, relay
        finally:
            await database.stop()


async def hire(database, *rows):
    async with writing(database, "north", None) as write:
        for row in rows:
            await write.insert(db.people, [row])
            write.happened(Event("person.created", "people", row["id"]))


async def say_nowhere(database, *, is_read):
    """Make somebody known, and a comment of a request that is not there."""
    async with writing(database, "north", None) as write:
        await write.insert(db.people, [{"id": "cyd"}])
        await write.insert(db.comments, [{"connection_request_id": "nowhere", "body": "Hello"}])
        write.happened(Event("test.changed", "people", data={"rows": {"comments": 1}}))
        if is_read:
            await write.rows(db.people, ["ada"])


@on_postgresql
@pytest.mark.anyio
async def test_a_write_that_reads_nothing_waits_once(database, database_url):
    await fill(database, NORTH)
    async with behind_a_relay(database_url) as (behind, relay):
        await hire(behind, {"id": "cyd"})
        relay.asked()
        await hire(behind, {"id": "dot"})
        asked = relay.asked()
    # BEGIN, the row, what tells of it and COMMIT are run, and there is one Sync.
    assert [asked.count(each) for each in (b"\0BEGIN\0", b"E\0\0\0\t", b"S\0\0\0\4")] == [1, 4, 1]


@on_postgresql
@pytest.mark.anyio
@pytest.mark.parametrize("statement_cache", [0, 1, 2, 128])
async def test_what_is_refused_undoes_all_and_leaves_the_connection(database, database_url, statement_cache):
    await fill(database, NORTH)
    people = await context_of(database, "north").count(db.people)
    async with behind_a_relay(database_url, statement_cache) as (behind, relay):
        for is_read in (False, True):
            with pytest.raises(Refused) as refused:
                await say_nowhere(behind, is_read=is_read)
            assert (refused.value.rule, refused.value.is_late) == ("foreign key", True)
            assert await context_of(behind, "north").count(db.people) == people
        await hire(behind, {"id": "cyd"}, {"id": "dot"})
        assert relay.opened == 1
    assert await context_of(database, "north").count(db.people) == people + 2


async def heard_all(connection):
    async with asyncio.timeout(ENOUGH):
        while connection.has_more_to_hear:
            await asyncio.to_thread(lambda: None)


@on_postgresql
@pytest.mark.anyio
@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize("request_id", [None, "nowhere"])
async def test_an_argument_that_cannot_be_sent_leaves_the_connection_whatever_went_ahead(
    database, database_url, request_id, goes_on
):
    await fill(database, NORTH)
    people = await context_of(database, "north").count(db.people)

    async def ask_by_a_number():
        async with writing(behind, "north", None) as write:
            write.happened(Event("test.changed", "people", data={"rows": {"people": 1, "comments": 1}}))
            await write.insert(db.people, [{"id": "cyd"}])
            if request_id is not None:
                await write.insert(db.comments, [{"connection_request_id": request_id, "body": "Hello"}])
            with suppress(asyncpg.DataError if goes_on else ()):
                await write.rows(db.people, [7])
            await heard_all(connection)

    async with behind_a_relay(database_url) as (behind, relay):
        connection = await behind.pool.acquire()
        behind.pool.release(connection)
        for _ in range(2):  # the second time, all statements are prepared
            with pytest.raises(asyncpg.DataError, match="expected str, got int"):
                await ask_by_a_number()
        await hire(behind, {"id": "cyd"})
        assert relay.opened == 1
    assert await context_of(database, "north").count(db.people) == people + 1


NOT_TODAY = """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'not today'; END $$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON people DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.id = 'late') EXECUTE FUNCTION refuse()"""


@on_postgresql
@pytest.mark.anyio
async def test_a_commit_that_is_refused_commits_nothing(database, database_url):
    await fill(database, NORTH)
    connection = await database.pool.acquire()
    await connection.execute(NOT_TODAY)
    database.pool.release(connection)
    people = await context_of(database, "north").count(db.people)
    async with behind_a_relay(database_url) as (behind, relay):
        with pytest.raises(Refused, match="not today"):
            await hire(behind, {"id": "late"})
        await hire(behind, {"id": "cyd"})
        assert relay.opened == 1
    assert await context_of(database, "north").count(db.people) == people + 1
