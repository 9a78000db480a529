"""A server that is killed before it answers, and a caller who asks again."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import anyio
import httpx2
import pytest
from sqlalchemy import func, select

from gateway.administration import create_token
from gateway.app import create_app
from gateway.db import tables as db
from gateway.settings import Settings
from tests.graph import gid, open_http
from tests.patience import ENOUGH

pytestmark = pytest.mark.anyio

ADD = "mutation ($input: AddCommentInput!) { addComment(input: $input) { comment { id body } } }"
INPUT = {"connectionRequestId": gid("ConnectionRequest", "r3"), "body": "once"}
REQUEST = {"query": ADD, "variables": {"input": INPUT}}
KEY = {"Idempotency-Key": '"b7e2"'}
ROOT = Path(__file__).parents[3]


def start(url):
    """A server of this store in a process of its own, and where it listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        command = [sys.executable, "-m", "tests.schema.mutations.killed", url, str(listening.fileno())]
        return subprocess.Popen(command, cwd=ROOT, pass_fds=[listening.fileno()]), address


async def dies_on(url, token):
    """Whether a server of this store dies of the request, so that it is not answered."""
    server, address = start(url)
    try:
        async with httpx2.AsyncClient(base_url=address, timeout=ENOUGH, headers=KEY) as http:
            with pytest.raises(httpx2.TransportError):
                await http.post("/graphql", json=REQUEST, headers={"Authorization": f"Bearer {token}"})
        return await anyio.to_thread.run_sync(server.wait) == -signal.SIGKILL
    finally:
        server.kill()


async def test_what_was_committed_and_not_answered_is_there_once(two, database_url):
    _, token = await create_token(two, "north", name="t", scopes=("read", "write"), person_id="ada")
    assert await dies_on(database_url, token)

    app = create_app(Settings(database_url=database_url, token_cache_seconds=0), two)
    async with open_http(app, token) as http:
        answers = [await http.post("/graphql", json=REQUEST, headers=KEY) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["data"]["addComment"]["comment"]["body"] == "once"
    assert [each.headers["idempotency-replayed"] for each in answers] == ["true", "true"]

    written = select(func.count().label("n")).where(db.comments.c.body == "once")
    [row] = await two.fetch(two.prepare(("written",), lambda: written), {})
    assert row.n == 1
