"""The published libraries of Standard Webhooks take what is sent, and nothing that was changed."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from clients.conftest import ENOUGH, EXAMPLES, PYTHON
from gateway.resolvers.webhook_secrets import new_secret
from gateway.resolvers.webhook_urls import allowed_networks
from gateway.webhooks.sending import Sender
from tests.webhooks.receiver import Clock, open_receiver

pytestmark = pytest.mark.anyio

IN_PYTHON = """
import json, sys
from standardwebhooks import Webhook, WebhookVerificationError
given = json.load(sys.stdin)
try:
    print(json.dumps(Webhook(given["secret"]).verify(given["body"], given["headers"])))
except WebhookVerificationError:
    print("null")
"""
IN_JAVASCRIPT = """
import { readFileSync } from 'node:fs';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
const { secret, body, headers } = JSON.parse(readFileSync(0, 'utf8'));
try { console.log(JSON.stringify(new Webhook(secret).verify(body, headers))); }
catch (error) { if (!(error instanceof WebhookVerificationError)) throw error; console.log('null'); }
"""
LIBRARIES = {
    "python": [str(PYTHON), "-c", IN_PYTHON],
    "javascript": ["node", "--input-type=module", "-e", IN_JAVASCRIPT],
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def verified(library: str, secret: str, body: str, headers: dict[str, str]) -> Any:
    """What a library makes of a request; None where it does not believe it."""
    given = json.dumps({"secret": secret, "body": body, "headers": headers})
    done = subprocess.run(
        LIBRARIES[library], cwd=Path(EXAMPLES), input=given, capture_output=True, text=True, timeout=ENOUGH
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("library", LIBRARIES)
async def test_what_is_sent_is_verified_under_either_secret_and_nothing_else_is(library: str) -> None:
    new, former = new_secret(), new_secret()
    event = {"specversion": "1.0", "id": "AQ-_0", "data": {"name": "Ä"}}
    async with open_receiver() as receiver:
        sender = Sender(allowed_networks("127.0.0.1"), 60.0)
        body = json.dumps(event, ensure_ascii=False).encode()
        sent = await sender.send(receiver.url, [new, former], "AQ-_0", body, Clock()())
        await sender.close()
    assert sent.is_delivered
    [request] = receiver.requests
    text, headers = request.body.decode(), request.headers
    for secret in (new, former):
        assert verified(library, secret, text, headers) == event
    assert verified(library, new_secret(), text, headers) is None
    assert verified(library, new, text.replace("1.0", "1.1"), headers) is None
    assert verified(library, new, text, {**headers, "webhook-id": "AQ-_1"}) is None
    earlier = str(int(headers["webhook-timestamp"]) - 600)
    assert verified(library, new, text, {**headers, "webhook-timestamp": earlier}) is None
