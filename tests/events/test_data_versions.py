"""Data versions: one row an organization, moved by every write, with a mark that no other history of the store has."""

import os
import shutil
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest
from alembic import command
from sqlalchemy import text

from gateway import administration
from gateway.db import tables as db
from gateway.db.bookkeeping import BOOKKEEPING, moves_version, wants_event
from gateway.db.cursors import BadCursor
from gateway.db.data_versions import NOTHING, TooOld, Version, version, version_after
from gateway.db.database import open_database
from gateway.db.migrate import configuration, connected, migrate
from gateway.db.version_looks import VersionLooks
from gateway.events import Event
from gateway.resolvers.errors import NotFound
from gateway.resolvers.writes import writing
from tests.conftest import database_at
from tests.data import NORTH, SOUTH, changing, events_of, fill

pytestmark = pytest.mark.anyio

NOW = "'2024-02-29T12:00:00.000000+00:00'"


@pytest.fixture
async def store(database):
    await fill(database, NORTH)
    await fill(database, SOUTH)
    return database


async def rename(store, name, organization_id="north"):
    async with changing(store, organization_id) as write:
        await write.update(db.organizations, organization_id, {"name": name})
    return await version(store, organization_id)


# Cursors


def test_a_cursor_is_the_version_and_nothing_else_is_one():
    for each in (Version(0, 0), Version(7, 1), Version((1 << 63) - 1, (1 << 63) - 1)):
        assert Version.of_cursor(each.cursor) == each
        assert len(each.cursor) == 23
    assert Version(1, 2).cursor == "AQAAAAAAAAABAAAAAAAAAAI"
    good = Version(1, 2).cursor
    for bad in (
        "",
        "x",
        good[:-1],
        good + "A",
        good + "=",
        good[:-1] + "J",
        " " + good,
        "é" * 23,
        "B" + good[1:],
        "_" * 23,
    ):
        with pytest.raises(
            BadCursor,
            match=r"^This is not a cursor of an event log: give `eventCursor`, or `cursor` of an event\.$",
        ):
            Version.of_cursor(bad)


# What moves a version


async def test_every_write_moves_its_organizations_version_by_its_events(store):
    south = await version(store, "south")
    seen = [await version(store, "north")]
    for number in range(3):
        seen.append(await rename(store, f"N{number}"))
    async with writing(store, "north", None) as write:
        for _ in range(3):
            write.happened(Event("test.more", "tests"))
    seen.append(await version(store, "north"))
    assert [each.event_id for each in seen] == [1, 2, 3, 4, 7]
    assert len({each.mark for each in seen}) == 5
    assert all(0 <= each.mark < 1 << 63 for each in seen)
    log = await events_of(store, "north")
    assert [(each.id, each.mark) for each in log[:4]] == seen[:4]
    assert [(each.id, each.mark) for each in log[4:]] == [(n, seen[-1].mark) for n in (5, 6, 7)]
    assert await version(store, "south") == south
    assert await version(store, "nowhere") == NOTHING


async def test_a_version_is_one_statement_and_so_is_moving_it(store):
    asked = []
    store.on_statement = asked.append
    await version(store, "north")
    await VersionLooks(store).versions("north")
    assert len(asked) == 2
    del asked[:]
    async with writing(store, "north", None) as write:
        write.happened(Event("test.more", "tests"))
    assert len(asked) == {"sqlite": 2, "postgresql": 1}[store.dialect_name]  # on SQLite in one go


async def test_a_change_that_fails_or_is_bookkeeping_moves_nothing(store):
    async with changing(store, "north") as write:
        [token_id] = await write.insert(db.api_tokens, [{"name": "t", "token_hash": "h", "scopes": "read"}])
    known = await version(store, "north")
    async with writing(store, "north", None) as write:
        await write.update(db.api_tokens, token_id, {"last_used_at": write.at})
    with suppress(RuntimeError):
        async with changing(store, "north") as write:
            await write.update(db.organizations, "north", {"name": "X"})
            raise RuntimeError
    assert await version(store, "north") == known


async def test_the_catalogue_has_a_version_of_its_own(store):
    own, first = await VersionLooks(store).versions("north")
    async with writing(store, db.CATALOGUE, None) as write:
        await write.insert(db.connectors, [{"id": "hubspot2", "display_name": "Hubspot"}])
    async with writing(store, db.CATALOGUE, None) as write:
        await write.update_each(db.connectors, {"hubspot2": {"display_name": "HubSpot"}})
    later = (await VersionLooks(store).versions("north"))[1]
    async with writing(store, db.CATALOGUE, None) as write:
        await write.rows(db.connectors, ["hubspot2"])
    assert await VersionLooks(store).versions("north") == (own, later)
    assert await version(store, db.CATALOGUE) == later
    assert (later.event_id - first.event_id, later.mark != first.mark) == (2, True)


def test_each_table_says_whether_its_changes_move_the_version():
    """Every table's are told by events, which move it, or stand in BOOKKEEPING, which says so."""
    noted = {column for each in BOOKKEEPING if each.organization_id is None for column in each.columns}
    past = {table.name for table in db.metadata.sorted_tables if noted.issuperset(table.c)}
    assert past == {
        *("events", "data_versions", "counters", "child_counters", "idempotency_keys"),
        *("account_leases", "login_attempts", "file_uploads", "signing_keys", "search_words"),
        *("webhook_attempts", "webhook_deliveries", "webhook_leases", "webhook_positions", "webhook_secrets"),
    }
    for table in db.metadata.sorted_tables:
        if table.name not in past:
            assert wants_event(table, "north"), table.name
            assert not moves_version(table, "north")
    assert moves_version(db.connectors, db.CATALOGUE)
    assert not wants_event(db.connectors, db.CATALOGUE)
    assert not moves_version(db.api_tokens, "north", ["last_used_at"])


async def test_versions_are_moved_by_hand(store):
    known = [*await VersionLooks(store).versions("north"), await version(store, "south")]
    assert await administration.touch(store, "south") == 1
    assert await VersionLooks(store).versions("north") == (known[0], known[1])
    assert await administration.touch(store) == 3
    moved = [*await VersionLooks(store).versions("north"), await version(store, "south")]
    assert [new.event_id - old.event_id for new, old in zip(moved, known, strict=True)] == [1, 1, 2]
    [*_, last] = await events_of(store, "north")
    assert (last.type, last.subject_id, last.data, last.door) == (
        *("organization.touched", None, '{"every":true}', "CLI"),
    )
    for wrong in ("nowhere", "", "a\0b"):
        with pytest.raises(NotFound):
            await administration.touch(store, wrong)
    assert await VersionLooks(store).versions("north") == (moved[0], moved[1])


# Other histories of the store


@asynccontextmanager
async def copy_of(store, url):
    """The store as it is now, beside itself: a backup that was restored, or a standby that was promoted."""
    if store.dialect_name == "sqlite":
        await store.make_durable()
        for end in ("", "-wal"):
            shutil.copy(store.path + end, store.path + "copy" + end)
        copied_url = f"sqlite:///{store.path}copy"
    else:
        await store.stop()
        copied, name = f"copy_{os.urandom(6).hex()}", url.partition("?")[0].rpartition("/")[2]
        connection = await asyncpg.connect(database_at(url, "postgres"))
        await connection.execute(f"CREATE DATABASE {copied} TEMPLATE {name}")
        await connection.close()
        copied_url = database_at(url, copied)
    copy = open_database(copied_url)
    await copy.start()
    try:
        yield copy
    finally:
        await copy.stop()


async def test_a_cursor_behind_which_all_is_there_is_good(store):
    seen = [await version(store, "north"), *[await rename(store, f"N{n}") for n in range(3)]]
    for each in seen:
        assert await version_after(store, "north", each) == seen[-1]
    for wrong in (
        NOTHING,
        Version(2, 7),
        Version(4, 7),
        Version(5, seen[-1].mark),
        Version(3, seen[-1].mark),
        Version(4, seen[0].mark),
    ):
        with pytest.raises(TooOld):
            await version_after(store, "north", wrong)
    for organization_id in ("south", "nowhere"):
        with pytest.raises(TooOld):
            await version_after(store, organization_id, seen[-1])


async def test_a_restored_copy_knows_its_own_past_and_nothing_of_the_future_that_was_lost(
    store, database_url
):
    common = await rename(store, "Common")
    async with copy_of(store, database_url) as copy:
        if store.dialect_name == "postgresql":
            store = open_database(database_url)
            await store.start()
        lost = [await rename(store, f"lost {n}") for n in range(2)]
        assert await version(copy, "north") == common  # so an answer of then may be called unchanged: it is
        for each in lost:
            with pytest.raises(TooOld):
                await version_after(copy, "north", each)
        anew = [await rename(copy, f"anew {n}") for n in range(2)]
        assert [each.event_id for each in anew] == [each.event_id for each in lost]
        assert not {each.mark for each in anew} & {each.mark for each in lost}
        for each in lost:
            with pytest.raises(TooOld):
                await version_after(copy, "north", each)
        for each in (common, *anew):
            assert await version_after(copy, "north", each) == anew[-1]
        if store.dialect_name == "postgresql":
            await store.stop()


# Migrating


@pytest.fixture(params=["sqlite", "postgresql"])
def old_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/old.db"
    return request.getfixturevalue("empty_postgresql")


def fill_old(connection):
    """Two organizations as the revision before had them, one with three events."""
    command.upgrade(configuration(connection), "0014")
    for name in ("o", "silent"):
        connection.execute(
            text(
                "INSERT INTO organizations (id, created_at, updated_at, name, kind, timezone)"
                f" VALUES ('{name}', {NOW}, {NOW}, 'North', 'none', 'UTC')"
            )
        )
    for number in (1, 2, 3):
        connection.execute(
            text(
                "INSERT INTO events (organization_id, id, type, subject_type, subject_id, actor_id, data, occurred_at)"
                f" VALUES ('o', {number}, 'person.created', 'people', 'p{number}', 't{number}', '{{}}', {NOW})"
            )
        )


async def test_migrating_begins_with_the_last_event_and_moves_every_version(old_url):
    await connected(old_url, fill_old)
    await migrate(old_url)
    store = open_database(old_url)
    await store.start()
    try:
        log = await events_of(store, "o")
        assert [(each.id, each.type, each.subject_id, each.token_id, each.door) for each in log] == [
            (1, "person.created", "p1", "t1", None),
            (2, "person.created", "p2", "t2", None),
            (3, "person.created", "p3", "t3", None),
            (4, "organization.migrated", None, None, "CLI"),
        ]
        assert [each.changes for each in log] == [None] * 4
        assert log[-1].data == '{"every":true}'
        assert await version(store, "o") == Version(4, log[-1].mark)
        assert (await version(store, "silent")).event_id == 1
        assert (await version(store, db.CATALOGUE)).event_id == 1
        for number in (1, 2, 3):
            with pytest.raises(TooOld):  # they have no mark
                await version_after(store, "o", Version(number, 0))
        await migrate(old_url)  # which has nothing to do
        assert await version(store, "o") == Version(4, log[-1].mark)
        assert (await rename(store, "Later", "o")).event_id == 5
    finally:
        await store.stop()
