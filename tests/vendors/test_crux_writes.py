"""Crux: its writes of connection requests, as its documents show them."""

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

PATH = "/organizations/connections/request/"
ASKED = {  # request_connection.md, with a file that is there
    "organization_name": "Thomas-Perkins",
    "primary_contact_name": "Baz Boutique",
    "primary_contact_phone": "1-541-219-3109x433",
    "primary_contact_email": "not checked",
    "organization_account_number": 123,
    "additional_information": "",
    "integrations": [
        {
            "type": "items",
            "update_frequency": "30 6,12 * * *",
            "file_locations": "ftp://foo:bar@baz.blerg",
            "file_specs": "csv",
            "rules": "none",
        },
        {"integration_type": "order", "update_frequency": "ftp://foo:bar@baz.blerg"},
        {},
    ],
    "uploaded_files": ["f2", {"uuid": "f1", "name": "x"}],
}


@pytest.fixture
async def http(database: Database, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    await create_organization(database, "North", organization_id="north")
    files = [
        {"id": "f1", "name": "one.csv", "position": 0},
        {"id": "row", "vendor_uuid": "f2", "name": "two.csv", "position": 0},
    ]
    partner = {"kind": "trading_partner", "status": "pending", "requested_at": DAY, "org_name": "Old"}
    await insert(
        database,
        "north",
        files=files,
        connection_requests=[{"id": "r1", "org_contact_full_name": "Ann", **partner}],
        integrations=[
            {
                "id": f"i{n}",
                "connection_request_id": "r1",
                "position": n,
                "integration_type": "items",
                "rules": "old",
            }
            for n in (0, 1)
        ],
    )
    token = await make_token(database, "north", "read", "write", "secrets")
    async with open_gateway(database, database_url) as http:
        http.headers["authorization"] = f"Token {token}"
        yield http


async def test_a_connection_is_asked_for_by_the_names_of_the_page(http, database) -> None:
    answer = await http.post(PATH, json=ASKED)
    assert answer.status_code == 201
    made = answer.json()
    assert list(made) == ["request_uuid", "request_date"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00", made["request_date"])
    request = (await http.get(f"{PATH}{made['request_uuid']}/")).json()
    integrations = request.pop("integrations")
    assert request.pop("request_date") == made["request_date"][:10]
    assert request == {
        "uploaded_files": [{"name": "two.csv", "uuid": "f2"}, {"name": "one.csv", "uuid": "f1"}],
        "record_uuid": made["request_uuid"],
        "org_name": "Thomas-Perkins",
        "org_contact_full_name": "Baz Boutique",
        "primary_contact_phone": "1-541-219-3109x433",
        "primary_contact_email": "not checked",
        "retailer_account_number": "123",
        "additional_information": "",
        "is_approved": False,
        "approved_by": None,
    }
    names = ("integration_type", "update_frequency", "feed_source_file_locations", "file_specs", "rules")
    assert [tuple(each[name] for name in names) for each in integrations] == [
        ("items", "30 6,12 * * *", "ftp://foo:bar@baz.blerg", "csv", "none"),
        ("order", "ftp://foo:bar@baz.blerg", None, None, None),
        ("", None, None, None, None),
    ]
    assert (await events_of(database, "north"))[-1].type == "connection_request.created"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"start": 0, "limit": 1}'])
async def test_a_post_that_only_pages_lists_as_the_documented_curl_means_it(http, database, body) -> None:
    answer = await http.post(PATH, content=body)
    assert answer.status_code == 200
    assert [each["record_uuid"] for each in answer.json()["requests"]] == ["r1"]
    assert answer.json()["pagination"]["limit"] == (1 if b"limit" in body else 50)
    reader = await make_token(database, "north", "read")
    headers = {"authorization": f"Token {reader}"}
    assert (await http.post(PATH, content=body, headers=headers)).status_code == 200
    refused = await http.post(PATH, json=ASKED, headers=headers)
    assert (refused.status_code, refused.json()) == (
        403,
        {"detail": "You do not have permission to perform this action."},
    )


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        (
            {"additional_information": "x"},
            {
                "organization_name": ["This field is required."],
                "primary_contact_name": ["This field is required."],
            },
        ),
        (
            {"org_name": None, "primary_contact_name": " "},
            {
                "org_name": ["This field may not be null."],
                "primary_contact_name": ["This field may not be blank."],
            },
        ),
        ({**ASKED, "primary_contact_phone": True}, {"primary_contact_phone": ["Not a valid string."]}),
        ({**ASKED, "integrations": "x"}, {"integrations": ["Expected a list of items."]}),
        (
            {**ASKED, "integrations": [{}, 1, {"type": []}]},
            {
                "integrations": [
                    {},
                    {"non_field_errors": ["Invalid data. Expected a dictionary."]},
                    {"type": ["Not a valid string."]},
                ]
            },
        ),
        ({**ASKED, "uploaded_files": [1]}, {"uploaded_files": ["Not a valid string."]}),
        ({**ASKED, "uploaded_files": ["nobody"]}, {"uploaded_files": ["Object does not exist."]}),
    ],
)
async def test_everything_that_is_wrong_is_said_by_its_name(http, database, body, problems) -> None:
    before = len(await events_of(database, "north"))
    answer = await http.post(PATH, json=body)
    assert (answer.status_code, answer.json()) == (400, problems)
    assert len(await events_of(database, "north")) == before


async def test_a_change_names_what_it_changes_by_either_name(http, database) -> None:
    changes = {
        "organization_name": "New",
        "retailer_account_number": "7",
        "integrations": [
            {"record_uuid": "i1", "integration_type": "orders", "file_locations": "sftp://x"},
            {"type": "other"},
        ],
        "uploaded_files": ["f1"],
    }
    answer = await http.patch(f"{PATH}r1/", json=changes)
    assert (answer.status_code, answer.content) == (204, b"")
    request = (await http.get(f"{PATH}r1")).json()
    assert (request["org_name"], request["org_contact_full_name"]) == ("New", "Ann")
    assert request["retailer_account_number"] == "7"
    assert request["uploaded_files"] == [{"name": "one.csv", "uuid": "f1"}]
    names = ("integration_type", "feed_source_file_locations", "rules")
    assert [tuple(each[name] for name in names) for each in request["integrations"]] == [
        ("items", None, "old"),
        ("orders", "sftp://x", "old"),
        ("other", None, None),
    ]
    for nothing in ({}, {"integrations": None}):
        assert (await http.patch(f"{PATH}r1", json=nothing)).status_code == 204
    assert (await http.get(f"{PATH}r1")).json() == request
    by_graph = await http.post(
        "/graphql",
        json={"query": '{ connectionRequests(filter: {uuid: {eq: "r1"}}) { nodes { orgName } } }'},
    )
    assert by_graph.json()["data"]["connectionRequests"]["nodes"] == [{"orgName": "New"}]


async def test_a_change_of_what_is_not_there_is_refused(http, database) -> None:
    await insert(
        database,
        "north",
        connection_requests=[{"id": "a1", "kind": "access", "status": "pending", "requested_at": DAY}],
    )
    for id in ("nobody", "a1"):
        answer = await http.patch(f"{PATH}{id}/", json={"org_name": "x"})
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})
    answer = await http.patch(f"{PATH}r1/", json={"integrations": [{"record_uuid": "nobody"}]})
    assert (answer.status_code, answer.json()) == (400, {"integrations": ["Object does not exist."]})
