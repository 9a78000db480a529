"""The published clients graphql-ws and graphql-sse, driven against real servers by `clients/drive.mjs`."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.administration import create_token
from gateway.app import create_app
from gateway.settings import Settings
from tests.data import NORTH, fill
from tests.demonstration import PATIENT
from tests.node import install, needs_node, run
from tests.servers import open_server

pytestmark = pytest.mark.anyio

CLIENTS = Path(__file__).parent / "clients"
NAMED = {"organization": {"name": "North Stores"}}
TWICE = {"code": 4409, "reason": "Subscriber for same already exists"}


@pytest.fixture(params=["sqlite"])
def database_url(request, tmp_path):
    """One store is enough: nothing here depends on which it is."""
    from tests.conftest import fresh_database

    with fresh_database(request.param, request, tmp_path) as url:
        yield url


@needs_node
async def test_the_published_clients_do_all_that_they_offer(database, database_url):
    await asyncio.to_thread(install, CLIENTS)
    await fill(database, NORTH)
    token = (await create_token(database, "north", name="client", scopes=["read", "write"]))[1]
    settings = Settings.from_environment(PATIENT, database_url=database_url)
    hasty = replace(settings, header_seconds=0.05)
    async with (
        open_server(create_app(settings, database)) as served,
        open_server(create_app(hasty, database)) as hasty_served,
    ):
        command = ("node", "drive.mjs", served.address, token, "unknown", hasty_served.address)
        seen = await asyncio.to_thread(run, CLIENTS, *command)
    assert json.loads(seen) == {
        "sockets": {
            "query": [NAMED, "complete"],
            "an operation that does not fit": [["GRAPHQL_VALIDATION_FAILED"]],
            "what is no GraphQL": [["GRAPHQL_PARSE_FAILED"]],
            "a cursor that is none": [["BAD_USER_INPUT"]],
            "an unknown token": [{"code": 4403, "reason": "Forbidden"}],
            "an unknown token that is renewed": [NAMED, "complete"],
            "an id twice": [TWICE, TWICE],
            "no message": [4400, "Invalid message received"],
            "an operation before the first message": [4401, "Unauthorized"],
            "the first message twice": [4429, "Too many initialisation requests"],
            "no first message": [4408, "Connection initialisation timeout"],
            "a ping": None,
            "a lazy client": ["opened", "told", "completed", 1000],
            "several operations": [
                [NAMED, "complete"],
                [["GRAPHQL_VALIDATION_FAILED"]],
                [NAMED, "complete"],
            ],
            "a connection that is cut": ["one", "two", "three"],
        },
        "events": {
            "query": [NAMED, "complete"],
            "an operation that does not fit": [["GRAPHQL_VALIDATION_FAILED"], "complete"],
            "what is no GraphQL": [["GRAPHQL_PARSE_FAILED"], "complete"],
            "a cursor that is none": [["BAD_USER_INPUT"], "complete"],
            "no request": [{"status": 400}],
            "an unknown token": [{"status": 401}],
            "a single connection": [
                {"status": 405},
                "Send GraphQL by POST, GET or QUERY; subscriptions too, as graphql-sse does with distinct connections.",
            ],
            "who unsubscribes": "complete",
            "a connection that is cut": ["one", "two", "three"],
        },
    }
