"""Many who change the same requests at once: nobody waits for ever, counts stay exact and the log has no hole."""

import asyncio
from random import Random

import pytest

from tests.data import events_of
from tests.graph import gid
from tests.schema.mutations.examples import document

pytestmark = pytest.mark.anyio

WRITERS, CHANGES = 8, 12
CREATE = """mutation ($input: CreateConnectionRequestInput!) { createConnectionRequest(input: $input) {
    connectionRequest { id integrations { nodes { id } } } } }"""
FILES = [gid("File", each) for each in ("f1", "f2", "f3", "f4")]
COUNTED = """{
    connectionRequests(first: 1000) { totalCount nodes { status integrations { totalCount nodes { uuid } }
        comments { totalCount nodes { uuid } } uploadedFiles { totalCount nodes { uuid } } } }
    integrations(first: 1000) { totalCount nodes { uuid } }
    pending: connectionRequests(filter: {status: {eq: PENDING}}) { totalCount } }"""


async def asked_for(caller):
    """A new request's id, and those of its feeds."""
    feeds = [{"integrationType": "items"}] * 3
    answer = await caller.ask(CREATE, input={"orgName": "shared", "integrations": feeds})
    request = answer["createConnectionRequest"]["connectionRequest"]
    return request["id"], [each["id"] for each in request["integrations"]["nodes"]]


def change(random, shared):
    """Some change of one or several of the shared requests: the mutation and its input."""
    request, feeds = random.choice(shared)
    some = [each for each, _ in random.sample(shared, k=4)]
    edits = {
        "update": [{"id": each, "rules": str(random.random())} for each in random.sample(feeds, k=2)],
        "create": [{"integrationType": "orders"}],
    }
    return random.choice(
        [
            ("createConnectionRequest", {"orgName": "new", "comment": "Hi."}),
            (
                "updateConnectionRequest",
                {"id": request, "integrations": edits, "fileIds": random.sample(FILES, k=2)},
            ),
            ("approveConnectionRequest", {"id": request}),
            ("deleteConnectionRequest", {"id": request}),
            ("addComment", {"connectionRequestId": request, "body": "Hi."}),
            (
                "decideConnectionRequests",
                {"mode": "EACH", "decisions": [{"id": each, "outcome": "DENIED"} for each in some]},
            ),
        ]
    )


async def test_nothing_is_lost_counted_twice_or_waited_for_for_ever(ada, two):
    shared = [await asked_for(ada) for _ in range(6)]

    async def write(seed):
        random = Random(seed)
        for _ in range(CHANGES):
            name, given = change(random, shared)
            await ada.ask(document(name), input=given)  # a deadlock would be an error of the field

    await asyncio.gather(*map(write, range(WRITERS)))
    found = await ada.ask(COUNTED)
    requests = found["connectionRequests"]["nodes"]
    assert found["connectionRequests"]["totalCount"] == len(requests)
    assert found["integrations"]["totalCount"] == len(found["integrations"]["nodes"])
    assert found["pending"]["totalCount"] == sum(each["status"] == "PENDING" for each in requests)
    for each in requests:
        for part in ("integrations", "comments", "uploadedFiles"):
            assert each[part]["totalCount"] == len(each[part]["nodes"])
    ids = [each.id for each in await events_of(two, "north")]
    assert ids == list(range(1, len(ids) + 1))
