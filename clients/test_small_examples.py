"""The small examples, each run as its reader runs it."""

import json
import re
import subprocess

import httpx2
import pytest

from clients.conftest import ENOUGH, EXAMPLES, PLAIN, TOKEN

SMALL = sorted(
    path.name
    for path in EXAMPLES.iterdir()
    if path.suffix in {".mjs", ".sh"} or path.name.startswith("python_")
)
LINES = 15


@pytest.mark.parametrize("name", SMALL)
def test_it_is_small(name):
    """Fifteen lines, not counting what tells how to run it, empty ones and those that bring things in."""
    text = (EXAMPLES / name).read_text()
    text = re.sub(r'^""".*?"""', "", text, flags=re.DOTALL)
    lines = [each for each in text.splitlines() if each and not re.match(r"(//|#|import|from) ?", each)]
    assert len(lines) <= LINES, lines


def test_curl(example):
    approved, by_crux = map(json.loads, example("curl.sh").splitlines())
    assert approved["data"]["approveConnectionRequest"] == {
        "connectionRequest": {"orgName": "Asked by curl", "status": "APPROVED"},
        "errors": [],
    }
    assert (by_crux["org_name"], by_crux["is_approved"]) == ("Asked by curl", True)


def test_apollo(example, gateway):
    names = [f"Asked for Apollo {number}" for number in range(4)]
    create = (
        "mutation ($name: String) { createConnectionRequest(input: {orgName: $name}) { errors { code } } }"
    )
    for each in names:
        body = {"query": create, "variables": {"name": each}}
        headers = {"authorization": f"Bearer {TOKEN}"}
        made = httpx2.post(f"{gateway}/graphql", json=body, headers=headers, timeout=ENOUGH).json()
        assert made == {"data": {"createConnectionRequest": {"errors": []}}}
    shown = example("apollo.mjs").splitlines()  # the second page is there, too
    assert shown == [f"PENDING {each}" for each in reversed(names)]


def test_urql(example):
    before, *_, after = [line.split() for line in example("urql.mjs").splitlines()]
    assert (before[0], after[0]) == ("PENDING", "DENIED")
    assert before[1:] == after[1:]


def test_gql(example):
    told = example("python_gql.py").splitlines()
    assert len(told) >= 3
    assert all(re.match(r"(PENDING|APPROVED|DENIED|CANCELED) .", line) for line in told)


def test_fetch_with_server_sent_events(example, gateway):
    command = ["node", "sse.mjs", gateway, TOKEN]
    with subprocess.Popen(command, cwd=EXAMPLES, env=PLAIN, stdout=subprocess.PIPE, text=True) as follower:
        try:
            assert "type: null" in follower.stdout.readline()  # it follows from here on
            example("curl.sh")
            told = ""
            while "connection_request.approved" not in told:
                line = follower.stdout.readline()
                assert line, told
                told += line
        finally:
            follower.kill()
    assert re.findall(r"type: '(.+)'", told) == ["connection_request.created", "connection_request.approved"]
    assert "orgName: 'Asked by curl'" in told


def test_opal_security(example):
    assert example("python_opal.py") == "APPROVED on call\nFor tonight.\n"


def test_activecampaign_python(example):
    assert example("python_activecampaign.py") == "fooCommerce toystore-python Toystore, Inc.\n{}\n"


def test_openint(example):
    assert re.fullmatch(
        r"(\w+ (healthy|unknown|error|disconnected|manual) conn_\S+\n)+", example("python_openint.py")
    )
