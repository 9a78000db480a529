"""Every field of subscriptions, for who is nobody, lacks the scope, or is of another organization or customer."""

from contextlib import AsyncExitStack

import pytest

from gateway.administration import create_token
from gateway.db.data_versions import version
from gateway.schema.schema import make_schema
from gateway.streams import groups
from tests.graph import gid, open_graph
from tests.streams.events import open_events
from tests.streams.test_subscriptions import Events, served

pytestmark = pytest.mark.anyio

__all__ = ["served"]  # a fixture
FIELDS = tuple(make_schema()._schema.subscription_type.fields)
QUERY = "subscription {{ {} {{ cursor type node {{ id }} changes {{ uuid }} counts {{ type }} }} }}"
UPDATE = 'mutation ($id: ID!) {{ {}(input: {{id: $id, {}: "changed"}}) {{ errors {{ message }} }} }}'
CHANGES = (
    ("updateConnectionRequest", "orgName", "ConnectionRequest", "r1"),
    ("updateConnectedAccount", "name", "ConnectedAccount", "acc1"),
    ("updatePerson", "jobTitle", "Person", "bob"),
)


async def test_without_a_token_or_the_scope_no_field_is_followed(served, database):
    writer = (await create_token(database, "north", name="w", scopes=["write", "approve", "admin"]))[1]
    for field in FIELDS:
        async with open_events(served.address, "nobody's", QUERY.format(field)) as events:
            assert events.status == 401, field
        async with Events().open(served, writer, QUERY.format(field)) as read:
            answer = await read()
            assert "data" not in answer, field
            assert [each["extensions"]["code"] for each in answer["errors"]] == ["FORBIDDEN"], field


async def test_no_field_tells_of_other_organizations_and_customers(
    served, database, database_url, monkeypatch
):
    monkeypatch.setattr(groups, "QUIET_SECONDS", 0.02)  # whoever is told nothing is told where they are
    south = (await create_token(database, "south", name="reader", scopes=["read"]))[1]
    customer = (await create_token(database, "north", name="c", scopes=["read"], customer_id="nobody"))[1]
    followers = {}
    async with AsyncExitStack() as stack:
        for organization, token in (("south", south), ("north", customer)):
            for field in FIELDS:
                followed = Events().open(served, token, QUERY.format(field))
                followers[organization, field] = await stack.enter_async_context(followed)
        every = ["read", "write", "admin"]
        for organization in ("north", "south"):
            async with open_graph(database, database_url, organization, every) as graph:
                for mutation, member, type_name, uuid in CHANGES:
                    if organization == "north" or uuid == "acc1":
                        answer = await graph.ask(UPDATE.format(mutation, member), id=gid(type_name, uuid))
                        assert answer == {mutation: {"errors": []}}
        told = {}
        for (organization, field), read in followers.items():
            here, there = None, (await version(database, organization)).cursor
            while here != there:
                [message] = (await read())["data"].values()
                here = message["cursor"]
                if message["type"] is not None:
                    told.setdefault((organization, field), []).append(
                        (message["type"], message["node"], message["changes"])
                    )
    own = ("connected_account.updated", {"id": gid("ConnectedAccount", "acc1")}, [{"uuid": "acc1"}])
    assert told == {("south", "connectedAccountEvents"): [own], ("south", "events"): [own]}
