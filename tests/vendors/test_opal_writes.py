"""Opal: its writes of access requests, as its documents show them and its published clients call them."""

import re
from collections.abc import AsyncIterator

import httpx2
import pytest

from gateway.administration import create_organization
from gateway.db.database import Database
from tests.data import DAY, events_of
from tests.vendors.gateway import insert, make_token
from tests.vendors.parity import open_gateway

pytestmark = pytest.mark.anyio

PATH = "/v1/requests"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ASKED = {  # as opal-security's CreateRequestInfo writes it
    "resources": [{"id": "res-1", "access_level_remote_id": "adm", "access_level_name": "Administrator"}],
    "groups": [{"id": "grp-1", "access_level_remote_id": None, "access_level_name": None}],
    "target_user_id": "cat",
    "reason": "on call",
    "support_ticket": {
        "ticketing_provider": "JIRA",
        "remote_id": "10001",
        "identifier": "OPS-7",
        "url": "https://jira.example/browse/OPS-7",
    },
    "duration_minutes": 120,
    "custom_metadata": [
        {"name": "Region", "type": "SHORT_TEXT", "value": "EU"},
        {"name": "Urgent", "type": "BOOLEAN", "value": True},
    ],
}
GRAPH = """query ($uuid: String!) { connectionRequests(filter: {uuid: {eq: $uuid}}) { nodes {
    kind status reason durationMinutes additionalInformation requester { firstName }
    requestedItems { nodes { resourceId groupId accessLevelName accessLevelRemoteId } }
    comments { nodes { body author { firstName } } }
    decision { outcome comment decidedBy { firstName } }
    approvedBy { person { firstName } } } } }"""


@pytest.fixture
async def http(database: Database, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    await create_organization(database, "North", organization_id="north")
    people = [{"id": "ada", "first_name": "Ada"}, {"id": "cat", "first_name": "Cat"}]
    request = {"kind": "access", "status": "pending", "requested_at": DAY, "requester_id": "cat"}
    await insert(
        database, "north", people=people, connection_requests=[{"id": f"r{n}", **request} for n in (1, 2)]
    )
    token = await make_token(database, "north", "read", "write", "approve", "secrets", person_id="ada")
    async with open_gateway(database, database_url) as http:
        http.headers["authorization"] = f"Bearer {token}"
        yield http


async def graph(http: httpx2.AsyncClient, uuid: str) -> dict:
    answer = (await http.post("/graphql", json={"query": GRAPH, "variables": {"uuid": uuid}})).json()
    assert "errors" not in answer, answer
    [node] = answer["data"]["connectionRequests"]["nodes"]
    return node


async def test_a_request_is_asked_for_and_seen_by_either_door(http, database) -> None:
    answer = await http.post(PATH, json=ASKED)
    assert answer.status_code == 200
    assert list(answer.json()) == ["id"]
    id = answer.json()["id"]
    assert UUID.fullmatch(id)
    request = (await http.get(f"{PATH}/{id}")).json()
    assert request.pop("created_at") == request.pop("updated_at")
    assert request == {
        "id": id,
        "organization_id": "north",
        "requester_id": "ada",
        "target_user_id": "cat",
        "status": "pending",
        "reason": "on call",
        "duration_minutes": 120,
        "requested_items_list": [
            {"resource_id": "res-1", "access_level_name": "Administrator", "access_level_remote_id": "adm"},
            {"group_id": "grp-1"},
        ],
        "request_comments": [],
        "custom_fields_responses": [
            {"field_name": "Region", "field_type": "SHORT_TEXT", "field_value": "EU"},
            {"field_name": "Urgent", "field_type": "BOOLEAN", "field_value": True},
        ],
    }
    assert await graph(http, id) == {
        "kind": "ACCESS",
        "status": "PENDING",
        "reason": "on call",
        "durationMinutes": 120,
        "additionalInformation": "Ticket OPS-7 (JIRA 10001): https://jira.example/browse/OPS-7",
        "requester": {"firstName": "Ada"},
        "requestedItems": {
            "nodes": [
                {
                    "resourceId": "res-1",
                    "groupId": None,
                    "accessLevelName": "Administrator",
                    "accessLevelRemoteId": "adm",
                },
                {
                    "resourceId": None,
                    "groupId": "grp-1",
                    "accessLevelName": None,
                    "accessLevelRemoteId": None,
                },
            ]
        },
        "comments": {"nodes": []},
        "decision": None,
        "approvedBy": None,
    }
    assert (await events_of(database, "north"))[-1].type == "connection_request.created"
    assert (await http.get(PATH)).json()["requests"][0]["id"] == id


async def test_least_is_enough_and_access_without_end_is_minus_one(http) -> None:
    # Go writes a list that was not made as null.
    asked = {"resources": None, "groups": [{"id": "g"}], "reason": "", "duration_minutes": -1}
    id = (await http.post(PATH, json=asked)).json()["id"]
    request = (await http.get(f"{PATH}/{id}")).json()
    assert (request["reason"], request["duration_minutes"]) == ("", -1)
    assert request["requested_items_list"] == [{"group_id": "g"}]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reason": None}, "reason: It must be a text."),
        ({"reason": ...}, "reason: It is missing."),
        ({"resources": ...}, "resources: It is missing."),
        ({"groups": "x"}, "groups: It must be a list."),
        ({"groups": [1]}, "groups.0: It must be an object."),
        ({"resources": [{}]}, "resources.0.id: It is missing."),
        (
            {"duration_minutes": ...},
            "duration_minutes: It must be a number of minutes, or -1 for access without end.",
        ),
        ({"duration_minutes": "60"}, "duration_minutes: It must be a number."),
        ({"duration_minutes": 0}, "A duration is one minute at least, or -1."),
        (
            {"target_group_id": "g"},
            "target_group_id: A request is for a user or for a group, not for both.",
        ),
        ({"resources": [], "groups": []}, "An access request needs at least one requested item."),
        ({"support_ticket": {"url": "x"}}, "support_ticket.ticketing_provider: It is missing."),
        (
            {"custom_metadata": [{"name": "a", "type": "b", "value": 1}]},
            "custom_metadata.0.value: It must be a text, true or false.",
        ),
        (
            {"resources": [{"id": str(n)} for n in range(101)]},
            "resources: A request has 100 resources and groups at most.",
        ),
    ],
)
async def test_what_is_wrong_is_said_by_the_vendors_names(http, database, changes, message) -> None:
    before = len(await events_of(database, "north"))
    body = {name: value for name, value in {**ASKED, **changes}.items() if value is not ...}
    answer = await http.post(PATH, json=body)
    assert (answer.status_code, answer.json()) == (400, {"Message": message})
    assert len(await events_of(database, "north")) == before


async def test_a_target_that_is_nobody_is_refused(http) -> None:
    answer = await http.post(PATH, json={**ASKED, "target_user_id": "nobody"})
    assert (answer.status_code, answer.json()) == (404, {"Message": "Not Found"})


async def test_an_approval_is_shown_with_what_it_says(http) -> None:
    answer = await http.post(f"{PATH}/r1/approve", json={"level": "REGULAR", "comment": "Fine."})
    assert answer.status_code == 200
    assert list(answer.json()) == ["request"]
    request = answer.json()["request"]
    assert (request["id"], request["status"]) == ("r1", "approved")
    assert [(each["user_id"], each["comment"]) for each in request["request_comments"]] == [("ada", "Fine.")]
    assert request == (await http.get(f"{PATH}/r1")).json()
    shown = await graph(http, "r1")
    assert shown["status"] == "APPROVED"
    assert shown["decision"] == {
        "outcome": "APPROVED",
        "comment": "Fine.",
        "decidedBy": {"firstName": "Ada"},
    }
    assert shown["approvedBy"] == {"person": {"firstName": "Ada"}}
    again = await http.post(f"{PATH}/r1/deny", json={"comment": "No."})
    assert (again.status_code, again.json()) == (
        409,
        {"Message": "The connection request is approved already."},
    )
    assert (await http.get(f"{PATH}/r1")).json() == request


async def test_a_denial_says_why(http) -> None:
    missing = await http.post(f"{PATH}/r2/deny", json={"level": "ADMIN"})
    assert (missing.status_code, missing.json()) == (400, {"Message": "comment: It is missing."})
    request = (await http.post(f"{PATH}/r2/deny", json={"comment": "Not now.", "level": "ADMIN"})).json()
    assert request["request"]["status"] == "denied"
    assert (await graph(http, "r2"))["decision"] == {
        "outcome": "DENIED",
        "comment": "Not now.",
        "decidedBy": {"firstName": "Ada"},
    }


async def test_an_approval_has_a_level(http) -> None:
    for body in ({}, {"level": None}, {"level": "ROOT"}):
        answer = await http.post(f"{PATH}/r1/approve", json=body)
        assert (answer.status_code, answer.json()) == (
            400,
            {"Message": "level: It must be one of REGULAR, ADMIN."},
        )


async def test_a_comment_comes_behind_the_others(http) -> None:
    for text in ("Why?", "Because."):
        answer = await http.post(f"{PATH}/r1/comments", json={"comment": text})
        assert answer.status_code == 200
    assert [each["comment"] for each in answer.json()["request"]["request_comments"]] == ["Why?", "Because."]
    listed = (await http.get(f"{PATH}/r1/comments")).json()["comments"]
    assert [(each["user_full_name"], each["comment"]) for each in listed] == [
        ("Ada", "Why?"),
        ("Ada", "Because."),
    ]


async def test_a_token_of_nobody_decides_on_nothing(http, database) -> None:
    token = await make_token(database, "north", "read", "write", "approve")
    headers = {"authorization": f"Bearer {token}"}
    answer = await http.post(f"{PATH}/r1/approve", json={"level": "REGULAR"}, headers=headers)
    assert answer.status_code == 403
    assert (await http.get(f"{PATH}/r1")).json()["status"] == "pending"


@pytest.mark.parametrize("way", ["approve", "deny", "comments"])
async def test_what_is_not_there_is_not_found(http, database, way) -> None:
    partner = {
        "id": "p1",
        "kind": "trading_partner",
        "status": "pending",
        "org_name": "x",
        "requested_at": DAY,
    }
    await insert(database, "north", connection_requests=[partner])
    for id in ("p1", "nobody"):
        answer = await http.post(f"{PATH}/{id}/{way}", json={"comment": "x", "level": "REGULAR"})
        assert (answer.status_code, answer.json()) == (404, {"Message": "Not Found"})
