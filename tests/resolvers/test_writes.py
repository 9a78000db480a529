"""The write seam: what a viewer may change, what is stamped and told, and what a write reads of itself."""

import asyncio
import contextlib
import uuid
from datetime import UTC, datetime
from random import Random

import pytest

from gateway.db import changed_rows
from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.data_versions import NOTHING, version
from gateway.db.failures import Refused
from gateway.db.filters import BadText, eq
from gateway.db.pages import Window
from gateway.db.values import BadColumn
from gateway.events import Event
from gateway.resolvers.errors import Forbidden, Invalid, NotFound, Rejected, public
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import Untold, writing
from tests.data import NORTH, SOUTH, context_of, events_of, fill, told

pytestmark = pytest.mark.anyio

TOLD = told(*db.metadata.tables)
REQUEST = {"kind": "access", "status": "pending", "requested_at": datetime(2018, 1, 1, tzinfo=UTC)}
STATUSES = ("pending", "approved", "denied", "canceled")
ACCOUNT = {
    "kind": "connector",
    "status": "healthy",
    "service": "hubspot",
    "is_internal": False,
    "is_syncing": False,
}


@pytest.fixture
async def store(database):
    await fill(database, NORTH)
    await fill(database, SOUTH)
    return database


async def stored(database, table, row_id, organization_id="north"):
    """The row as it is stored; None where there is none."""
    async with writing(database, organization_id, None) as write:
        found = await write.rows(table, [row_id])
    return found[0] if found else None


async def change(context, table, row_id, changes, scope=Scope.WRITE):
    """One update in a write of its own; what `update` says of it."""
    async with context.write(scope) as write:
        different = await write.update(table, row_id, changes)
        if different:
            write.happened(TOLD)
    return different


async def make(context, table, row):
    """One row in a write of its own."""
    async with context.write(Scope.WRITE) as write:
        await write.insert(table, [row])
        write.happened(TOLD)


# Who may


async def test_a_write_asks_for_its_scope(store):
    for scopes, scope in ((("read", "approve"), Scope.WRITE), (("read", "write"), Scope.APPROVE)):
        with pytest.raises(Forbidden, match=f"This needs a token with the scope `{scope}`"):
            await change(context_of(store, "north", *scopes), db.people, "ada", {"phone": "1"}, scope)
    assert await change(
        context_of(store, "north", "read", "approve"), db.people, "ada", {"phone": "1"}, Scope.APPROVE
    )


async def test_what_the_viewer_does_not_see_is_not_there_to_be_changed(store):
    context = context_of(store, "north")
    before = [await stored(store, db.connection_requests, each, "south") for each in ("r1", "s1")]
    for absent in ("s1", "nobody", "a\0b", "a\ud800b"):
        with pytest.raises(NotFound, match=r"^There is no such connection request\.$"):
            await change(context, db.connection_requests, absent, {"org_name": "X"})
        for ids in ([absent], ["r1", absent]):
            with pytest.raises(NotFound):
                async with context.write(Scope.WRITE) as write:
                    await write.update_many(db.connection_requests, ids, {"org_name": "X"})
            with pytest.raises(NotFound):
                async with context.write(Scope.WRITE) as write:
                    await write.delete(db.connection_requests, ids)
    with pytest.raises(NotFound, match="There is no such organization"):
        await change(context, db.organizations, "south", {"name": "X"})
    assert await change(context, db.organizations, "north", {"name": "Farther North"})
    assert before == [await stored(store, db.connection_requests, each, "south") for each in ("r1", "s1")]
    assert (await stored(store, db.connection_requests, "r1")).org_name == "Baz Boutique"


async def test_a_row_refers_to_what_is_there(store):
    context = context_of(store, "north")
    for changes in ({"requester_id": "sam"}, {"requester_id": "nobody"}):
        with pytest.raises(NotFound, match="What this refers to does not exist"):
            await change(context, db.connection_requests, "r1", changes)
        with pytest.raises(NotFound, match="What this refers to does not exist"):
            async with context.write(Scope.WRITE) as write:
                await write.insert(db.connection_requests, [{**REQUEST, **changes}])
    assert await change(context, db.connection_requests, "r1", {"requester_id": "bob"})


async def test_a_customers_token_changes_its_own_accounts_and_nothing_else(store):
    context = context_of(store, "north", "read", "write", customer_id="cus1")
    assert await change(context, db.connected_accounts, "acc1", {"name": "Mine"})
    for table, row_id in (
        (db.connected_accounts, "acc2"),
        (db.connection_requests, "r1"),
        (db.people, "ada"),
    ):
        with pytest.raises(NotFound):
            await change(context, table, row_id, {"updated_at": REQUEST["requested_at"]})
        with pytest.raises(NotFound):
            async with context.write(Scope.WRITE) as write:
                await write.delete(table, [row_id])
    with pytest.raises(Forbidden, match="may not give its customer's connected accounts away"):
        await change(context, db.connected_accounts, "acc1", {"customer_id": "cus2"})
    with pytest.raises(NotFound, match="There is no such connection request"):
        await change(context, db.connected_accounts, "acc1", {"connection_request_id": "r2"})
    for table, row in (
        (db.connection_requests, REQUEST),
        (db.people, {}),
        (db.connected_accounts, {**ACCOUNT, "customer_id": "cus2"}),
        (db.connected_accounts, {**ACCOUNT, "customer_id": None}),
    ):
        with pytest.raises(Forbidden, match="may make connected accounts of its customer and nothing else"):
            async with context.write(Scope.WRITE) as write:
                await write.insert(table, [row])
    with pytest.raises(NotFound):
        async with context.write(Scope.WRITE) as write:
            await write.insert(db.connected_accounts, [{**ACCOUNT, "connection_request_id": "r1"}])
    async with context.write(Scope.WRITE) as write:
        [made] = await write.insert(db.connected_accounts, [ACCOUNT])
        assert await write.context.count(db.connected_accounts) == 2
        await write.delete(db.connected_accounts, ["acc1"])
        assert await write.context.count(db.connected_accounts) == 1
        write.happened(TOLD)
    assert (await stored(store, db.connected_accounts, made)).customer_id == "cus1"
    assert (await stored(store, db.connected_accounts, "acc2")).name == "Shop"


async def test_what_no_column_holds_is_refused_in_public(store):
    context = context_of(store, "north")
    table = db.connection_requests
    for changes, message in (
        ({"org_name": "a\0b"}, "org_name: Text must contain neither NUL characters nor lone surrogates."),
        ({"org_name": "a\ud800b"}, "org_name: Text must contain neither NUL characters nor lone surrogates."),
        ({"duration_minutes": 2**63}, "duration_minutes: Integers have at most 64 bits."),
    ):
        for write, given in ((change, ("r1", changes)), (make, ({**REQUEST, **changes},))):
            with pytest.raises(BadText) as raised:
                await write(context, table, *given)
            told = public(raised.value)
            assert (type(told), str(told), raised.value.column) == (Invalid, message, next(iter(changes)))
    for reference in ("a\0b", "a\ud800b"):
        changes = {"requester_id": reference}
        for write, given in ((change, ("r1", changes)), (make, ({**REQUEST, **changes},))):
            with pytest.raises(NotFound, match="What this refers to does not exist"):
                await write(context, table, *given)


async def test_a_null_where_none_may_be_names_its_column(store):
    context = context_of(store, "north")
    nothing = {"status": None}
    for write, given in ((change, ("r1", nothing)), (make, ({**REQUEST, **nothing},))):
        with pytest.raises(Refused) as raised:
            await write(context, db.connection_requests, *given)
        told = public(raised.value)
        assert (type(told), str(told)) == (Invalid, "status must not be null.")


async def test_a_column_that_is_none_is_a_mistake(store):
    context = context_of(store, "north")
    for changes, message in (
        ({"colour": "red"}, r"^connection_requests has no column colour\.$"),
        ({"org_name": "X", "colour": None}, r"^connection_requests has no column colour\.$"),
        ({"organization_id": "south"}, r"^connection_requests\.organization_id is"),
    ):
        with pytest.raises(BadColumn, match=message):
            await make(context, db.connection_requests, {**REQUEST, **changes})
        with pytest.raises(BadColumn):
            async with writing(store, "north", None) as write:
                await write.insert(db.connection_requests, [{**REQUEST, **changes}])
    for changes, message in (
        ({"colour": "red"}, r"^connection_requests has no column colour\.$"),
        ({"organization_id": "south"}, r"^connection_requests\.organization_id identifies a row"),
        ({"id": "r1"}, r"^connection_requests\.id identifies a row"),
    ):
        with pytest.raises(BadColumn, match=message):
            await change(context, db.connection_requests, "r1", changes)
        for update in ("update_many", "update_each"):
            given = (["r1"], changes) if update == "update_many" else ({"r1": changes},)
            with pytest.raises(BadColumn, match=message):
                async with writing(store, "north", None) as write:
                    await getattr(write, update)(db.connection_requests, *given)


# Stamps


async def test_rows_get_ids_and_times(store):
    context = context_of(store, "north")
    begun = datetime.now(UTC)
    async with context.write(Scope.WRITE) as write:
        ids = await write.insert(db.connection_requests, [REQUEST, {**REQUEST, "id": "given"}, REQUEST])
        [child] = await write.insert(db.comments, [{"connection_request_id": ids[0], "body": "x"}])
        write.happened(TOLD)
    assert ids[1] == "given"
    for made in (ids[0], ids[2], child):
        assert uuid.UUID(made).version == 7
    assert ids[0] < ids[2]
    row, comment = (
        await stored(store, db.connection_requests, ids[0]),
        await stored(store, db.comments, child),
    )
    assert begun <= row.created_at == row.updated_at == comment.created_at <= datetime.now(UTC)

    assert await change(context, db.connection_requests, ids[0], {"org_name": "Later"})
    later = await stored(store, db.connection_requests, ids[0])
    assert (later.created_at, later.org_name) == (row.created_at, "Later")
    assert row.updated_at < later.updated_at <= datetime.now(UTC)


async def test_a_change_that_changes_nothing_is_none(store):
    context = context_of(store, "north")
    before, known = await stored(store, db.people, "ada"), await version(store, "north")
    same = {"first_name": "Ada", "email": "ada@north.example"}
    async with context.write(Scope.WRITE) as write:
        assert not await write.update(db.people, "ada", same)
        assert await write.update_many(db.people, ["ada", "bob"], {"first_name": "Ada"}) == 1
        write.happened(TOLD)
    assert await stored(store, db.people, "ada") == before
    assert (await stored(store, db.people, "bob")).first_name == "Ada"
    assert not await change(context, db.people, "ada", same)
    assert (await version(store, "north")).event_id == known.event_id + 1


# Events


async def test_no_change_is_committed_that_no_event_tells_of(store):
    context = context_of(store, "north")
    before = await events_of(store, "north")

    async def insert(write):
        await write.insert(db.people, [{"id": "new"}])

    async def update(write):
        await write.update(db.people, "ada", {"first_name": "X"})

    async def update_each(write):
        await write.update_each(db.people, {"ada": {"first_name": "X"}})

    async def delete(write):
        await write.delete(db.files, ["f4"])

    for untold in (insert, update, update_each, delete):
        with pytest.raises(Untold, match=r"^No event tells of the changes of (people (.*)|files f4)\.$"):
            async with context.write(Scope.WRITE) as write:
                await untold(write)
        with pytest.raises(Untold):
            async with writing(store, "north", None) as write:
                await untold(write)
    assert await stored(store, db.people, "new") is None
    assert (await stored(store, db.people, "ada")).first_name == "Ada"
    assert await stored(store, db.files, "f4") is not None
    assert await events_of(store, "north") == before
    assert await context.count(db.people) == len(NORTH["people"])


REQUEST_UPDATED = Event("connection_request.updated", "connection_requests", "r1")


async def test_the_event_of_a_request_tells_of_its_parts(store):
    async with context_of(store, "north").write(Scope.WRITE) as write:
        await write.update(db.connection_requests, "r1", {"org_name": "X"})
        await write.insert(db.comments, [{"connection_request_id": "r1", "body": "x"}])
        await write.update(db.integrations, "i1", {"rules": None})
        await write.delete(db.comments, ["c2"])
        write.happened(REQUEST_UPDATED)
    for update in ("update_many", "update_each"):
        async with writing(store, "north", None) as write:
            given = (["i2"], {"rules": update}) if update == "update_many" else ({"i2": {"rules": update}},)
            await getattr(write, update)(db.integrations, *given)
            write.happened(Event("integration.updated", "integrations", "i2"))


@pytest.mark.parametrize(
    ("event", "untold"),
    [
        (REQUEST_UPDATED, "people ada"),
        (Event("person.updated", "people", "ada"), "connection_requests r1, comments .*"),
        (
            Event("connection_request.updated", "connection_requests", "r2"),
            "connection_requests r1, comments .*, people ada",
        ),
        (Event("people.changed", "people"), "connection_requests r1, comments .*"),
        (Event("file.created", "files"), "connection_requests r1, comments .*, people ada"),
    ],
)
async def test_an_event_tells_of_nothing_but_its_subject(store, event, untold):
    async def change_three(write):
        await write.update(db.connection_requests, "r1", {"org_name": "Y"})
        await write.insert(db.comments, [{"connection_request_id": "r1", "body": "x"}])
        await write.update(db.people, "ada", {"first_name": "Y"})
        write.happened(event)

    with pytest.raises(Untold, match=rf"^No event tells of the changes of {untold}\.$"):
        async with context_of(store, "north").write(Scope.WRITE) as write:
            await change_three(write)
    assert (await stored(store, db.connection_requests, "r1")).org_name == "Baz Boutique"


async def test_an_event_of_many_rows_tells_of_its_tables(store, monkeypatch):
    monkeypatch.setattr(changed_rows, "NAMED", 100)
    people = [{"first_name": str(number)} for number in range(101)]

    async def make_people(write, tell_of):
        for event in tell_of(await write.insert(db.people, people)):
            write.happened(event)

    with pytest.raises(Untold, match=r"of people \(more than 100\)\.$"):
        async with writing(store, "north", None) as write:
            await make_people(write, lambda ids: [Event("person.created", "people", id) for id in ids])
    for event in (
        Event("people.imported", "people"),
        Event("connection_requests.imported", "connection_requests", data={"rows": {"people": {}}}),
    ):
        async with writing(store, "north", None) as write:
            await make_people(write, lambda _, event=event: [event])


async def test_a_token_s_use_moves_no_version_and_all_else_does(store):
    async with writing(store, "north", None) as write:
        token = {"name": "t", "token_hash": "0" * 64, "scopes": "read"}
        [token_id] = await write.insert(db.api_tokens, [token])
        write.happened(TOLD)
    known = await version(store, "north")
    made = await stored(store, db.api_tokens, token_id)
    async with writing(store, "north", None) as write:
        assert await write.update(db.api_tokens, token_id, {"last_used_at": write.at})
    used = await stored(store, db.api_tokens, token_id)
    assert made.last_used_at is None
    assert used == made._replace(last_used_at=used.last_used_at)
    assert await version(store, "north") == known
    with pytest.raises(Untold):
        async with writing(store, "north", None) as write:
            await write.update(db.api_tokens, token_id, {"last_used_at": write.at, "scopes": "admin"})
    assert await stored(store, db.api_tokens, token_id) == used


async def test_an_event_says_who_did_what(store):
    context = context_of(store, "north", token_id="t1")
    async with context.write(Scope.WRITE) as write:
        await write.update(db.people, "ada", {"first_name": "X"})
        write.happened(Event("person.updated", "people", "ada", {"columns": ["first_name"]}))
        write.happened(Event("test.more", "tests"))
    [_, first, second] = await events_of(store, "north")
    assert (first.id, first.type, first.subject_type, first.subject_id, first.token_id, first.data) == (
        2, "person.updated", "people", "ada", "t1", '{"columns":["first_name"]}',
    )  # fmt: skip
    assert (second.id, second.type, second.subject_id, second.data) == (3, "test.more", None, "{}")
    assert [each.id for each in await events_of(store, "south")] == [1]
    known = [await version(store, each) for each in ("north", "south")]
    assert [each.event_id for each in known] == [3, 1]
    assert [each.mark for each in known] == [second.mark, (await events_of(store, "south"))[0].mark]
    assert await version(store, "nowhere") == NOTHING


async def test_a_write_inside_of_a_write_is_a_mistake(store):
    async with context_of(store, "north").write(Scope.WRITE) as write:
        with pytest.raises(RuntimeError, match="A write is under way already"):
            async with write.context.write(Scope.WRITE):
                pass


# Masks


SECRET = "ftp://foo:bar@baz.blerg/items"
SHOWN = "ftp://***@baz.blerg/items"


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        (SHOWN, SECRET),
        (SECRET, SECRET),
        ("ftp://new:word@baz.blerg/items", "ftp://new:word@baz.blerg/items"),
        ("ask *** for it", "ask *** for it"),
        ("ftp://new:word@baz.blerg *** and so on", "ftp://new:word@baz.blerg *** and so on"),
        ("ftp://new:pa***word@baz.blerg", "ftp://new:pa***word@baz.blerg"),
        ("*" * 12, "*" * 12),
        ("", ""),
        (None, None),
    ],
)
async def test_a_text_given_back_as_shown_stays_as_it_is(store, given, becomes):
    context = context_of(store, "north", "read", "write")
    column = "feed_source_file_locations"
    assert await change(context, db.integrations, "i1", {column: given, "rules": "new"})
    row = await stored(store, db.integrations, "i1")
    assert (row.feed_source_file_locations, row.rules) == (becomes, "new")


@pytest.mark.parametrize("scopes", [("read", "write"), ("read", "write", "secrets")])
@pytest.mark.parametrize(
    "given",
    [
        "ftp://***@baz.blerg/orders",
        "ftp://***@elsewhere.example",
        "now at ftp://***@baz.blerg/items",
        "***@baz.blerg",
        "https://baz.blerg/items?token=***",
        "https://x?u=ftp%3A%2F%2F***%40h",
        "https://maps.example?key=***",
    ],
)
async def test_a_changed_text_with_the_mask_of_a_stored_secret_is_refused(store, scopes, given):
    context = context_of(store, "north", *scopes)
    with pytest.raises(Rejected, match="The new text holds `\\*\\*\\*`"):
        await change(context, db.integrations, "i1", {"rules": "new", "feed_source_file_locations": given})
    row = await stored(store, db.integrations, "i1")
    assert (row.feed_source_file_locations, row.rules) == (SECRET, "ask https://a:b@rules.example")


async def test_where_no_secret_is_stored_a_mask_is_text(store):
    context = context_of(store, "north", "read", "write")
    assert await change(context, db.integrations, "i2", {"feed_source_file_locations": SHOWN})
    assert await change(context, db.integrations, "i2", {"feed_source_file_locations": f"{SHOWN}/2"})
    assert (await stored(store, db.integrations, "i2")).feed_source_file_locations == f"{SHOWN}/2"
    async with context.write(Scope.WRITE) as write:
        [made] = await write.insert(db.comments, [{"connection_request_id": "r1", "body": SHOWN}])
        write.happened(TOLD)
    assert (await stored(store, db.comments, made)).body == SHOWN


async def test_with_the_scope_secrets_the_mask_is_not_what_is_shown(store):
    with pytest.raises(Rejected):
        await change(context_of(store, "north"), db.integrations, "i1", {"feed_source_file_locations": SHOWN})


async def test_settings_that_are_not_shown_are_not_lost_by_giving_back_nothing(store):
    from gateway.db.vault import Vault, new_key

    store.vault = Vault([new_key()])
    everything, plain = context_of(store, "north"), context_of(store, "north", "read", "write")
    assert await change(plain, db.connected_accounts, "acc1", {"settings": '{"key": "***"}'})
    assert not await change(plain, db.connected_accounts, "acc1", {"settings": None})
    assert (await stored(store, db.connected_accounts, "acc1")).settings == '{"key": "***"}'
    assert not await change(everything, db.connected_accounts, "acc1", {"settings": '{"key": "***"}'})
    assert await change(everything, db.connected_accounts, "acc1", {"settings": None})
    assert (await stored(store, db.connected_accounts, "acc1")).settings is None


# Side by side


async def test_writers_of_one_organization_wait_for_each_other_and_lose_nothing(store):
    """Each looks at a row, adds to it and changes it; some give up. Nobody deadlocks, and the log has no hole."""
    known, kept = await version(store, "north"), []

    async def decide(number):
        random = Random(number)
        for step in range(5):
            context, request_id = context_of(store, "north"), random.choice(["r1", "r2", "r3", "r4"])
            with contextlib.suppress(Invalid):
                async with context.write(Scope.APPROVE) as write:
                    comment = {"connection_request_id": request_id, "body": f"{number}-{step}"}
                    if random.random() < 0.5:
                        await write.insert(db.comments, [comment])
                    [row] = await write.present(db.connection_requests, [request_id])
                    status = "denied" if row.status == "approved" else "approved"
                    assert await write.update(db.connection_requests, request_id, {"status": status})
                    await write.insert(db.comments, [comment])
                    if random.random() < 0.2:
                        raise Invalid("On second thoughts.")
                    write.happened(Event("connection_request.decided", "connection_requests", request_id))
                kept.append(f"{number}-{step}")

    await asyncio.gather(*[decide(number) for number in range(6)])
    context = context_of(store, "north")
    ids = [event.id for event in await events_of(store, "north", known.event_id)]
    assert ids == list(range(known.event_id + 1, known.event_id + 1 + len(kept)))
    assert (await version(store, "north")).event_id == ids[-1]
    assert 10 < len(kept) < 30
    rows = await context.rows(db.connection_requests, ["r1", "r2", "r3", "r4", "r5"], columns=("status",))
    said = {each: await context.count(db.connection_requests, eq("status", each)) for each in STATUSES}
    assert said == {each: sum(row.status == each for row in rows.values()) for each in STATUSES}
    order = Order.of(db.comments, (("created_at", False),))
    page = await context.page(db.comments, order, Window(200), columns=("body",))
    assert {row.body for row in page.rows if "-" in row.body} == set(kept)
