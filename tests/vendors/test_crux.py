"""Crux: its two reads of connection requests, as its callers call them."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from gateway.db.database import Database
from gateway.settings import Settings
from gateway.vendors import crux
from tests.vendors.gateway import DAY, client_of, insert, make_organization, make_token

pytestmark = pytest.mark.anyio

PATH = "/organizations/connections/request/"
FIRST, SECOND = "6c822de1-8f9a-48ca-87c1-c5c788a6caf3", "d0041bf9-ee07-4298-8298-26eee419db2d"

REQUESTS = [
    {
        "id": SECOND,
        "kind": "trading_partner",
        "status": "pending",
        "org_name": "Thomas-Perkins",
        "supplier_account_number": "",
        "requested_at": DAY.replace(day=10, hour=23),
    },
    {
        "id": FIRST,
        "kind": "trading_partner",
        "status": "approved",
        "org_name": "Gün 🚀",
        "retailer_account_number": "",
        "requested_at": DAY,
    },
    {"id": "access", "kind": "access", "status": "pending", "requested_at": DAY},
]
EMPTY = {
    "integrations": [],
    "uploaded_files": [],
    "record_uuid": SECOND,
    "org_name": "Thomas-Perkins",
    "org_contact_full_name": None,
    "primary_contact_phone": None,
    "primary_contact_email": None,
    "supplier_account_number": "",
    "additional_information": None,
    "request_date": "2018-04-10",
    "is_approved": False,
    "approved_by": None,
}
FULL = {
    "integrations": [
        {
            "record_uuid": f"i{number}",
            "integration_type": "items",
            "update_frequency": "* 20 12 3 8,9 *",
            "feed_source_file_locations": "ftp://foo:bar@baz.blerg",
            "file_specs": None,
            "rules": "",
            "date_created": "2018-04-09",
        }
        for number in (2, 1)
    ],
    "uploaded_files": [{"name": "Example Item File", "uuid": "f1"}],
    "record_uuid": FIRST,
    "org_name": "Gün 🚀",
    "org_contact_full_name": None,
    "primary_contact_phone": None,
    "primary_contact_email": None,
    "retailer_account_number": "",
    "additional_information": None,
    "request_date": "2018-04-09",
    "is_approved": True,
    "approved_by": {
        "uuid": "a1",
        "person": {
            "uuid": "p1",
            "first_name": "Joe",
            "last_name": "Account",
            "email": None,
            "phone": None,
            "job_title": None,
        },
    },
}


@pytest.fixture
async def store(database: Database) -> Database:
    await make_organization(database)
    await insert(
        database,
        "north",
        people=[{"id": "p1", "first_name": "Joe", "last_name": "Account"}],
        connection_requests=REQUESTS,
        approvals=[{"id": "a1", "connection_request_id": FIRST, "person_id": "p1"}],
        integrations=[
            {
                "id": f"i{number}",
                "connection_request_id": FIRST,
                "position": -number,
                "integration_type": "items",
                "update_frequency": "* 20 12 3 8,9 *",
                "feed_source_file_locations": "ftp://foo:bar@baz.blerg",
                "rules": "",
            }
            for number in (1, 2)
        ],
        files=[{"id": "f1", "position": 0, "name": "Example Item File"}],
        file_attachments=[{"id": "1", "connection_request_id": FIRST, "file_id": "f1", "position": 0}],
    )
    return database


@pytest.fixture
async def client(store: Database) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(store, (crux.VENDOR,)) as client:
        client.headers["Authorization"] = f"Token {await make_token(store)}"
        yield client


async def test_the_list_is_compact_json_in_the_documented_order(client: httpx2.AsyncClient) -> None:
    answer = await client.get(PATH)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "requests": [FULL, EMPTY],
        "pagination": {"total_count": 2, "start": 0, "limit": 50},
    }
    assert [list(each) for each in answer.json()["requests"]] == [list(FULL), list(EMPTY)]
    assert '"org_name":"Gün 🚀"' in answer.text
    assert answer.content.startswith(b'{"requests":[{"integrations":[{"record_uuid":"i2",')


async def test_both_reads_show_who_approved_and_only_the_list_has_an_envelope(client) -> None:
    listed = (await client.get(PATH)).json()["requests"]
    assert [each["approved_by"] for each in listed] == [FULL["approved_by"], None]
    assert (await client.get(PATH + FIRST)).json() == FULL


async def test_types_and_schedules_are_echoed_whatever_they_say(client) -> None:
    [one, _] = (await client.get(PATH + FIRST)).json()["integrations"]
    assert (one["integration_type"], one["update_frequency"]) == ("items", "* 20 12 3 8,9 *")
    assert one["feed_source_file_locations"] == "ftp://foo:bar@baz.blerg"


async def test_empty_and_null_account_numbers_differ_and_dates_have_no_time(client, store) -> None:
    await insert(
        store,
        "north",
        connection_requests=[
            {**REQUESTS[1], "id": "none", "retailer_account_number": None},
            {**REQUESTS[1], "id": "both", "supplier_account_number": "S"},
        ],
    )
    answers = [(await client.get(PATH + id)).json() for id in (FIRST, SECOND, "none", "both")]
    numbers = [{name: each[name] for name in each if name.endswith("_account_number")} for each in answers]
    assert numbers == [
        {"retailer_account_number": ""},
        {"supplier_account_number": ""},
        {"retailer_account_number": None},
        {"supplier_account_number": "S"},
    ]
    assert answers[1]["request_date"] == "2018-04-10"


@pytest.mark.parametrize("scheme", ["Token", "token", "Bearer"])
async def test_the_scheme_is_token_and_bearer_is_taken_too(client, store, scheme) -> None:
    headers = {"Authorization": f"{scheme} {await make_token(store)}"}
    assert (await client.get(PATH, headers=headers)).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/timp"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_every_form_of_a_path_is_answered_without_a_redirect(client, prefix, slash) -> None:
    listed = await client.get(prefix + PATH.rstrip("/") + slash)
    one = await client.get(f"{prefix}{PATH}{FIRST}{slash}")

    assert (listed.status_code, one.status_code) == (200, 200)
    assert one.json() == FULL


@pytest.mark.parametrize(
    ("query", "body", "start", "limit", "rows"),
    [
        ("", None, 0, 50, 2),
        ("", b"{}", 0, 50, 2),
        ("", b'{"start": 1, "limit": 1}', 1, 1, 1),
        ("", b'{"start": "1", "limit": "1"}', 1, 1, 1),
        ("", b'{"start": 1.5, "limit": true}', 0, 50, 2),
        ("start=0", b'{"start": 1, "limit": 7}', 0, 7, 2),
        ("start=1&start=0&limit=101", None, 0, 100, 2),
        ("start=2", None, 2, 50, 0),
        ("start=99999999999999999999999999", None, 2, 50, 0),
        ("start=-1&limit=-1", None, 0, 50, 2),
        ("start=x&limit=0", None, 0, 50, 2),
        ("limit=" + "9" * 5000, None, 0, 100, 2),
        ("limit=&start=%00", None, 0, 50, 2),
    ],
)
async def test_parameters_of_url_or_body_are_forced_and_echoed(
    client, query, body, start, limit, rows
) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"} if body else {}
    answer = await client.request("GET", f"{PATH}?{query}", content=body, headers=headers)

    assert answer.json()["pagination"] == {"total_count": 2, "start": start, "limit": limit}
    assert len(answer.json()["requests"]) == rows


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "detail"),
    [
        ("GET", PATH, {"Authorization": ""}, None, 401, "Authentication credentials were not provided."),
        (
            "GET",
            PATH,
            {"Authorization": "Basic Og=="},
            None,
            401,
            "Authentication credentials were not provided.",
        ),
        (
            "GET",
            PATH,
            {"Authorization": "Token"},
            None,
            401,
            "Invalid token header. No credentials provided.",
        ),
        (
            "GET",
            PATH,
            {"Authorization": "Token a b"},
            None,
            401,
            "Invalid token header. Token string should not contain spaces.",
        ),
        ("GET", PATH, {"Authorization": "Token wrong"}, None, 401, "Invalid token."),
        ("DELETE", PATH, {"Authorization": "Token wrong"}, None, 401, "Invalid token."),
        ("GET", PATH + "no-uuid/", {}, None, 404, "Not found."),
        ("GET", PATH + "access/", {}, None, 404, "Not found."),
        ("GET", PATH + "%00", {}, None, 404, "Not found."),
        ("GET", "/organizations/else", {}, None, 404, "Not found."),
        ("GET", "/timp", {}, None, 404, "Not found."),
        ("DELETE", PATH, {}, None, 405, 'Method "DELETE" not allowed.'),
        ("GET", "/organizations/files/upload/", {}, b"", 405, 'Method "GET" not allowed.'),
        (
            "GET",
            PATH,
            {"Content-Type": "text/plain"},
            b"{}",
            415,
            'Unsupported media type "text/plain" in request.',
        ),
        (
            "GET",
            PATH + FIRST,
            {"Content-Type": "text/plain"},
            b"x",
            415,
            'Unsupported media type "text/plain" in request.',
        ),
        (
            "GET",
            PATH,
            {"Content-Type": "application/json"},
            b"{",
            400,
            "JSON parse error - Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
    ],
)
async def test_refusals(client, method, path, headers, body, status, detail) -> None:
    answer = await client.request(method, path, headers=headers, content=body)

    assert (answer.status_code, answer.json()) == (status, {"detail": detail})
    assert answer.headers["content-type"] == "application/json"
    if status == 401:
        assert answer.headers["www-authenticate"] == "Token"
    if status == 405 and path == PATH:
        assert answer.headers["allow"] == "GET, HEAD, POST"


async def test_a_body_that_is_no_object_is_refused(client) -> None:
    answer = await client.request("GET", PATH, content=b"[]")
    assert answer.status_code == 400
    assert answer.json() == {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}


async def test_a_token_without_the_scope_read_is_forbidden(client, store) -> None:
    token = await make_token(store, "north", "write")
    answer = await client.get(PATH, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()) == (
        403,
        {"detail": "You do not have permission to perform this action."},
    )


async def test_another_organization_sees_nothing(client, store) -> None:
    await make_organization(store, "south")
    headers = {"Authorization": f"Token {await make_token(store, 'south')}"}

    listed = await client.get(PATH, headers=headers)
    one = await client.get(PATH + FIRST, headers=headers)

    assert listed.json() == {"requests": [], "pagination": {"total_count": 0, "start": 0, "limit": 50}}
    assert (one.status_code, one.json()) == (404, {"detail": "Not found."})


async def test_credentials_are_masked_without_the_scope_secrets(client, store) -> None:
    token = await make_token(store, "north", "read")
    answer = await client.get(PATH + FIRST, headers={"Authorization": f"Token {token}"})
    assert answer.json()["integrations"][0]["feed_source_file_locations"] == "ftp://***@baz.blerg"


async def test_head_is_get_without_the_body(client) -> None:
    got, head = await client.get(PATH), await client.head(PATH)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == got.headers


async def test_the_successor_is_named_and_the_retirement_told(store) -> None:
    settings = Settings(legacy_retirements=f"{PATH}=2026-10-01/2027-04-01T12:00:00Z, /timp=2026-01-01")
    async with client_of(store, (crux.VENDOR,), settings) as client:
        client.headers["Authorization"] = f"Token {await make_token(store)}"
        listed = await client.get(f"{PATH}?limit=2")
        timp = await client.get(f"/timp{PATH}{FIRST}/")
        plain = await client.get("/organizations/else")

    assert listed.headers["deprecation"] == "@1790812800"
    assert listed.headers["sunset"] == "Thu, 01 Apr 2027 12:00:00 GMT"
    assert listed.headers["link"].startswith("</graphql?documentId=sha256:")
    assert listed.headers["link"].endswith(
        '&variables=%7B%22first%22%3A2%2C%22offset%22%3A0%7D>; rel="successor-version"'
    )
    assert timp.headers["deprecation"] == "@1767225600"
    assert "sunset" not in timp.headers
    assert "deprecation" not in plain.headers
    assert "link" not in plain.headers
