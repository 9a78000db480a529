"""What holds of every mutation: who may call it, what it refuses, and what a dry run leaves."""

import re

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, get_named_type, is_list_type

from gateway.schema.mutations.root import MUTATIONS
from tests.data import events_of
from tests.graph import open_graph
from tests.schema.mutations.conftest import ALL
from tests.schema.mutations.examples import EXAMPLES, MUTATION, OWN, SCHEMA, document

pytestmark = pytest.mark.anyio

SCOPES = {
    "createConnectionRequest": "write",
    "updateConnectionRequest": "write",
    "approveConnectionRequest": "approve",
    "denyConnectionRequest": "approve",
    "cancelConnectionRequest": "write",
    "deleteConnectionRequest": "write",
    "createConnectionRequests": "write",
    "decideConnectionRequests": "approve",
    "createIntegration": "write",
    "updateIntegration": "write",
    "deleteIntegration": "write",
    "attachFile": "write",
    "detachFile": "write",
    "createFileUpload": "write",
    "completeFileUpload": "write",
    "uploadFile": "write",
    "uploadFiles": "write",
    "deleteFile": "write",
    "updateComment": "write",
    "deleteComment": "write",
    "addComment": "write",
    "createConnectedAccount": "write",
    "updateConnectedAccount": "write",
    "disableConnectedAccount": "write",
    "deleteConnectedAccount": "write",
    "createPerson": "admin",
    "updatePerson": "admin",
    "deletePerson": "admin",
    "createApiToken": "admin",
    "revokeApiToken": "admin",
    "updateOrganization": "admin",
    **dict.fromkeys(("createWebhookEndpoint", "updateWebhookEndpoint", "deleteWebhookEndpoint"), "admin"),
    **dict.fromkeys(("rotateWebhookSecret", "sendTestEvent", "redeliverWebhookEvents"), "admin"),
}


def field_of(rule_name):
    return re.sub(r"_(.)", lambda found: found[1].upper(), rule_name)


def test_every_mutation_has_an_example_and_a_scope_that_is_known_here():
    assert set(EXAMPLES) == set(SCOPES) == set(MUTATION.fields)
    assert {field_of(name): str(each.rule.scope) for name, each in MUTATIONS.items()} == SCOPES


@pytest.mark.parametrize("name", MUTATION.fields)
def test_a_mutation_has_the_form_that_relay_knows(name):
    field = MUTATION.fields[name]
    kind = name[0].upper() + name[1:]
    assert {key: str(each.type) for key, each in field.args.items()} == {"input": f"{kind}Input!"}
    assert str(field.type) == f"{kind}Payload"  # null where it fails, or it would hide what its siblings did
    assert field.description.endswith(f". Requires the scope `{SCOPES[name]}`.")
    payload = get_named_type(field.type).fields
    assert str(payload["clientMutationId"].type) == "String"
    assert str(payload["errors"].type) == "[UserError!]!"
    shown = [each for key, each in payload.items() if key not in ("clientMutationId", "errors")]
    assert shown
    assert not any(isinstance(each.type, GraphQLNonNull) for each in shown)
    given = SCHEMA.type_map[f"{kind}Input"]
    assert str(given.fields["clientMutationId"].type) == "String"
    assert str(given.fields["dryRun"].type) == "Boolean"
    assert given.fields["dryRun"].default_value is False


def test_an_id_is_a_global_one_whatever_input_it_stands_in():
    for name, each in SCHEMA.type_map.items():
        if isinstance(each, GraphQLInputObjectType) and name.endswith("Input"):
            for key, member in each.fields.items():
                if re.fullmatch(r"id|.*Ids?", key) and key != "clientMutationId":
                    plain = member.type.of_type if isinstance(member.type, GraphQLNonNull) else member.type
                    assert is_list_type(plain) or get_named_type(plain).name in ("ID", "String"), key


@pytest.fixture
def calls():
    return {name: (document(name), {"input": given}) for name, given in EXAMPLES.items()}


async def test_nobody_without_a_token_changes_anything(ada, calls):
    del ada.http.headers["authorization"]
    for query, variables in calls.values():
        response = await ada.post(query, variables)
        assert response.status_code == 401
        assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_token_without_the_scope_is_refused_before_anything_is_looked_at(two, database_url, calls):
    before = len(await events_of(two, "north"))
    for scope in ALL:
        rest = [each for each in ALL if each != scope]
        async with open_graph(two, database_url, "north", rest, person_id="ada") as caller:
            for name, (query, variables) in calls.items():
                if name.startswith("uploadFile") and scope == "write":  # before its files are taken
                    assert (await caller.post(query, variables)).status_code == 403
                elif SCOPES[name] == scope:
                    assert await caller.answer(query, **variables) == {
                        "data": {name: None},
                        "errors": [
                            {
                                "message": f"This needs a token with the scope `{scope}`.",
                                "locations": [{"line": 2, "column": 9}],
                                "path": [name],
                                "extensions": {"code": "FORBIDDEN"},
                            }
                        ],
                    }
    assert [each.type for each in (await events_of(two, "north"))[before:]] == ["token.created"] * 5


async def test_no_mutation_reaches_another_organization(two, database_url, calls):
    rows = len(await events_of(two, "north"))
    async with open_graph(two, database_url, "south", ALL, person_id="sam") as caller:
        events = len(await events_of(two, "south"))
        for name in calls.keys() - OWN:
            query, variables = calls[name]
            errors = (await caller.ask(query, **variables))[name]["errors"]
            assert {each["code"] for each in errors} == {"NOT_FOUND"}, name
            assert all(each["path"] for each in errors), name
        assert len(await events_of(two, "south")) == events
        for name in OWN:
            query, variables = calls[name]
            assert (await caller.ask(query, **variables))[name]["errors"] == []
    assert len(await events_of(two, "north")) == rows


async def test_a_customers_token_changes_nothing_of_the_organizations(two, database_url, calls):
    async with open_graph(two, database_url, "north", ALL, customer_id="cus1") as caller:
        events = len(await events_of(two, "north"))
        for name, (query, variables) in calls.items():
            answer = await caller.answer(query, **variables)
            told = answer.get("errors") or answer["data"][name]["errors"]
            assert told, name
        assert len(await events_of(two, "north")) == events


async def test_a_dry_run_leaves_nothing(ada, two, calls):
    before = len(await events_of(two, "north"))
    for name, (query, variables) in calls.items():
        given = {"input": {**variables["input"], "dryRun": True, "clientMutationId": "once"}}
        assert await ada.ask(query, **given) == {name: {"clientMutationId": "once", "errors": []}}
    assert len(await events_of(two, "north")) == before


async def test_an_example_is_one_change_with_its_event(ada, two, calls):
    for name, (query, variables) in calls.items():
        before = len(await events_of(two, "north"))
        assert await ada.ask(query, **variables) == {name: {"clientMutationId": None, "errors": []}}
        assert len(await events_of(two, "north")) > before, name


@pytest.mark.parametrize("name", MUTATION.fields)
async def test_a_mutation_needs_the_method_post(ada, name, calls):
    query, _ = calls[name]
    response = await ada.http.get(
        "/graphql", params={"query": query}, headers={"graphql-require-preflight": "1"}
    )
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
