"""What the README shows is what a newcomer gets."""

import json
import re
from pathlib import Path

import pytest

from gateway.administration import create_organization
from gateway.app import create_app
from gateway.db.vault import Vault, new_key
from gateway.demo import import_demo
from gateway.settings import Settings
from tests.graph import open_http

pytestmark = pytest.mark.anyio

README = (Path(__file__).parents[1] / "README.md").read_text()


async def test_the_first_query_and_the_first_mutation_give_the_answers_that_are_shown(database, database_url):
    await create_organization(database, "Demo", timezone="America/Chicago", organization_id="demo")
    database.vault = Vault([new_key()])
    await import_demo(database, "demo")
    bodies = re.findall(r"curl 127\.0\.0\.1:8000/graphql .*? -d '(.*?)'\n", README, re.DOTALL)
    answers = re.findall(r"```json\n(\{\"data\".*?)```", README, re.DOTALL)
    assert len(bodies) == 2
    app = create_app(Settings(database_url=database_url, demo_token="demo-token"), database)
    async with open_http(app, "demo-token") as http:
        for body, answer in zip(bodies, answers, strict=True):
            given = await http.post("/graphql", content=body, headers={"Content-Type": "application/json"})
            assert given.json() == json.loads(answer)
        for scheme, token, path in re.findall(
            r"curl -H '([\w-]+): ((?:\w+ )?demo-token)' +'?127\.0\.0\.1:8000(/[^'\s]*)", README
        ):
            legacy = await http.get(path, headers={scheme: token})
            assert legacy.status_code == 200, path
            assert "successor-version" in legacy.headers["link"]
