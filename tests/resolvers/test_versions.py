"""Versions of rows: one more with each change, by whatever way it is made."""

import pytest

from gateway.db import tables as db
from gateway.db.tables.columns import counts_writes
from gateway.events import Event
from gateway.resolvers.errors import ErrorCode, Rejected
from gateway.resolvers.rules import target
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import writing
from tests.data import NORTH, changing, context_of, fill

pytestmark = pytest.mark.anyio

VERSIONED = [table for table in db.metadata.sorted_tables if counts_writes(table)]


async def version_of(database, table, row_id):
    async with writing(database, "north", None) as write:
        [row] = await write.rows(table, [row_id])
    return row.version


def test_which_rows_have_a_version():
    assert {table.name for table in VERSIONED} == {
        "organizations",
        "people",
        "api_tokens",
        "passwords",
        "connection_requests",
        "comments",
        "requested_items",
        "integrations",
        "connected_accounts",
        "connector_configs",
        "customers",
        "commerce_customers",
        "webhook_endpoints",
    }


async def test_every_change_makes_another_version_and_what_changes_nothing_does_not(database):
    await fill(database, NORTH)
    assert await version_of(database, db.people, "ada") == 1
    async with changing(database, "north") as write:
        await write.update(db.people, "ada", {"phone": "1"})
        await write.update_each(db.people, {"ada": {"phone": "2"}, "bob": {"phone": "2"}})
    assert await version_of(database, db.people, "ada") == 3
    assert await version_of(database, db.people, "bob") == 2
    assert await version_of(database, db.people, "cat") == 1
    async with context_of(database, "north").write(Scope.WRITE) as viewed:
        assert not await viewed.update(db.people, "ada", {"phone": "2"})
        await viewed.update(db.people, "cat", {"phone": "2"})
        viewed.happened(Event("person.updated", "people", "cat"))
    assert await version_of(database, db.people, "ada") == 3
    assert await version_of(database, db.people, "cat") == 2


async def test_bookkeeping_is_no_version(database):
    await fill(database, NORTH)
    async with changing(database, "north") as write:
        [token_id] = await write.insert(db.api_tokens, [{"name": "t", "token_hash": "h", "scopes": "read"}])
    async with writing(database, "north", None) as write:
        await write.update(db.api_tokens, token_id, {"last_used_at": write.at})
    assert await version_of(database, db.api_tokens, token_id) == 1


async def test_a_change_for_an_older_version_is_a_conflict_that_names_the_object(database):
    await fill(database, NORTH)
    async with changing(database, "north") as write:
        await write.update(db.people, "ada", {"phone": "1"})
    async with context_of(database, "north").write(Scope.WRITE) as viewed:
        assert (await target(viewed, db.people, "ada", expected=2)).phone == "1"
        for wrong in (1, 3):
            with pytest.raises(Rejected) as rejected:
                await target(viewed, db.people, "ada", expected=wrong)
            [problem] = rejected.value.problems
            assert (problem.code, problem.path) == (ErrorCode.CONFLICT, ("expected_version",))
            assert problem.message == f"The person has the version 2 by now, not {wrong}."
            assert rejected.value.object_id == "ada"
