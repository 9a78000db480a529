"""The audits of the npm package graphql-http, against a live server."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from gateway.serving import KEPT_SECONDS
from tests.node import install, needs_node, run
from tests.transport.sample import make_app

AUDITS = Path(__file__).parent / "audits"


@pytest.fixture
def live_url() -> Iterator[str]:
    """The endpoint on a free port of this machine, served by uvicorn in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # Node.js keeps a connection for 4 seconds, and would send on one that is closed just then.
        config = uvicorn.Config(make_app(), lifespan="off", log_config=None, timeout_keep_alive=KEPT_SECONDS)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
        server.should_exit = True
        thread.join()


@needs_node
def test_every_audit_of_graphql_http_is_ok(live_url):
    install(AUDITS)
    printed = run(AUDITS, "node", "audit.mjs", live_url, "good-token")
    audits = [json.loads(line) for line in printed.splitlines()]
    assert len(audits) == 61
    assert [audit for audit in audits if audit["status"] != "ok"] == []
