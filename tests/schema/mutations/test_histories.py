"""The history of every type of object, and of those whose rows are not theirs by id."""

import pytest
from graphql import GraphQLObjectType

from gateway.administration import create_token
from gateway.db import tables as db
from gateway.db.tables import NODES
from gateway.events import Event
from gateway.resolvers.writes import writing
from gateway.schema.schema import make_schema
from tests.data import changing
from tests.graph import gid, open_graph

pytestmark = pytest.mark.anyio

SCHEMA = make_schema()._schema
WITHOUT = {
    "Event": "it is the log itself, of which nothing is ever changed",
    "WebhookAttempt": "it is a line of its endpoint's own log, which says when and how often it was tried",
}
KNOWN = {
    "ApiToken": None,  # one that the test makes
    "Approval": "a1",
    "Comment": "c1",
    "ConnectedAccount": "acc1",
    "ConnectionRequest": "r1",
    "Connector": "hubspot",
    "ConnectorIntegration": "int_1",
    "Decision": "r1",  # of which a document tells
    "File": "f1",
    "FileUpload": "sent",
    "Integration": "i1",
    "Organization": "north",
    "Person": "ada",
    "RequestedItem": "q1",
    "WebhookEndpoint": "hook",
}
ASK = """query ($id: ID!) { node(id: $id) { ... on %s {
    history { totalCount nodes { type changes { type before after } } } } } }"""
DENY = """mutation ($id: ID!) { denyConnectionRequest(input: {id: $id, comment: "no"}) {
    connectionRequest { decision { id } } errors { message } } }"""


def test_every_object_has_a_history_or_a_reason():
    of_type = [
        each
        for each in SCHEMA.type_map.values()
        if isinstance(each, GraphQLObjectType) and "Node" in [of.name for of in each.interfaces]
    ]
    assert {each.name for each in of_type if "history" not in each.fields} == set(WITHOUT)
    assert {each.name for each in of_type} == {*KNOWN, *WITHOUT} == set(NODES)


async def history(caller, type_name, record_id):
    return (await caller.ask(ASK % type_name, id=gid(type_name, record_id)))["node"]["history"]


async def test_an_event_of_many_rows_is_in_the_history_of_every_object(ada, two):
    token, _ = await create_token(two, "north", name="known", scopes=["read"])
    counts = {str(table.name): {"inserted": 1} for table in NODES.values()}
    async with writing(two, "north", None) as write:
        write.happened(Event("everything.imported", "organizations", data={"rows": counts}))
    for type_name, record_id in KNOWN.items():
        told = await history(ada, type_name, record_id or token)
        assert "everything.imported" in [each["type"] for each in told["nodes"]], type_name


async def test_a_decision_has_the_events_that_made_it(ada):
    denied = (await ada.ask(DENY, id=gid("ConnectionRequest", "p2")))["denyConnectionRequest"]
    assert denied["errors"] == []
    [told] = (await history(ada, "Decision", "p2"))["nodes"]
    assert told["type"] == "connection_request.denied"
    [made] = [each for each in told["changes"] if each["type"] == "Decision"]
    assert (made["before"], made["after"]["outcome"], made["after"]["comment"]) == (None, "denied", "no")


async def test_an_upload_has_the_events_that_made_it(ada):
    made = await ada.ask(
        'mutation { createFileUpload(input: {name: "x.csv"}) { fileUpload { uuid } errors { message } } }'
    )
    upload = made["createFileUpload"]["fileUpload"]["uuid"]
    told = await history(ada, "FileUpload", upload)
    assert [each["type"] for each in told["nodes"]] == ["file_upload.created"]


async def test_a_connector_of_the_operators_has_none_and_one_of_its_own_has(ada, two):
    async with changing(two, db.CATALOGUE) as write:
        await write.insert(db.connectors, [{"id": "shared", "display_name": "Shared"}])
    async with changing(two, "north") as write:
        await write.insert(db.connectors, [{"id": "own", "display_name": "Own"}])
        write.happened(Event("connector.created", "connectors", "own"))
    assert await history(ada, "Connector", "shared") == {"totalCount": 0, "nodes": []}
    assert [each["type"] for each in (await history(ada, "Connector", "own"))["nodes"]] == [
        "connector.created"
    ]


async def test_histories_of_decisions_take_one_statement_and_none_for_others(ada, two, database_url):
    plain = "{ connectionRequests { nodes { decision { outcome } } } }"
    told = "{ connectionRequests { nodes { decision { outcome history { totalCount } } } } }"
    await ada.ask(DENY, id=gid("ConnectionRequest", "p2"))
    # The rows' own ids by two, and the events of each table's rows by one.
    assert len(await ada.statements(told)) == len(await ada.statements(plain)) + 4
    async with open_graph(two, database_url, "north", ["read"]) as caller:
        assert len(await caller.statements(told)) == len(await caller.statements(plain))
