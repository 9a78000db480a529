"""The receiver among the examples takes what is signed with its secret, once, and nothing else."""

import asyncio
import re
import sys
from pathlib import Path

import orjson
import pytest

from gateway.resolvers.webhook_secrets import new_secret
from gateway.resolvers.webhook_urls import allowed_networks
from gateway.webhooks.sending import Sender
from tests.webhooks.receiver import Clock

pytestmark = pytest.mark.anyio

PROGRAM = Path(__file__).parents[2] / "examples" / "webhook_receiver.py"


async def test_the_example_verifies_what_it_receives():
    secret, other = new_secret(), new_secret()
    node = {"type": "Person", "id": "UGVyc29uOmJvYg==", "uuid": "bob"}
    event = {"id": "AQ", "type": "person.updated", "data": {"node": node, "resync": False}}
    receiver = await asyncio.create_subprocess_exec(
        sys.executable, PROGRAM, secret, "0", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert receiver.stdout is not None
        said = (await receiver.stdout.readline()).decode()
        [url] = re.findall(r"http://127\.0\.0\.1:\d+/", said)
        sender = Sender(allowed_networks("127.0.0.1"), 60.0)
        statuses = [
            (await sender.send(url, secrets, "AQ", orjson.dumps(event), Clock()())).status
            for secrets in ([other], [other, secret], [secret])
        ]
        await sender.close()
        assert statuses == [400, 204, 204]
    finally:
        receiver.kill()
        printed, _ = await receiver.communicate()
    assert printed.decode() == "person.updated bob\n"
