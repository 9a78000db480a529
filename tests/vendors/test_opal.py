"""Opal: its reads of access requests, as its documents show them and its SDKs call them."""

import base64
from collections.abc import AsyncIterator

import httpx2
import pytest

from gateway.db import tables as db
from gateway.db.database import Database
from gateway.settings import SettingError, Settings
from gateway.vendors import opal
from tests.data import changing
from tests.vendors.gateway import DAY, client_of, insert, make_organization, make_token

pytestmark = pytest.mark.anyio

PATH = "/v1/requests"
FIRST, SECOND, THIRD = "7c86c85d-0651-43e2-a748-d69d658418e8", "w86c85d-not-a-uuid", "r3"
ADA, BOB, GROUP = "c86c85d-0651-43e2-a748-d69d658418e8", "bob", "g86c85d-0651-43e2-a748-d69d658418e8"

ONE = {
    "id": FIRST,
    "organization_id": "north",
    "created_at": "2018-04-11T20:00:00.000Z",
    "updated_at": "2018-04-09T00:00:00.000Z",
    "requester_id": ADA,
    "target_user_id": BOB,
    "target_group_id": GROUP,
    "status": "pending",
    "reason": "I need this ż 🚀.",
    "duration_minutes": 1440,
    "requested_items_list": [
        {"resource_id": "res-2", "access_level_name": "AdminRole", "name": "Figma"},
        {"group_id": "group-1", "access_level_remote_id": "", "remote_id": "x", "remote_name": "y"},
    ],
    "request_comments": [
        {
            "id": comment,
            "created_at": created_at,
            "updated_at": "2018-04-09T00:00:00.000Z",
            "request_id": FIRST,
            "user_id": author,
            "comment": text,
        }
        for comment, created_at, author, text in (
            ("c2", "2018-04-09T00:00:00.000Z", ADA, "This is a comment."),
            ("c1", "2018-04-10T00:00:00.120Z", "", ""),
        )
    ],
}
TWO = {
    "id": SECOND,
    "organization_id": "north",
    "created_at": "2018-04-10T00:00:00.123Z",
    "updated_at": "2018-04-09T00:00:00.000Z",
    "requester_id": BOB,
    "status": "approved",
    "reason": "",
    "duration_minutes": -1,
    "request_comments": [],
}
THREE = {
    "id": THIRD,
    "organization_id": "north",
    "created_at": "2018-04-10T00:00:00.123Z",
    "updated_at": "2018-04-09T00:00:00.000Z",
    "requester_id": "",
    "status": "canceled",
    "reason": "",
    "request_comments": [],
}


async def fill(database: Database) -> None:
    at = {"created_at": DAY.replace(day=10, microsecond=123456), "requested_at": DAY}
    said = DAY.replace(day=10, microsecond=120999)
    await insert(
        database,
        "north",
        people=[
            {"id": ADA, "first_name": "Ada", "last_name": "Opal", "email": "ada@opal.example"},
            {"id": BOB},
        ],
        connection_requests=[
            {
                "id": FIRST,
                "kind": "access",
                "status": "pending",
                "created_at": DAY.replace(day=11, hour=20),
                "requested_at": DAY,
                "requester_id": ADA,
                "target_user_id": BOB,
                "target_group_id": GROUP,
                "reason": "I need this ż 🚀.",
                "duration_minutes": 1440,
            },
            {
                "id": SECOND,
                "kind": "access",
                "status": "approved",
                **at,
                "requester_id": BOB,
                "reason": "",
                "duration_minutes": -1,
            },
            {"id": THIRD, "kind": "access", "status": "canceled", **at},
            {"id": "trade", "kind": "trading_partner", "status": "pending", **at},
        ],
        comments=[
            {"id": "c1", "connection_request_id": FIRST, "created_at": said, "body": ""},
            {"id": "c2", "connection_request_id": FIRST, "author_id": ADA, "body": "This is a comment."},
        ],
        requested_items=[
            {
                "id": "q2",
                "connection_request_id": FIRST,
                "position": 1,
                "group_id": "group-1",
                "access_level_remote_id": "",
                "remote_id": "x",
                "remote_name": "y",
            },
            {
                "id": "q1",
                "connection_request_id": FIRST,
                "position": 0,
                "resource_id": "res-2",
                "access_level_name": "AdminRole",
                "name": "Figma",
            },
        ],
    )


@pytest.fixture
async def store(database: Database) -> Database:
    await make_organization(database)
    await fill(database)
    return database


@pytest.fixture
async def client(store: Database) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(store, (opal.VENDOR,)) as client:
        client.headers["Authorization"] = f"Bearer {await make_token(store)}"
        yield client


async def ids(client: httpx2.AsyncClient, query: str) -> list[str]:
    answer = await client.get(f"{PATH}?{query}")
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["requests"]]


async def test_the_list_is_compact_json_the_latest_first_without_a_cursor_on_the_last_page(client) -> None:
    answer = await client.get(PATH)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"requests": [ONE, TWO, THREE]}
    assert [list(each) for each in answer.json()["requests"]] == [list(ONE), list(TWO), list(THREE)]
    assert answer.content.startswith(b'{"requests":[{"id":"7c86c85d-0651-43e2-a748-d69d658418e8",')
    assert '"reason":"I need this ż 🚀."' in answer.text


async def test_ids_are_never_parsed_as_uuids(client) -> None:
    one = await client.get(f"{PATH}/{SECOND}")

    assert one.json() == TWO
    assert await ids(client, f"requester_id={ADA}") == [FIRST]
    assert await ids(client, "requester_id=bob") == [SECOND]
    assert await ids(client, "requester_id=%F0%9F%9A%80") == []


async def test_the_case_of_the_status_is_one_switch(store) -> None:
    async with client_of(store, (opal.VENDOR,), Settings(opal_status_case="upper")) as client:
        client.headers["Authorization"] = f"Bearer {await make_token(store)}"
        listed = (await client.get(PATH)).json()["requests"]
        one = (await client.get(f"{PATH}/{THIRD}")).json()
        relay = (await client.get(f"{PATH}/relay?status=canceled")).json()

    assert [each["status"] for each in listed] == ["PENDING", "APPROVED", "CANCELED"]
    assert one == {**THREE, "status": "CANCELED"}
    assert [edge["node"]["status"] for edge in relay["edges"]] == ["CANCELED"]


async def test_the_cursor_has_the_documented_form_and_is_never_empty(client) -> None:
    pages, query = [], "page_size=1"
    for _ in range(3):
        answer = (await client.get(f"{PATH}?{query}")).json()
        pages.append(answer)
        query = f"page_size=1&cursor={answer.get('cursor')}"

    assert [page["requests"] for page in pages] == [[ONE], [TWO], [THREE]]
    assert [base64.b64decode(page["cursor"]).decode() for page in pages[:2]] == [
        f'{{"created_at":"2018-04-11T20:00:00Z","value":"{FIRST}"}}',
        f'{{"created_at":"2018-04-10T00:00:00.123456Z","value":"{SECOND}"}}',
    ]
    assert list(pages[0]) == ["requests", "cursor"]
    assert "cursor" not in pages[2]


async def test_the_vendors_own_client_ends_its_loop(client) -> None:
    """It goes on while there is a text of a cursor, and there are as many requests as it asked for, if it did."""
    seen: list[str] = []
    parameters: dict[str, str] = {"show_pending_only": "false"}
    for _ in range(10):
        answer = (await client.get(PATH, params=parameters)).json()
        seen += [each["id"] for each in answer["requests"]]
        if not isinstance(answer.get("cursor"), str) or not answer["requests"]:
            break
        parameters["cursor"] = answer["cursor"]
    assert seen == [FIRST, SECOND, THIRD]


async def test_a_cursor_is_read_however_its_characters_came_through(client) -> None:
    text = '{"created_at":"2018-04-11T19:59:59Z","value":">>>???~~~\u00ff"}'
    cursor = base64.b64encode(text.encode()).decode()
    assert "+" in cursor
    url_safe = cursor.replace("+", "-").replace("/", "_")
    for each in (cursor, cursor.rstrip("="), cursor.replace("+", " "), url_safe):
        assert await ids(client, f"cursor={each}") == [SECOND, THIRD], each


async def test_an_empty_cursor_is_the_beginning_and_the_documents_own_is_one(client) -> None:
    documented = "eyJjcmVhdGVkX2F0IjoiMjAyMS0wMS0wNlQyMDo0NzowMFoiLCJ2YWx1ZSI6ImFkbWluIn0="
    assert await ids(client, "cursor=&page_size=1") == [FIRST]
    assert await ids(client, f"cursor={documented}") == [FIRST, SECOND, THIRD]


async def test_optional_members_are_omitted_and_the_examples_own_are_there(client) -> None:
    one = (await client.get(f"{PATH}/{THIRD}")).json()
    assert one == THREE
    assert None not in one.values()


async def test_clients_that_refuse_unknown_members_get_the_schemas_alone(store) -> None:
    async with client_of(store, (opal.VENDOR,), Settings(opal_members="schema")) as client:
        client.headers["Authorization"] = f"Bearer {await make_token(store)}"
        one = (await client.get(f"{PATH}/{FIRST}")).json()
        listed = (await client.get(PATH)).json()["requests"]
        comments = (await client.get(f"{PATH}/{FIRST}/comments")).json()["comments"]

    outside = {"organization_id", "request_comments"}
    assert one == listed[0] == {name: value for name, value in ONE.items() if name not in outside}
    assert [list(each) for each in comments] == [
        ["created_at", "request_id", "user_id", "user_full_name", "user_email", "comment"],
        ["created_at", "request_id", "user_id", "comment"],
    ]


FILTERS = [
    ("start_date_filter=2018-04-11", [FIRST]),
    ("start_date_filter=2018/04/11", [FIRST]),
    ("start_date_filter=2018-04-11T20:00:00Z", [FIRST]),
    ("start_date_filter=2018-04-11T20:00:00.000001Z", []),
    ("start_date_filter=2018-04-11T22:00:00%2B02:00", [FIRST]),
    ("start_date_filter=2018-04-11T22:00:01+02:00", []),
    ("start_date_filter=2018-04-11T22:00:00.000+0200", [FIRST]),
    ("start_date_filter=2018-04-11%2019:00:00", [FIRST]),
    ("end_date_filter=2018-04-10", [SECOND, THIRD]),
    ("end_date_filter=2018-04-09", []),
    ("end_date_filter=2018-04-11T20:00:00Z", [FIRST, SECOND, THIRD]),
    ("end_date_filter=2018-04-11T19:59:59.999999999Z", [SECOND, THIRD]),
    ("start_date_filter=2018-04-10&end_date_filter=2018-04-10", [SECOND, THIRD]),
    ("end_date_filter=9999-12-31&start_date_filter=0001-01-01", [FIRST, SECOND, THIRD]),
    ("target_user_id=bob", [FIRST]),
    ("target_user_id=%20", []),
    ("start_date_filter=&end_date_filter=&requester_id=&target_user_id=&resource_id=&group_id=",
     [FIRST, SECOND, THIRD]),
    ("cursor=&page_size=&show_pending_only=", [FIRST, SECOND, THIRD]),
    ("target_user_id=bob&target_user_id=", [FIRST, SECOND, THIRD]),
    ("resource_id=res-2", [FIRST]),
    ("resource_id=res", []),
    (f"group_id={GROUP}", [FIRST]),
    ("group_id=group-1", [FIRST]),
    ("group_id=res-2", []),
    ("show_pending_only=true", [FIRST]),
    ("show_pending_only=True", [FIRST]),
    ("show_pending_only=1", [FIRST]),
    ("show_pending_only=FALSE", [FIRST, SECOND, THIRD]),
    ("show_pending_only=0", [FIRST, SECOND, THIRD]),
    ("page_size=1000", [FIRST, SECOND, THIRD]),
    ("page_size=5&page_size=02", [FIRST, SECOND]),
    (f"requester_id={ADA}&target_user_id=bob&resource_id=res-2&group_id={GROUP}", [FIRST]),
    (f"requester_id={ADA}&target_user_id={ADA}", []),
    ("unknown=1&page_size=3", [FIRST, SECOND, THIRD]),
]  # fmt: skip


async def test_dates_come_alone_or_with_a_time_and_every_filter_holds(client) -> None:
    for query, expected in FILTERS:
        assert await ids(client, query) == expected, query


PAGE_SIZE = "page_size must be an integer between 1 and 1000."
START = "start_date_filter must be a date such as 2021-11-01 or a time such as 2021-11-01T00:00:00Z."
CURSOR = "cursor is not a cursor that this endpoint returned."


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


BAD = [
    ("page_size=1001", PAGE_SIZE),
    ("page_size=0", PAGE_SIZE),
    ("page_size=-1", PAGE_SIZE),
    ("page_size=%20", PAGE_SIZE),
    ("page_size=10.0", PAGE_SIZE),
    ("page_size=%D9%A1", PAGE_SIZE),
    ("page_size=" + "9" * 5000, PAGE_SIZE),
    ("start_date_filter=%20", START),
    ("start_date_filter=yesterday", START),
    ("start_date_filter=2018-02-30", START),
    ("start_date_filter=20180411", START),
    ("start_date_filter=2018-W15-3", START),
    ("start_date_filter=0001-01-01T00:00:00%2B10:00", START),
    ("end_date_filter=1523476800", START.replace("start", "end")),
    ("show_pending_only=yes", "show_pending_only must be true or false."),
    ("show_pending_only=%20", "show_pending_only must be true or false."),
    ("requester_id=%00", "requester_id must not hold the character NUL."),
    ("cursor=cD0yMDIxLTAxLTA2KzAzJTNBMjQlM0E1My40MzQzMjYlMkIwMCUzQTAw", CURSOR),
    ("cursor=%00", CURSOR),
    ("cursor=%C3%A9", CURSOR),
    ("cursor=" + encoded("[]"), CURSOR),
    ("cursor=" + encoded('{"created_at":"2018-04-11T20:00:00Z"}'), CURSOR),
    ("cursor=" + encoded('{"created_at":"2018-04-11","value":"x"}'), CURSOR),
    ("cursor=" + encoded('{"created_at":1,"value":"x"}'), CURSOR),
    ("cursor=" + encoded('{"created_at":"2018-04-11T20:00:00Z","value":1}'), CURSOR),
    ("cursor=" + encoded('{"created_at":"2018-04-11T20:00:00Z","value":"\\u0000"}'), CURSOR),
    ("cursor=" + encoded('{"created_at":"0001-01-01T00:00:00+10:00","value":"x"}'), CURSOR),
    ("cursor=" + encoded("[" * 5000), CURSOR),
]


async def test_bad_parameters_are_refused(client) -> None:
    for query, message in BAD:
        answer = await client.get(f"{PATH}?{query}")
        assert (answer.status_code, answer.json()) == (400, {"Message": message}), query
        assert answer.headers["content-type"] == "application/json"


REFUSED = [
    ("GET", PATH, "", 401, "Unauthorized"),
    ("GET", PATH, "Bearer", 401, "Unauthorized"),
    ("GET", PATH, "Bearer wrong", 401, "Unauthorized"),
    ("GET", PATH, "Token wrong", 401, "Unauthorized"),
    ("GET", f"{PATH}/absent", None, 404, "Not Found"),
    ("GET", f"{PATH}/trade", None, 404, "Not Found"),
    ("GET", f"{PATH}/%00", None, 404, "Not Found"),
    ("GET", f"{PATH}/trade/comments", None, 404, "Not Found"),
    ("GET", f"{PATH}/{FIRST}/else", None, 404, "Not Found"),
    ("PUT", PATH, None, 405, "Method Not Allowed"),
    ("GET", f"{PATH}/{FIRST}/deny", None, 405, "Method Not Allowed"),
]


async def test_the_key_of_an_error_is_message_with_a_capital(client) -> None:
    for method, path, authorization, status, message in REFUSED:
        headers = {} if authorization is None else {"Authorization": authorization}
        answer = await client.request(method, path, headers=headers)

        assert (answer.status_code, answer.json()) == (status, {"Message": message}), (method, path)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)
        if method == "POST" and path == PATH:
            assert answer.headers["allow"] == "GET, HEAD"


async def test_a_token_without_the_scope_read_is_forbidden(client, store) -> None:
    token = await make_token(store, "north", "write")
    answer = await client.get(PATH, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()) == (403, {"Message": "Forbidden"})


async def test_comments_name_their_authors(client) -> None:
    answer = await client.get(f"{PATH}/{FIRST}/comments")

    first, second = ONE["request_comments"]
    assert answer.json() == {
        "comments": [
            {**first, "user_full_name": "Ada Opal", "user_email": "ada@opal.example"},
            second,
        ]
    }
    assert list(answer.json()["comments"][0]) == [
        "id",
        "created_at",
        "updated_at",
        "request_id",
        "user_id",
        "user_full_name",
        "user_email",
        "comment",
    ]
    assert (await client.get(f"{PATH}/{SECOND}/comments")).content == b'{"comments":[]}'


async def test_the_relay_form_pages_both_ways(client) -> None:
    whole = (await client.get(f"{PATH}/relay")).json()
    cursors = [edge["cursor"] for edge in whole["edges"]]
    middle = (await client.get(f"{PATH}/relay", params={"first": 1, "after": cursors[0]})).json()
    last = (await client.get(f"{PATH}/relay", params={"last": "1"})).json()
    before = (await client.get(f"{PATH}/relay", params={"last": 1, "before": cursors[1]})).json()

    assert [edge["node"] for edge in whole["edges"]] == [ONE, TWO, THREE]
    assert list(whole) == ["edges", "pageInfo", "totalCount"]
    assert list(whole["edges"][0]) == ["node", "cursor"]
    assert whole["pageInfo"] == {
        "hasNextPage": False,
        "endCursor": cursors[2],
        "hasPreviousPage": False,
        "startCursor": cursors[0],
    }
    assert middle == {
        "edges": [{"node": TWO, "cursor": cursors[1]}],
        "pageInfo": {
            "hasNextPage": True,
            "endCursor": cursors[1],
            "hasPreviousPage": True,
            "startCursor": cursors[1],
        },
        "totalCount": 3,
    }
    assert [edge["node"] for edge in last["edges"]] == [THREE]
    assert (last["pageInfo"]["hasNextPage"], last["pageInfo"]["hasPreviousPage"]) == (False, True)
    assert [edge["node"] for edge in before["edges"]] == [ONE]
    assert (before["pageInfo"]["hasNextPage"], before["pageInfo"]["hasPreviousPage"]) == (True, False)


RELAY_FILTERS = [
    ("status=pending", [FIRST]),
    ("status=PENDING", [FIRST]),
    ("status=Denied", []),
    ("to=bob", [FIRST]),
    ("from=bob", [SECOND]),
    (f"from={ADA}&to=bob&status=pending&first=100", [FIRST]),
    ("from=&to=&status=&first=&after=&last=&before=", [FIRST, SECOND, THIRD]),
    ("first=&after=&last=1", [THIRD]),
]


async def test_the_relay_form_filters(client) -> None:
    for query, expected in RELAY_FILTERS:
        answer = (await client.get(f"{PATH}/relay?{query}")).json()
        assert [edge["node"]["id"] for edge in answer["edges"]] == expected, query
        assert answer["totalCount"] == (3 if "&last=1" in query else len(expected))
    page_info = {"hasNextPage": False, "endCursor": "", "hasPreviousPage": False, "startCursor": ""}
    nothing = {"edges": [], "pageInfo": page_info, "totalCount": 0}
    assert (await client.get(f"{PATH}/relay?status=denied")).json() == nothing


RELAY_BAD = [
    ("first=101", "first must be an integer between 1 and 100."),
    ("last=0", "last must be an integer between 1 and 100."),
    ("first=1&last=1", "Use either first/after or last/before, not both."),
    ("first=1&before=x", "Use either first/after or last/before, not both."),
    ("after=x", "after is not a cursor that this endpoint returned."),
    ("status=open", "status must be one of pending, approved, denied, canceled."),
]


async def test_the_relay_form_refuses(client) -> None:
    for query, message in RELAY_BAD:
        answer = await client.get(f"{PATH}/relay?{query}")
        assert (answer.status_code, answer.json()) == (400, {"Message": message}), query


async def test_another_organization_sees_nothing(client, store) -> None:
    await make_organization(store, "south")
    headers = {"Authorization": f"Bearer {await make_token(store, 'south')}"}
    customer = {"Authorization": f"Bearer {await make_token(store, 'north', 'read', customer_id='c')}"}

    for authorization in (headers, customer):
        assert (await client.get(PATH, headers=authorization)).content == b'{"requests":[]}'
        for path in (f"{PATH}/{FIRST}", f"{PATH}/{FIRST}/comments"):
            absent = await client.get(path.replace(FIRST, "absent"), headers=authorization)
            one = await client.get(path, headers=authorization)
            assert one.status_code == 404
            assert (one.content, one.headers) == (absent.content, absent.headers)
        relay = await client.get(f"{PATH}/relay", headers=authorization)
        assert relay.json()["totalCount"] == 0


async def test_a_list_takes_few_statements_however_long_it_is(client, store) -> None:
    async def statements(query: str) -> int:
        seen: list[str] = []
        store.on_statement = seen.append
        await client.get(f"{PATH}?{query}")
        store.on_statement = None
        return len([sql for sql in seen if "api_tokens" not in sql])

    # One of them is for requests that were made here: the case of the organization's documents.
    assert await statements("page_size=1") == await statements("page_size=200") == 4
    async with changing(store, "north") as write:
        rows = await write.rows(db.connection_requests, ["north"], key="organization_id")
        await write.update_many(db.connection_requests, [row.id for row in rows], {"status_case": "lower"})
    assert await statements("page_size=1") == await statements("page_size=200") == 3


async def test_head_and_a_final_slash_are_served(client) -> None:
    got, head = await client.get(f"{PATH}/{FIRST}/"), await client.head(f"{PATH}/{FIRST}")
    assert (got.status_code, got.json()) == (200, ONE)
    assert (head.status_code, head.content, head.headers) == (200, b"", got.headers)


@pytest.mark.parametrize("name", ["opal_status_case", "opal_members"])
def test_the_settings_are_checked(name) -> None:
    with pytest.raises(SettingError, match=f"GATEWAY_{name.upper()} must be"):
        Settings.from_environment({f"GATEWAY_{name.upper()}": "else"})
