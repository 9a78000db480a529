"""The same change asked for again: made once, and answered from what it came to."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from gateway.db import idempotency
from gateway.db import tables as db
from gateway.db.database import open_database
from gateway.resolvers import once
from gateway.resolvers.viewer import Scope
from tests.data import context_of
from tests.db.relay import relay_to
from tests.graph import gid, open_graph
from tests.patience import ENOUGH
from tests.schema.mutations.conftest import ALL

pytestmark = pytest.mark.anyio

R2, R3 = gid("ConnectionRequest", "r2"), gid("ConnectionRequest", "r3")
ADD = """mutation ($input: AddCommentInput!) { addComment(input: $input) {
    comment { id body } errors { code message path } } }"""
KEYED = """mutation ($input: AddCommentInput!, $key: String!) { addComment(input: $input) @idempotent(key: $key) {
    clientMutationId comment { id } errors { code } } }"""
HELLO = {"connectionRequestId": R3, "body": "Hello"}


async def send(caller, query, key=None, **variables):
    """The status, the field `Idempotency-Replayed`, and the answer."""
    headers = {} if key is None else {"Idempotency-Key": key}
    response = await caller.http.post(
        "/graphql", json={"query": query, "variables": variables}, headers=headers
    )
    return response.status_code, response.headers.get("idempotency-replayed"), response.json()


async def count(database, table=db.comments):
    statement = database.prepare(
        ("all", table.name), lambda: select(func.count().label("n")).select_from(table)
    )
    [row] = await database.fetch(statement, {})
    return row.n


async def test_a_request_that_comes_again_changes_nothing_and_is_answered_alike(ada, two):
    before = await count(two)
    for way in range(4):  # exactly, then by generated code, and with the key in both of its forms
        key = '"one"' if way % 2 else "one"
        status, replayed, answer = await send(ada, ADD, key, input=HELLO)
        assert (status, replayed) == (200, "true" if way else None)
        if way == 0:
            first = answer
        assert answer == first
    assert first["data"]["addComment"]["comment"]["body"] == "Hello"
    assert await count(two) == before + 1
    assert once._TURNS[two] == {}  # nobody waits, so nothing is left of those who did

    other = """mutation ($input: AddCommentInput!) { addComment(input: $input) {
        clientMutationId commentEdge { node { id } } } }"""
    _, replayed, answer = await send(ada, other, "one", input={**HELLO, "clientMutationId": "again"})
    made = first["data"]["addComment"]["comment"]["id"]
    assert (replayed, answer) == (
        "true",
        {"data": {"addComment": {"clientMutationId": "again", "commentEdge": {"node": {"id": made}}}}},
    )


async def test_without_a_key_every_request_is_another_one(ada, two):
    before = await count(two)
    for _ in range(2):
        assert (await send(ada, ADD, input=HELLO))[:2] == (200, None)
    assert await count(two) == before + 2


async def test_a_key_that_came_with_something_else_is_refused(ada, two):
    before = await count(two)
    await send(ada, ADD, "one", input=HELLO)
    for other in ({**HELLO, "body": "Bye"}, {**HELLO, "connectionRequestId": R2}):
        status, replayed, answer = await send(ada, ADD, "one", input=other)
        assert (status, replayed, answer["data"]) == (422, None, {"addComment": None})
        [error] = answer["errors"]
        assert (error["path"], error["extensions"]) == (["addComment"], {"code": "IDEMPOTENCY_KEY_REUSED"})
    assert await count(two) == before + 1


async def test_each_root_field_has_a_key_of_its_own(ada, two):
    query = """mutation ($a: AddCommentInput!, $b: AddCommentInput!) {
        a: addComment(input: $a) { comment { id } } b: addComment(input: $b) { comment { id } } }"""
    before = await count(two)
    _, _, first = await send(ada, query, "one", a=HELLO, b=HELLO)
    assert first["data"]["a"] != first["data"]["b"]
    assert await send(ada, query, "one", a=HELLO, b=HELLO) == (200, "true", first)
    assert await count(two) == before + 2
    # What is new beside what was there is made, and then the request has changed something.
    query = query.replace("b: addComment", "c: addComment")
    status, replayed, second = await send(ada, query, "one", a=HELLO, b=HELLO)
    assert (status, replayed, second["data"]["a"]) == (200, None, first["data"]["a"])
    assert await count(two) == before + 3
    status, _, third = await send(ada, query, "one", a={**HELLO, "body": "Bye"}, b=HELLO)
    assert (status, third["data"]) == (200, {"a": None, "c": second["data"]["c"]})


async def test_operations_of_a_batch_are_told_apart(two, database_url):
    async with open_graph(two, database_url, "north", ALL, person_id="ada") as caller:
        batch = [{"query": ADD, "variables": {"input": HELLO}}] * 2
        before = await count(two)
        answers = [
            (await caller.http.post("/graphql", json=batch, headers={"Idempotency-Key": "one"}))
            for _ in range(2)
        ]
    first, second = answers
    assert first.json() == second.json()
    assert first.json()[0] != first.json()[1]
    assert second.headers["idempotency-replayed"] == "true"
    assert await count(two) == before + 2


async def test_a_directive_has_a_key_for_one_field(ada, two):
    before = await count(two)
    for field in (None, "other"):
        for key in ("k", "k", "other"):
            response = await ada.http.post(
                "/graphql",
                json={"query": KEYED, "variables": {"input": HELLO, "key": key}},
                headers={} if field is None else {"Idempotency-Key": field},
            )
            assert response.status_code == 200
    assert await count(two) == before + 2


async def test_a_directive_where_it_says_nothing_is_refused(ada):
    for query in (
        '{ viewer @idempotent(key: "k") { name } }',
        'mutation ($input: AddCommentInput!) { addComment(input: $input) { errors @idempotent(key: "k") { code } } }',
    ):
        _, _, answer = await send(ada, query, input=HELLO)
        assert [each["message"] for each in answer["errors"]] == [
            "The directive @idempotent may stand on the root fields of mutations alone."
        ]
    for key in ("", "k" * 256):
        response = await ada.http.post(
            "/graphql", json={"query": KEYED, "variables": {"input": HELLO, "key": key}}
        )
        assert response.json()["data"]["addComment"]["errors"] == [{"code": "BAD_USER_INPUT"}]


@pytest.mark.parametrize(
    "field",
    ["", '""', '"a', 'a"', "a b", "a,b", '"a", "b"', "a;b", "é", "k" * 256, f'"{"k" * 256}"', '"\\a"'],
)
async def test_a_field_that_holds_no_key_is_refused(ada, two, field):
    before = await count(two)
    response = await ada.http.post(
        "/graphql",
        json={"query": ADD, "variables": {"input": HELLO}},
        headers={"Idempotency-Key": field.encode()},
    )
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
    assert await count(two) == before


def test_keys_are_read_as_strings_of_structured_fields():
    for field, key in (("abc", "abc"), ('"abc"', "abc"), ('"a \\"b\\" \\\\c"', 'a "b" \\c'), ("  a  ", "a")):
        assert once.parse_key(field) == key


async def test_what_was_refused_is_refused_again_with_what_was_said_then(ada, two):
    absent = {**HELLO, "connectionRequestId": gid("ConnectionRequest", "later")}
    before = await count(two)
    first = await send(ada, ADD, "one", input=absent)
    assert first[2]["data"]["addComment"]["errors"][0]["path"] == ["connectionRequestId"]
    assert await send(ada, ADD, "one", input=absent) == (200, "true", first[2])
    assert await count(two) == before


async def test_a_dry_run_takes_no_key(ada, two):
    before = await count(two)
    for _ in range(2):
        assert (await send(ada, ADD, "one", input={**HELLO, "dryRun": True}))[:2] == (200, None)
    assert await count(two) == before
    assert (await send(ada, ADD, "one", input=HELLO))[:2] == (200, None)
    assert await count(two) == before + 1


async def test_a_key_is_one_token_s_of_one_organization(ada, two, database_url):
    await send(ada, ADD, "one", input=HELLO)
    before = await count(two)
    async with open_graph(two, database_url, "north", ALL, person_id="ada") as other:
        assert (await send(other, ADD, "one", input=HELLO))[:2] == (200, None)
    async with open_graph(two, database_url, "south", ALL) as stranger:
        given = {"connectionRequestId": gid("ConnectionRequest", "s1"), "body": "Hello"}
        assert (await send(stranger, ADD, "one", input=given))[:2] == (200, None)
    assert await count(two) == before + 2


async def test_a_token_that_lost_its_scope_is_told_nothing(ada, two):
    await send(ada, ADD, "one", input=HELLO)
    async with two.transaction() as transaction:
        statement = two.prepare(("narrow",), lambda: db.api_tokens.update().values(scopes="read"))
        await transaction.run_many(statement, [{}])
    status, replayed, answer = await send(ada, ADD, "one", input=HELLO)
    assert (status, replayed, answer["errors"][0]["extensions"]) == (200, None, {"code": "FORBIDDEN"})


async def test_twins_that_come_together_are_one_change(ada, two, monkeypatch):
    monkeypatch.setattr(once, "PATIENCE", ENOUGH)
    before = await count(two)
    answers = await asyncio.gather(*(send(ada, ADD, "one", input=HELLO) for _ in range(6)))
    assert await count(two) == before + 1
    assert {status for status, _, _ in answers} == {200}
    assert [replayed for _, replayed, _ in answers].count("true") == 5
    assert len({str(answer) for _, _, answer in answers}) == 1


async def test_a_twin_that_is_under_way_for_long_is_not_waited_for(ada, two, monkeypatch):
    monkeypatch.setattr(once, "PATIENCE", ENOUGH)
    claims = []
    claim = once.claim_of

    def noted(*arguments):
        claims.append(claim(*arguments))
        return claims[-1]

    monkeypatch.setattr("gateway.resolvers.rules.claim_of", noted)
    await send(ada, ADD, "one", input=HELLO)
    async with once.turn(two, claims[0].id):
        with monkeypatch.context() as hurried:
            hurried.setattr(once, "PATIENCE", 0.2)
            status, _, answer = await send(ada, ADD, "one", input=HELLO)
    assert (status, answer["errors"][0]["extensions"]) == (409, {"code": "IDEMPOTENCY_KEY_IN_USE"})
    assert (await send(ada, ADD, "one", input=HELLO))[:2] == (200, "true")


async def test_a_twin_of_another_process_is_met_in_the_store(two, monkeypatch):
    if two.dialect_name == "sqlite":
        pytest.skip("SQLite has one writer: a twin waits before it begins")
    monkeypatch.setattr(once, "PATIENCE", ENOUGH)
    context = context_of(two, "north")
    wanted = idempotency.KeyClaim("k" * 64, "f" * 64)
    async with context.write(Scope.WRITE) as write:
        assert await once.earlier(write, wanted) is None
        with pytest.raises(once.KeyInUse):
            async with context_of(two, "north").write(Scope.WRITE) as other:
                await once.earlier(other, wanted, 0.2)
        await idempotency.keep(write, wanted, "{}")
    async with context_of(two, "north").write(Scope.WRITE) as other:
        assert await once.earlier(other, wanted) == "{}"


async def test_a_key_that_another_process_has_is_waited_for_by_every_mutation(ada, two, monkeypatch):
    if two.dialect_name == "sqlite":
        pytest.skip("SQLite has one writer: a twin waits before it begins")
    monkeypatch.setattr(once, "PATIENCE", ENOUGH)
    monkeypatch.setattr(once, "LAST", 0.1)
    claims = []
    claim = once.claim_of

    def noted(*arguments):
        claims.append(claim(*arguments))
        return claims[-1]

    monkeypatch.setattr("gateway.resolvers.rules.claim_of", noted)
    create = """mutation ($input: CreateConnectionRequestInput!) {
        createConnectionRequest(input: $input) { connectionRequest { orgName } errors { code } } }"""
    for query, given in ((ADD, HELLO), (create, {"orgName": "Acme"})):
        await send(ada, query, "one", input=given)
        await forget_keys(two)
        before = await count(two), await count(two, db.connection_requests), await count(two, db.events)
        async with context_of(two, "north").write(Scope.WRITE) as other:
            assert await once.earlier(other, claims[-1]) is None
            with monkeypatch.context() as hurried:
                hurried.setattr(once, "PATIENCE", 0.3)
                status, _, answer = await send(ada, query, "one", input=given)
            assert (status, answer["errors"][0]["extensions"]) == (409, {"code": "IDEMPOTENCY_KEY_IN_USE"})
            await idempotency.keep(other, claims[-1], '{"problems": [], "results": []}')
        status, replayed, answer = await send(ada, query, "one", input=given)
        [shown] = answer["data"].values()
        assert (status, replayed, shown["errors"]) == (200, "true", [])
        after = await count(two), await count(two, db.connection_requests), await count(two, db.events)
        assert after == before


async def test_a_change_whose_commit_is_answered_late_is_no_repetition(two, database_url, monkeypatch):
    if two.dialect_name == "sqlite":
        pytest.skip("SQLite commits in this process")
    create = """mutation ($input: CreateConnectionRequestInput!) {
        createConnectionRequest(input: $input) { connectionRequest { orgName } errors { code } } }"""
    async with relay_to(database_url) as (relay, behind), served_behind(behind) as caller:
        await send(caller, create, "one", input={"orgName": "Acme"})  # all is prepared from now on
        monkeypatch.setattr(once, "PATIENCE", 0.5)
        before = await count(two, db.connection_requests)
        relay.hold_answers(b"\0BEGIN\0")  # with which all goes, COMMIT too
        status, replayed, answer = await send(caller, create, "two", input={"orgName": "Acme"})
    shown = {"connectionRequest": {"orgName": "Acme"}, "errors": []}
    assert (status, replayed, answer) == (200, None, {"data": {"createConnectionRequest": shown}})
    assert await count(two, db.connection_requests) == before + 1


@asynccontextmanager
async def served_behind(url):
    database = open_database(url)
    await database.start()
    try:
        async with open_graph(database, url, "north", ALL, person_id="ada") as caller:
            yield caller
    finally:
        await database.stop()


async def forget_keys(database):
    async with database.transaction() as transaction:
        await transaction.run_many(database.prepare(("forget",), lambda: db.idempotency_keys.delete()), [{}])


async def test_a_key_whose_time_is_over_is_a_new_one_before_it_is_swept(ada, two):
    await send(ada, ADD, "one", input=HELLO)
    before = await count(two)
    over = datetime.now(UTC) - timedelta(seconds=1)
    async with two.transaction() as transaction:
        statement = two.prepare(("age",), lambda: db.idempotency_keys.update().values(expires_at=over))
        await transaction.run_many(statement, [{"expires_at": over}])
    assert (await send(ada, ADD, "one", input=HELLO))[:2] == (200, None)
    assert await count(two) == before + 1
    assert (await send(ada, ADD, "one", input=HELLO))[:2] == (200, "true")


async def test_keys_are_kept_for_a_day_and_swept(ada, two):
    await send(ada, ADD, "one", input=HELLO)
    before = await count(two)
    soon = datetime.now(UTC) + timedelta(hours=23, minutes=59)
    assert await idempotency.sweep(two, soon) == 0
    assert await idempotency.sweep(two, soon + timedelta(minutes=2)) == 1
    assert await count(two, db.idempotency_keys) == 0
    assert (await send(ada, ADD, "one", input=HELLO))[:2] == (200, None)
    assert await count(two) == before + 1


async def test_a_key_that_is_kept_no_longer_is_as_good_as_new_before_it_is_swept(ada, two):
    await send(ada, ADD, "one", input=HELLO)
    async with two.transaction() as transaction:
        expired = two.prepare(
            ("expired",),
            lambda: update(db.idempotency_keys).values(expires_at=datetime(2020, 1, 1, tzinfo=UTC)),
        )
        await transaction.run_many(expired, [{}])
    before = await count(two)
    other = {**HELLO, "body": "Something else"}
    assert (await send(ada, ADD, "one", input=other))[:2] == (200, None)
    assert (await send(ada, ADD, "one", input=other))[:2] == (200, "true")
    assert await count(two) == before + 1


async def test_what_a_key_costs(ada):
    query = "mutation ($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }"
    plain = await ada.statements(query, input=HELLO)
    ada.http.headers["idempotency-key"] = "one"
    # PostgreSQL keeps it by the statement that tells.
    more = 1 if ada.database.dialect_name == "postgresql" else 2
    assert len(await ada.statements(query, input=HELLO)) == len(plain) + more
    # On PostgreSQL the change begins with the key, as if it were new, and only then looks what is kept for it.
    repeated = 3 if ada.database.dialect_name == "postgresql" else 1
    assert len(await ada.statements(query, input=HELLO)) == repeated


async def test_a_key_that_is_new_costs_no_message(ada):
    if ada.database.dialect_name == "sqlite":
        pytest.skip("SQLite is sent no messages")
    query = """mutation ($input: CreateConnectionRequestInput!) {
        createConnectionRequest(input: $input) { errors { code } } }"""
    plain = await ada.statements(query, input={"orgName": "Acme"})
    ada.http.headers["idempotency-key"] = "one"
    keyed = await ada.statements(query, input={"orgName": "Acme"})
    assert len(keyed) == len(plain) == 2
    assert "idempotency_keys" in keyed[0]
