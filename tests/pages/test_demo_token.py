"""Who is given the token that the demo's page holds."""

import json

import pytest

from gateway.pages.graphiql import graphiql_page

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("hosts", "is_given"),
    [
        (["localhost"], True),
        (["localhost:8000"], True),
        (["LOCALHOST.:8000"], True),
        (["gateway.localhost:8000"], True),
        (["127.0.0.1"], True),
        (["127.1.2.3:8000"], True),
        (["[::1]:8000"], True),
        (["[::1]"], True),
        ([], False),
        ([""], False),
        (["evil.test:8000"], False),
        (["localhost.evil.test"], False),
        (["127.0.0.1.evil.test:8000"], False),
        (["127.0.0.1@evil.test"], False),
        (["evil.test/127.0.0.1"], False),
        (["192.168.0.7:8000"], False),
        (["0.0.0.0:8000"], False),
        (["[::2]:8000"], False),
        (["localhost", "evil.test"], False),
    ],
)
async def test_the_token_is_given_to_loopback_hosts_alone(hosts, is_given):
    """Any site's name may lead to 127.0.0.1 (DNS rebinding), and its scripts read what the page holds then."""
    page = graphiql_page(endpoint="/graphql", tokens={"secret": "examples"}, plain=True)
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", h.encode()) for h in hosts]}
    await page(scope, None, send)
    configuration = sent[1]["body"].decode().split('id="configuration">')[1].split("</script>")[0]
    given = [{"token": "secret", "shows": "examples"}] if is_given else []
    assert json.loads(configuration)["tokens"] == given
