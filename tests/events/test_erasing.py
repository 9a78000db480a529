"""Erasing a person: from rows, from the log, from kept answers; nothing that names them stays."""

import orjson
import pytest
from sqlalchemy import select

from gateway import administration
from gateway.db import tables as db
from gateway.db.idempotency import KeyClaim, claim, keep
from gateway.db.vault import Vault, new_key
from gateway.events import Event
from gateway.resolvers.errors import NotFound
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import writing
from tests.data import NORTH, SOUTH, context_of, events_of, fill

pytestmark = pytest.mark.anyio

ZOE = {
    "id": "zoe",
    "first_name": "Zoë",
    "last_name": 'Quux "Q" Ünal',
    "email": "zoe@quux.example",
    "phone": "+49 30 123456",
    "job_title": "Buyer",
}
NAMES = ("zoe's", "Zoë", "Quux", "quux", "zoë", "123456")


@pytest.fixture
async def store(database):
    database.vault = Vault([new_key()])
    await fill(database, NORTH)
    await fill(database, {"people": [ZOE, {"id": "other", "first_name": "Zoé"}]}, "north")
    await fill(database, SOUTH)
    return database


async def texts_of(store, organization_id="north"):
    """All that is stored of an organization, sealed texts opened, as one text."""
    found = []
    async with writing(store, organization_id, None) as write:
        for table in db.metadata.sorted_tables:
            if "organization_id" not in table.c:
                continue
            statement = select(table).where(table.c.organization_id == organization_id)
            rows = await write.fetch(
                store.prepare(("all", table.name, organization_id), lambda s=statement: s), {}
            )
            found += [repr(tuple(row)) for row in rows]
        kept = await write.rows(db.idempotency_keys, ["k1", "k2", "k3"])
        found += [repr(tuple(row)) for row in kept]
    return "\n".join(found)


async def leave_traces(store):
    context = context_of(store, "north", person_id="zoe", token_id="t")
    async with context.write(Scope.ADMIN) as write:
        [token] = await write.insert(
            db.api_tokens, [{"name": "zoe's", "person_id": "zoe", "token_hash": "0" * 64, "scopes": "read"}]
        )
        write.happened(Event("token.created", "api_tokens", token))
        await write.update(db.people, "zoe", {"job_title": "Head"})
        write.happened(Event("person.updated", "people", "zoe"))
        [account] = await write.insert(
            db.people, [{"id": "new", "first_name": "Keep", "email": "keep@north.example"}]
        )
        write.happened(Event("person.created", "people", account))
    for name in ('Zoë Quux "Q" Ünal', None):
        async with context.write(Scope.WRITE) as write:
            await write.update(db.connection_requests, "r1", {"org_contact_full_name": name})
            write.happened(Event("connection_request.updated", "connection_requests", "r1"))
    body = orjson.dumps(
        {"approved_by": {"person": {"first_name": "Zoë", "email": "zoe@quux.example"}}, "id": "r1"}
    )
    answer = orjson.dumps([201, body.decode(), [["x", "y"]]]).decode()
    plain = '{"object_id":"r1","values":{}}'
    for id, outcome, is_secret in (("k1", answer, True), ("k2", answer, False), ("k3", plain, False)):
        async with writing(store, "north", None) as write:
            await claim(write, KeyClaim(id, "f"))
            await keep(write, KeyClaim(id, "f"), outcome, is_secret=is_secret)
    async with writing(store, "north", None) as write:
        document = orjson.dumps({"who": {"first_name": "Zoë", "since": 7}}).decode()
        await write.update(db.files, "f1", {"extra": document})
        write.happened(Event("file.updated", "files", "f1"))


async def test_somebody_whom_nothing_names_is_gone(store):
    await leave_traces(store)
    south = await texts_of(store, "south")
    before = await texts_of(store)
    assert all(name in before for name in ("Zoë", "zoe@quux.example"))
    erased = await administration.erase_person(store, "north", "zoe")
    assert (erased.is_deleted, erased.rows, erased.answers) == (True, {"api_tokens": 1, "files": 1}, 2)
    assert erased.events == 4
    after = await texts_of(store)
    assert [name for name in NAMES if name in after] == []
    assert "Zoé" in after
    assert "keep@north.example" in after
    assert await texts_of(store, "south") == south
    async with writing(store, "north", None) as write:
        [one, two, three] = sorted(
            await write.rows(db.idempotency_keys, ["k1", "k2", "k3"]), key=lambda row: row.id
        )
        [file] = await write.rows(db.files, ["f1"])
    status, body, headers = orjson.loads(one.sealed_outcome)
    assert (status, headers) == (201, [["x", "y"]])
    assert orjson.loads(body) == {"approved_by": {"person": {"first_name": "", "email": ""}}, "id": "r1"}
    assert orjson.loads(two.outcome)[1] == body
    assert three.outcome == '{"object_id":"r1","values":{}}'
    assert orjson.loads(file.extra) == {"who": {"first_name": "", "since": 7}}
    log = await events_of(store, "north")
    assert [(each.type, each.subject_id) for each in log[-3:]] == [
        ("token.deleted", log[-3].subject_id),
        ("person.erased", "zoe"),
        ("person.erased", None),
    ]
    with pytest.raises(NotFound):
        await administration.erase_person(store, "north", "zoe")


async def test_somebody_whom_requests_name_stays_without_a_name(store):
    erased = await administration.erase_person(store, "north", "ada")
    assert (erased.is_deleted, erased.answers) == (False, 0)
    async with writing(store, "north", None) as write:
        [row] = await write.rows(db.people, ["ada"])
        [request] = await write.rows(db.connection_requests, ["r1"])
    assert (row.first_name, row.last_name, row.email, row.phone, row.job_title, row.extra) == (None,) * 6
    assert request.requester_id == "ada"
    [*_, last] = await events_of(store, "north")
    assert (last.type, last.subject_id, "Ada" in last.changes) == ("person.erased", "ada", False)


async def test_who_is_not_there_is_not_erased(store):
    for organization, person in (
        ("north", "nobody"),
        ("nowhere", "zoe"),
        ("south", "zoe"),
        ("north", "a\0b"),
    ):
        with pytest.raises(NotFound):
            await administration.erase_person(store, organization, person)
