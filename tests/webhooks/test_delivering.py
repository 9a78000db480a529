"""Events reach endpoints: signed, as CloudEvents, those that are wanted, each once where nothing fails."""

import base64
import hashlib
import hmac

import pytest

from gateway.db.vault import Vault, new_key
from gateway.events import Event
from gateway.resolvers.writes import writing
from tests.data import NORTH, SOUTH, fill
from tests.graph import gid, open_graph
from tests.webhooks.receiver import (
    ADD,
    ALL,
    RENAME,
    change,
    make_endpoint,
    open_deliveries,
    open_receiver,
    settings_of,
    settled,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def stage(database, database_url):
    """A caller of `north`, a receiver, and what sends to it."""
    database.vault = Vault([new_key()])
    await fill(database, NORTH)
    await fill(database, SOUTH)
    settings = settings_of(database_url, public_url="https://gateway.example/base/")
    async with (
        open_graph(database, database_url, "north", ALL, settings, person_id="ada") as caller,
        open_receiver() as receiver,
        open_deliveries(database, settings),
    ):
        yield caller, receiver


def signature(secret, request):
    """The signature of a request under a secret, from the specification."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = (
        f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    )
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


async def test_an_event_is_sent_signed_and_says_what_the_audit_says(stage):
    caller, receiver = stage
    endpoint, secret = await make_endpoint(caller, receiver.url, "person.updated")
    await caller.ask(ADD, name="Eve")
    await caller.ask(RENAME, id=gid("Person", "bob"), name="Robert")
    [request] = await receiver.came(1)
    assert request.head == "POST /hooks?tenant=1 HTTP/1.1"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert request.headers["webhook-signature"] == signature(secret, request)
    found = await settled(caller, endpoint, 1)
    event = request.event
    assert event.pop("time").endswith("Z")
    [number] = [int(event.pop("sequence"))]
    token = event["data"]["actor"].pop("tokenId")
    assert base64.b64decode(token).startswith(b"ApiToken:")
    assert event == {
        "specversion": "1.0",
        "id": request.headers["webhook-id"],
        "source": "https://gateway.example/base/graphql#north",
        "type": "person.updated",
        "subject": "Person/bob",
        "datacontenttype": "application/json",
        "data": {
            "organizationId": gid("Organization", "north"),
            "node": {"type": "Person", "id": gid("Person", "bob"), "uuid": "bob"},
            "link": "https://gateway.example/base/graphql?query=%7Bnode%28id%3A%22UGVyc29uOmJvYg%3D%3D%22%29"
            "%7B__typename+id%7D%7D",
            "door": "GRAPHQL",
            "actor": {"personId": gid("Person", "ada")},
            "changes": [
                {
                    "type": "Person",
                    "uuid": "bob",
                    "before": {"firstName": "Bob"},
                    "after": {"firstName": "Robert"},
                }
            ],
            "changesLeftOut": False,
            "resync": False,
            "types": None,
            "counts": None,
        },
    }
    [logged] = (await caller.ask("{ events(first: 1) { nodes { number cursor type } } }"))["events"]["nodes"]
    assert logged == {"number": number, "cursor": event["id"], "type": "person.updated"}
    assert found["progress"] == {
        "cursor": event["id"],
        "waiting": 0,
        "firstFailedAt": None,
        "nextAttemptAt": None,
    }
    assert found["attempts"]["nodes"] == [
        {
            "webhookId": event["id"],
            "eventType": "person.updated",
            "number": 1,
            "outcome": "DELIVERED",
            "status": 204,
            "error": None,
            "nextAttemptAt": None,
        }
    ]


async def test_two_secrets_sign_while_one_takes_the_place_of_another(stage):
    caller, receiver = stage
    endpoint, first = await make_endpoint(caller, receiver.url, "person.*")
    second = (await change(caller, "rotateWebhookSecret", id=endpoint))["secret"]
    await caller.ask(ADD, name="Eve")
    [request] = await receiver.came(1)
    assert request.headers["webhook-signature"].split() == [
        signature(second, request),
        signature(first, request),
    ]
    third = (await change(caller, "rotateWebhookSecret", id=endpoint, overlapHours=0))["secret"]
    await caller.ask(ADD, name="Eva")
    [_, request] = await receiver.came(2)
    assert request.headers["webhook-signature"] == signature(third, request)


async def test_an_event_of_many_reaches_every_endpoint_of_its_tables_with_counts(stage, database):
    caller, receiver = stage
    await make_endpoint(caller, receiver.url, "connection_request.approved")
    await make_endpoint(caller, receiver.url, "person.created")
    rows = {"integrations": {"inserted": 3}, "connection_requests": {"inserted": 2, "updated": 1}}
    async with writing(database, "north", None) as write:
        write.happened(Event("integrations.imported", "integrations", data={"rows": rows}))
    await caller.ask(ADD, name="Eve")
    found = {each.event["type"]: each.event for each in await receiver.came(2)}
    assert sorted(found) == ["integrations.imported", "person.created"]
    event = found["integrations.imported"]
    assert "subject" not in event
    assert event["data"]["door"] == "CLI"
    assert {
        name: event["data"][name] for name in ("node", "link", "resync", "types", "counts", "changes")
    } == {
        "node": None,
        "link": None,
        "resync": True,
        "types": ["ConnectionRequest", "Integration"],
        "counts": [
            {"type": "Integration", "inserted": 3, "updated": 0, "removed": 0},
            {"type": "ConnectionRequest", "inserted": 2, "updated": 1, "removed": 0},
        ],
        "changes": None,
    }


async def test_a_test_event_goes_to_one_endpoint_whatever_it_wants(stage):
    caller, receiver = stage
    endpoint, _ = await make_endpoint(caller, receiver.url, "person.created")
    await make_endpoint(caller, receiver.url)
    await change(caller, "sendTestEvent", id=endpoint)
    await caller.ask(ADD, name="Eve")
    requests = await receiver.came(4)
    tested = [each.event for each in requests if each.event["type"] == "webhook_endpoint.tested"]
    assert [each["data"]["node"]["id"] for each in tested] == [endpoint]
    assert sorted(receiver.types) == [
        *("person.created", "person.created", "webhook_endpoint.created", "webhook_endpoint.tested"),
    ]


async def test_everything_behind_a_cursor_is_sent_again_under_its_ids(stage):
    caller, receiver = stage
    endpoint, _ = await make_endpoint(caller, receiver.url, "person.*")
    cursor = (await caller.ask("{ eventCursor }"))["eventCursor"]
    for name in ("Eve", "Eva"):
        await caller.ask(ADD, name=name)
    first = [each.event for each in await receiver.came(2)]
    await settled(caller, endpoint, 2)
    await change(caller, "redeliverWebhookEvents", id=endpoint, after=cursor)
    again = [each.event for each in (await receiver.came(4))[2:]]
    assert sorted(each["id"] for each in again) == sorted(each["id"] for each in first)
    await settled(caller, endpoint, 4)
    await change(caller, "redeliverWebhookEvents", id=endpoint, after=first[0]["id"])
    assert (await receiver.came(5))[4].event == first[1]
