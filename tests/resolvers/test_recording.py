"""What events keep of the rows that they tell of, and what of it a viewer is told."""

from contextlib import suppress

import orjson
import pytest

from gateway.db import tables as db
from gateway.db.bookkeeping import wants_event
from gateway.db.data_versions import version
from gateway.events import Event
from gateway.resolvers.errors import CursorTooOld, Forbidden, Invalid
from gateway.resolvers.event_log import event_cursor, read_events
from gateway.resolvers.recording import recorded_columns
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import writing
from tests.data import NORTH, SOUTH, changing, context_of, events_of, fill

pytestmark = pytest.mark.anyio

SECRET = "ftp://foo:bar@baz.blerg/items"
SHOWN = "ftp://***@baz.blerg/items"


@pytest.fixture
async def store(database):
    await fill(database, NORTH)
    await fill(database, SOUTH)
    return database


async def last_changes(store):
    return orjson.loads((await events_of(store, "north"))[-1].changes)


async def test_an_event_says_who_and_by_which_door(store):
    context = context_of(store, "north", token_id="t1", person_id="ada")
    for door in ("GRAPHQL", "CRUX"):
        context.door = door
        async with context.write(Scope.WRITE) as write:
            await write.update(db.people, "ada", {"first_name": door})
            write.happened(Event("person.updated", "people", "ada"))
    told = [(each.door, each.person_id, each.token_id) for each in await events_of(store, "north")]
    assert told == [("CLI", None, None), ("GRAPHQL", "ada", "t1"), ("CRUX", "ada", "t1")]


async def test_a_change_is_kept_before_and_after_without_secrets(store):
    context = context_of(store, "north")
    async with context.write(Scope.WRITE) as write:
        await write.update(
            db.integrations, "i1", {"rules": "new", "feed_source_file_locations": f"now {SECRET}"}
        )
        await write.update(db.integrations, "i1", {"rules": "newer"})
        write.happened(Event("integration.updated", "integrations", "i1"))
    assert await last_changes(store) == [
        [
            "integrations",
            "i1",
            {"rules": "ask https://***@rules.example", "feed_source_file_locations": SHOWN},
            {"rules": "newer", "feed_source_file_locations": f"now {SHOWN}"},
        ]
    ]
    async with context.write(Scope.WRITE) as write:
        [made] = await write.insert(db.people, [{"first_name": "New", "email": "n@north.example"}])
        write.happened(Event("person.created", "people", made))
    assert await last_changes(store) == [
        ["people", made, None, {"first_name": "New", "email": "n@north.example"}]
    ]
    async with context.write(Scope.WRITE) as write:
        await write.delete(db.people, [made])
        write.happened(Event("person.deleted", "people", made))
    assert await last_changes(store) == [
        ["people", made, {"first_name": "New", "email": "n@north.example"}, None]
    ]


async def test_a_row_that_came_and_went_in_one_write_was_never_there(store):
    async with context_of(store, "north").write(Scope.WRITE) as write:
        [made] = await write.insert(db.people, [{"first_name": "New"}])
        await write.delete(db.people, [made])
        write.happened(Event("person.deleted", "people", made))
    assert await last_changes(store) == []


async def test_a_request_tells_of_its_parts_and_parts_with_events_of_their_own_of_themselves(store):
    async with context_of(store, "north").write(Scope.WRITE) as write:
        await write.update(db.connection_requests, "r1", {"reason": "why"})
        [one] = await write.insert(db.comments, [{"connection_request_id": "r1", "body": f"see {SECRET}"}])
        [two] = await write.insert(db.comments, [{"connection_request_id": "r1", "body": "2"}])
        write.happened(Event("connection_request.updated", "connection_requests", "r1"))
        write.happened(Event("comment.created", "comments", two))
    first, second = [orjson.loads(each.changes) for each in (await events_of(store, "north"))[-2:]]
    assert first == [
        ["connection_requests", "r1", {"reason": None}, {"reason": "why"}],
        ["comments", one, None, {"connection_request_id": "r1", "body": f"see {SHOWN}"}],
    ]
    assert second == [["comments", two, None, {"connection_request_id": "r1", "body": "2"}]]


async def test_what_a_refused_part_did_is_not_kept(store):
    async with context_of(store, "north").write(Scope.WRITE) as write:
        await write.update(db.people, "ada", {"phone": "1"})
        with suppress(RuntimeError):
            async with write.attempt():
                await write.update(db.people, "ada", {"phone": "2", "job_title": "x"})
                raise RuntimeError
        write.happened(Event("person.updated", "people", "ada"))
    [[_, _, _, after]] = await last_changes(store)
    assert after == {"phone": "1"}


async def test_events_of_many_rows_keep_none_of_them(store):
    async with writing(store, "north", None) as write:
        await write.insert(db.people, [{"first_name": "x"}])
        write.happened(Event("people.imported", "people", data={"rows": {"people": {"inserted": 1}}}))
    assert (await events_of(store, "north"))[-1].changes is None


def test_secrets_have_no_place_in_the_log():
    hidden = {
        (table.name, column.name)
        for table in db.metadata.sorted_tables
        if wants_event(table, "north")
        for column in table.c
        if column.name not in recorded_columns(table)
        and not column.name.endswith("_sort")  # says what the name beside it says
        and column.name
        not in ("organization_id", "id", "created_at", "updated_at", "version", "holds_credential")
    }
    assert hidden == {
        *((name, "extra") for name in ("approvals", "comments", "connected_accounts", "connection_requests")),
        *(
            (name, "extra")
            for name in ("connector_integrations", "connectors", "files", "integrations", "people")
        ),
        *((name, "extra") for name in ("requested_items", "file_attachments")),
        ("connected_accounts", "settings"),
        ("connector_configs", "config"),
        ("api_tokens", "token_hash"),
        ("passwords", "password_hash"),
        ("idempotency_keys", "sealed_outcome"),
    }


def test_a_column_whose_name_says_secret_is_none_that_events_keep():
    words = ("secret", "hash", "password", "credential", "settings", "private")
    kept = [
        f"{table.name}.{name}"
        for table in db.metadata.sorted_tables
        if wants_event(table, "north")
        for name in recorded_columns(table)
        if any(word in name for word in words)
    ]
    assert kept == []


# Reading


async def test_reading_goes_on_where_it_ended(store):
    context = context_of(store, "north", "read")
    cursor = await event_cursor(context)
    asked = []
    store.on_statement = asked.append
    assert await read_events(context, cursor) == ([], cursor, False)
    assert len(asked) == 1
    for number in range(5):
        async with changing(store, "north") as write:
            await write.update(db.people, "ada", {"phone": str(number)})
    seen = []
    for expected in (2, 2, 1, 0):
        page = await read_events(context, cursor, limit=2)
        assert len(page.events) == expected
        assert page.has_more == (expected == 2)
        seen += [each.id for each in page.events]
        cursor = page.cursor
        if page.events:
            assert page.events[-1].cursor == cursor
    assert seen == [2, 3, 4, 5, 6]
    assert cursor == (await version(store, "north")).cursor


async def test_what_is_no_place_in_this_log_is_refused(store):
    context = context_of(store, "north", "read")
    with pytest.raises(Invalid, match="not a cursor of an event log"):
        await read_events(context, "what")
    with pytest.raises(CursorTooOld) as refused:
        await read_events(context, await event_cursor(context_of(store, "south")))
    assert refused.value.extensions == {"code": "CURSOR_TOO_OLD"}
    with pytest.raises(Forbidden):
        await event_cursor(context_of(store, "north", "write"))
    with pytest.raises(Forbidden):
        await read_events(context_of(store, "north", "write"), await event_cursor(context))


async def change_tokens_and_accounts(store):
    async with context_of(store, "north", token_id="t1", person_id="ada").write(Scope.WRITE) as write:
        token = {"name": "t", "token_hash": "0" * 64, "scopes": "read"}
        [token_id] = await write.insert(db.api_tokens, [token])
        write.happened(Event("token.created", "api_tokens", token_id))
        for account, customer in (("acc1", "cus2"), ("acc2", "cus2")):
            await write.update(db.connected_accounts, account, {"name": "Renamed", "customer_id": customer})
            write.happened(Event("connected_account.updated", "connected_accounts", account))
        write.happened(Event("people.imported", "people", data={"rows": {"people": {"inserted": 1}}}))
        write.happened(Event("x.imported", "people", data={"rows": {"connected_accounts": {"updated": 2}}}))
        write.happened(Event("organization.touched", "organizations", data={"every": True}))


async def told_to(store, cursor, *scopes, tables=None, **viewer):
    page = await read_events(context_of(store, "north", *scopes, **viewer), cursor, tables=tables)
    return [(each.type, each.subject_id, each.resync, each.counts) for each in page.events]


async def test_a_viewer_is_told_of_what_they_see(store):
    cursor = await event_cursor(context_of(store, "north"))
    await change_tokens_and_accounts(store)
    whole = [
        ("connected_account.updated", "acc1", False, None),
        ("connected_account.updated", "acc2", False, None),
        ("people.imported", None, True, {"people": {"inserted": 1}}),
        ("x.imported", None, True, {"connected_accounts": {"updated": 2}}),
        ("organization.touched", None, True, None),
    ]
    assert await told_to(store, cursor, "read") == whole
    assert (await told_to(store, cursor, "read", "admin"))[1:] == whole
    assert await told_to(store, cursor, "read", tables=[db.connected_accounts]) == whole[:2] + whole[3:]
    assert await told_to(store, cursor, "read", tables=[db.comments]) == whole[4:]
    [first, *_] = (await read_events(context_of(store, "north", "read"), cursor)).events
    assert (first.token_id, first.person_id, first.door) == (None, "ada", "GRAPHQL")
    [first, *_] = (await read_events(context_of(store, "north", "read", "admin"), cursor)).events
    assert (first.token_id, first.type, first.changes[0].after) == (
        "t1",
        "token.created",
        {"name": "t", "scopes": "read"},
    )


async def test_a_customer_is_told_of_their_own_accounts_as_they_come_and_go(store):
    cursor = await event_cursor(context_of(store, "north"))
    await change_tokens_and_accounts(store)
    of_many = [("x.imported", None, True, None), ("organization.touched", None, True, None)]
    gone = ("connected_account.updated", "acc1", False, None)
    assert await told_to(store, cursor, "read", customer_id="cus1") == [gone, *of_many]
    assert await told_to(store, cursor, "read", customer_id="cus3") == of_many
    came = ("connected_account.updated", "acc2", False, None)
    assert await told_to(store, cursor, "read", customer_id="cus2") == [gone, came, *of_many]
    sides = {}
    for customer in ("cus1", "cus2"):
        [event, *_] = (
            await read_events(context_of(store, "north", "read", customer_id=customer), cursor)
        ).events
        [(_, _, before, after)] = event.changes
        sides[customer] = (before, after)
    name = next(each for each in NORTH["connected_accounts"] if each["id"] == "acc1").get("name")
    assert sides == {
        "cus1": ({"name": name, "customer_id": "cus1"}, None),
        "cus2": (None, {"name": "Renamed", "customer_id": "cus2"}),
    }
