"""People, tokens and the organization: who may change them, what is shown once, and what stays."""

import pytest
from sqlalchemy import select

from gateway.db import tables as db
from tests.data import events_of
from tests.graph import gid, open_graph, open_http

pytestmark = pytest.mark.anyio

CREATE_PERSON = """mutation ($input: CreatePersonInput!) { createPerson(input: $input) {
    person { fullName email version } personEdge { node { fullName } } errors { code path } } }"""
UPDATE_PERSON = """mutation ($input: UpdatePersonInput!) { updatePerson(input: $input) {
    person { firstName lastName email version } errors { code path } } }"""
DELETE_PERSON = """mutation ($input: DeletePersonInput!) { deletePerson(input: $input) {
    deletedId deletedWithIt { typeName count } person { firstName } errors { code message path } } }"""
CREATE_TOKEN = """mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) {
    token apiToken { id name scopes customerId expiresAt revokedAt person { firstName } }
    errors { code message path } } }"""
REVOKE = """mutation ($input: RevokeApiTokenInput!) { revokeApiToken(input: $input) {
    apiToken { name revokedAt version } errors { code path } } }"""
ORGANIZE = """mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) {
    organization { name timezone forbidsOwnApproval version } errors { code message path } } }"""
TOKENS = """query ($id: ID!) { node(id: $id) { __typename ... on ApiToken {
    id uuid name scopes customerId createdAt expiresAt revokedAt version person { firstName } } } }"""


async def types_of(database, after):
    return [event.type for event in (await events_of(database, "north"))[after:]]


async def test_a_person_comes_is_corrected_and_goes(ada, two):
    before = len(await events_of(two, "north"))
    given = {"firstName": "Eve", "lastName": "Moore", "email": "eve@north.example"}
    assert (await ada.ask(CREATE_PERSON, input=given))["createPerson"] == {
        "person": {"fullName": "Eve Moore", "email": "eve@north.example", "version": 1},
        "personEdge": {"node": {"fullName": "Eve Moore"}},
        "errors": [],
    }
    wrong = (await ada.ask(CREATE_PERSON, input={"email": "eve", "phone": "\ud7ff" * 501}))["createPerson"]
    assert [(each["code"], each["path"]) for each in wrong["errors"]] == [
        ("BAD_USER_INPUT", ["email"]),
        ("BAD_USER_INPUT", ["phone"]),
    ]
    dan = gid("Person", "dan")
    change = {"id": dan, "lastName": "Brown", "firstName": None, "expectedVersion": 1}
    assert (await ada.ask(UPDATE_PERSON, input=change))["updatePerson"] == {
        "person": {"firstName": None, "lastName": "Brown", "email": None, "version": 2},
        "errors": [],
    }
    await ada.ask(CREATE_TOKEN, input={"name": "dan's", "scopes": ["READ"], "personId": dan})
    assert (await ada.ask(DELETE_PERSON, input={"id": dan}))["deletePerson"] == {
        "deletedId": dan,
        "deletedWithIt": [{"typeName": "ApiToken", "count": 1}],
        "person": None,
        "errors": [],
    }
    assert await types_of(two, before) == [
        *("person.created", "person.updated", "token.created", "token.deleted", "person.deleted")
    ]


async def test_a_person_whom_something_names_stays(ada, two):
    before = len(await events_of(two, "north"))
    for who in ("ada", "bob", "cat"):
        refused = (await ada.ask(DELETE_PERSON, input={"id": gid("Person", who)}))["deletePerson"]
        assert refused["deletedId"] is None
        assert refused["errors"] == [
            {
                "code": "CONFLICT",
                "message": "Requests, decisions or comments name this person, so the person cannot be deleted.",
                "path": [],
            }
        ]
    assert await types_of(two, before) == []
    assert (await ada.ask("{ viewer { person { firstName } } }"))["viewer"]["person"] == {"firstName": "Ada"}


async def test_a_token_is_shown_once_works_and_is_revoked(ada, two):
    given = {"name": "robot", "scopes": ["WRITE", "READ", "READ"], "personId": gid("Person", "bob")}
    made = (await ada.ask(CREATE_TOKEN, input=given))["createApiToken"]
    token, token_id = made["token"], made["apiToken"].pop("id")
    assert token.startswith("gw_")
    assert made == {
        "token": token,
        "apiToken": {
            "name": "robot",
            "scopes": ["READ", "WRITE"],
            "customerId": None,
            "expiresAt": None,
            "revokedAt": None,
            "person": {"firstName": "Bob"},
        },
        "errors": [],
    }
    rows = await two.fetch(two.prepare(("tokens",), all_tokens), {})
    assert token not in "".join(map(repr, rows))
    async with open_http(ada.http._transport.app, token) as http:
        asked = {"query": "{ viewer { name scopes person { firstName } } }"}
        assert (await http.post("/graphql", json=asked)).json()["data"]["viewer"] == {
            "name": "robot",
            "scopes": ["read", "write"],
            "person": {"firstName": "Bob"},
        }
        revoked = (await ada.ask(REVOKE, input={"id": token_id}))["revokeApiToken"]
        assert revoked["apiToken"]["revokedAt"] is not None
        assert (await ada.ask(REVOKE, input={"id": token_id}))["revokeApiToken"] == revoked
        assert (await http.post("/graphql", json=asked)).status_code == 401


async def test_a_token_that_is_asked_for_again_was_shown_once(ada, two):
    ada.http.headers["idempotency-key"] = '"t1"'
    given = {"name": "robot", "scopes": ["READ"]}
    made = (await ada.ask(CREATE_TOKEN, input=given))["createApiToken"]
    for _ in range(3):
        again = await ada.answer(CREATE_TOKEN, input=given)
        assert again["data"]["createApiToken"] == {**made, "token": None}
        [error] = again["errors"]
        assert (error["path"], error["extensions"]) == (["createApiToken", "token"], {"code": "SHOWN_ONCE"})
        assert error["message"].startswith("The token was shown once, by the first answer")
    kept = await two.fetch(two.prepare(("kept",), lambda: select(db.idempotency_keys)), {})
    assert len(kept) == 1
    assert made["token"] not in repr(kept)
    refused = {**given, "scopes": []}
    ada.http.headers["idempotency-key"] = '"t2"'
    for _ in range(2):
        assert (await ada.ask(CREATE_TOKEN, input=refused))["createApiToken"]["token"] is None


def all_tokens():
    from sqlalchemy import select

    from gateway.db import tables

    return select(tables.api_tokens)


async def test_a_token_grants_no_more_than_its_maker_has(two, database_url):
    async with open_graph(two, database_url, "north", ["read", "admin"]) as caller:
        given = {"name": " ", "scopes": []}
        refused = (await caller.ask(CREATE_TOKEN, input=given))["createApiToken"]
        assert [each["path"] for each in refused["errors"]] == [["name"], ["scopes"]]
        given = {"name": "robot", "scopes": ["READ", "SECRETS"], "expiresAt": "2018-01-01T00:00:00Z"}
        refused = (await caller.ask(CREATE_TOKEN, input=given))["createApiToken"]
        assert refused["token"] is None
        assert [(each["code"], each["path"]) for each in refused["errors"]] == [
            ("FORBIDDEN", ["scopes", "1"]),
            ("BAD_USER_INPUT", ["expiresAt"]),
        ]


async def test_tokens_are_shown_to_administrators_alone(two, database_url):
    t1 = gid("ApiToken", "t1")
    async with open_graph(two, database_url, "north", ["read", "secrets", "write"]) as caller:
        assert await caller.ask(TOKENS, id=t1) == {"node": None}
    async with open_graph(two, database_url, "north", ["read", "admin"]) as caller:
        assert await caller.ask(TOKENS, id=t1) == {
            "node": {
                "__typename": "ApiToken",
                "id": t1,
                "uuid": "t1",
                "name": "robot",
                "scopes": ["READ", "WRITE"],
                "customerId": None,
                "createdAt": "2018-04-09T00:00:00Z",
                "expiresAt": None,
                "revokedAt": None,
                "version": 1,
                "person": None,
            }
        }


async def test_an_organization_is_renamed_and_moved(ada, two):
    before = len(await events_of(two, "north"))
    given = {"name": "North Star", "timezone": "Europe/Berlin", "forbidsOwnApproval": True}
    assert (await ada.ask(ORGANIZE, input={**given, "expectedVersion": 1}))["updateOrganization"] == {
        "organization": {**given, "version": 2},
        "errors": [],
    }
    stale = (await ada.ask(ORGANIZE, input={"name": "x", "expectedVersion": 1}))["updateOrganization"]
    assert stale["organization"]["name"] == "North Star"
    assert [each["code"] for each in stale["errors"]] == ["CONFLICT"]
    wrong = (await ada.ask(ORGANIZE, input={"name": "\n", "timezone": "Mars/Olympus"}))["updateOrganization"]
    assert [(each["code"], each["path"]) for each in wrong["errors"]] == [
        ("BAD_USER_INPUT", ["name"]),
        ("BAD_USER_INPUT", ["timezone"]),
    ]
    assert await types_of(two, before) == ["organization.updated"]
    own = {"input": {"id": gid("ConnectionRequest", "p1")}}
    approve = """mutation ($input: ApproveConnectionRequestInput!) {
        approveConnectionRequest(input: $input) { errors { code } } }"""
    # The requester is told so at once: the test's tokens are verified anew by each call.
    assert (await ada.ask(approve, **own))["approveConnectionRequest"]["errors"] != []
