"""What is looked for after a run is found where it is there."""

import pytest

from gateway.db.urls import is_sqlite
from tests.torture.invariants import broken
from tests.torture.kills import CROWD, prepared
from tests.torture.states import opened, state_of

pytestmark = pytest.mark.anyio

BREAKS = {
    "counters are not exact": "UPDATE counters SET n = n + 1 WHERE table_name = 'files'",
    "words of people": "DELETE FROM search_words WHERE table_name = 'people'",
    "words of connection_requests": "INSERT INTO search_words (organization_id, table_name, word, row_id)"
    " VALUES ('north', 'connection_requests', 'nothing', 'nobody')",
    "the log has a hole": "DELETE FROM events WHERE organization_id = 'north' AND id = 1",
    "a decision and a status": "UPDATE connection_requests SET status = 'approved' WHERE organization_id = 'south'",
    "an idempotency key": "INSERT INTO idempotency_keys (organization_id, id, created_at, updated_at, fingerprint,"
    " expires_at) SELECT organization_id, 'k', created_at, created_at, '', created_at FROM people",
    "a counter of comments is not": "INSERT INTO child_counters (organization_id, parent_id, table_name, n)"
    f" VALUES ('north', '{CROWD}', 'comments', 7)",
    "the largest number": "INSERT INTO connected_accounts (organization_id, id, created_at, updated_at, kind, number,"
    " service, is_internal, status, is_syncing, holds_credential, version) SELECT organization_id, 'a', created_at,"
    " created_at, 'commerce', 4, 'shop', false, 'healthy', false, false, 1 FROM people",
    "a row of people": "INSERT INTO events (organization_id, id, type, subject_type, subject_id, data, occurred_at)"
    " SELECT organization_id, 99, 'person.created', 'people', 'nobody', '{}', created_at FROM people",
}


async def test_a_broken_store_is_told_of(database_url):
    await prepared(database_url)
    is_file = is_sqlite(database_url)
    async with opened(database_url) as run:
        assert await broken(run, is_file=is_file) == []
        for sentence, sql in BREAKS.items():
            assert not any(each.startswith(sentence) for each in await broken(run, is_file=is_file))
            await run(sql)
            assert any(each.startswith(sentence) for each in await broken(run, is_file=is_file)), sentence


async def test_what_is_otherwise_than_callers_were_told_is_told_of(database_url):
    await prepared(database_url)
    async with opened(database_url) as run:
        expected = await state_of(run, "north")
        assert expected.differences(await state_of(run, "north")) == []
        expected.put("people", "bob", "Bob")
        expected.part("comments", CROWD, "Hi")
        expected.told("person.created", "people", "bob")
        expected.keys += 1
        assert expected.differences(await state_of(run, "north")) == [
            "row ('people', 'bob'): expected ('Bob',), found None",
            f"part ('comments', '{CROWD}', 'Hi'): expected 1, found None",
            "event ('person.created', 'people', 'bob'): expected 1, found None",
            "idempotency keys: expected 1, found 0",
        ]
