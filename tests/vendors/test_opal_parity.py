"""Opal's answers are the graph's, projected: random stores and parameters, each answer asked again by its own link."""

import base64
import itertools
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gateway.db.database import Database
from tests.lengths import cases
from tests.vendors.gateway import DAY, insert, make_organization, make_token
from tests.vendors.parity import compare, compare_statements, open_gateway

pytestmark = pytest.mark.anyio

PATH = "/v1/requests"

# The projection of the graph's answer, written from Opal's documents.


def instant(text: str) -> str:
    """Any ISO 8601 instant in UTC, with three digits of a second."""
    return datetime.fromisoformat(text).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def known(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def id_of(person: dict[str, Any] | None) -> str:
    return person["uuid"] if person else ""


def request(node: dict[str, Any]) -> dict[str, Any]:
    items = [
        known(
            resource_id=each["resourceId"],
            group_id=each["groupId"],
            access_level_name=each["accessLevelName"],
            access_level_remote_id=each["accessLevelRemoteId"],
            name=each["name"],
            remote_id=each["remoteId"],
            remote_name=each["remoteName"],
        )
        for each in node["requestedItems"]["nodes"]
    ]
    return known(
        id=node["uuid"],
        organization_id=node["organization"]["uuid"],
        created_at=instant(node["createdAt"]),
        updated_at=instant(node["updatedAt"]),
        requester_id=id_of(node["requester"]),
        target_user_id=node["targetUser"] and node["targetUser"]["uuid"],
        target_group_id=node["targetGroupId"],
        status=node["status"].lower(),
        reason=node["reason"] or "",
        duration_minutes=node["durationMinutes"],
        requested_items_list=items or None,
        request_comments=[comment(each, node["uuid"]) for each in node["comments"]["nodes"]],
    )


def comment(node: dict[str, Any], request_id: str, *, is_named: bool = False) -> dict[str, Any]:
    author = node["author"] if is_named else None
    names = [author[name] for name in ("firstName", "lastName") if author[name]] if author else []
    return known(
        id=node["uuid"],
        created_at=instant(node["createdAt"]),
        updated_at=instant(node["updatedAt"]),
        request_id=request_id,
        user_id=id_of(node["author"]),
        user_full_name=" ".join(names) or None,
        user_email=author["email"] or None if author else None,
        comment=node["body"],
    )


def cursor(node: dict[str, Any]) -> str:
    at = datetime.fromisoformat(node["createdAt"]).isoformat().replace("+00:00", "Z")
    text = json.dumps({"created_at": at, "value": node["uuid"]}, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(text.encode()).decode()


def detail(data: dict[str, Any], _: object) -> dict[str, Any]:
    return request(data["connectionRequest"])


def request_list(data: dict[str, Any], _: object) -> dict[str, Any]:
    found = data["connectionRequests"]
    answer: dict[str, Any] = {"requests": [request(node) for node in found["nodes"]]}
    if found["pageInfo"]["hasNextPage"]:
        answer["cursor"] = cursor(found["nodes"][-1])
    return answer


def request_connection(data: dict[str, Any], _: object) -> dict[str, Any]:
    found = data["connectionRequests"]
    cursors = [cursor(node) for node in found["nodes"]]
    return {
        "edges": [
            {"node": request(node), "cursor": text}
            for node, text in zip(found["nodes"], cursors, strict=True)
        ],
        "pageInfo": {
            "hasNextPage": found["pageInfo"]["hasNextPage"],
            "endCursor": cursors[-1] if cursors else "",
            "hasPreviousPage": found["pageInfo"]["hasPreviousPage"],
            "startCursor": cursors[0] if cursors else "",
        },
        "totalCount": found["totalCount"],
    }


def comments(data: dict[str, Any], _: object) -> dict[str, Any]:
    found = data["connectionRequest"]
    nodes = found["comments"]["nodes"]
    return {"comments": [comment(each, found["uuid"], is_named=True) for each in nodes]}


PROJECTIONS = {
    "requests": request_list,
    "relay": request_connection,
    "request": detail,
    "comments": comments,
}

# Random stores

NUMBERS = itertools.count()  # each example has an organization of its own in the test's store

PEOPLE = ["p1", "p2", "p3"]
INSTANTS = st.sampled_from([DAY + timedelta(hours=each, microseconds=each * 999) for each in range(0, 72, 7)])
TEXTS = st.none() | st.sampled_from(["", "x", "żółw 🚀"])
PERSON = st.none() | st.sampled_from(PEOPLE)
ITEM = st.fixed_dictionaries(
    dict.fromkeys(("resource_id", "group_id", "access_level_name", "name", "remote_id", "remote_name"), TEXTS)
)
COMMENT = st.fixed_dictionaries(
    {
        "created_at": INSTANTS,
        "updated_at": INSTANTS,
        "author_id": PERSON,
        "body": st.sampled_from(["", "x", "ü"]),
    }
)
REQUEST = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["access", "access", "access", "trading_partner"]),
        "status": st.sampled_from(["pending", "pending", "approved", "denied", "canceled"]),
        "created_at": INSTANTS,
        "updated_at": INSTANTS,
        "requester_id": PERSON,
        "target_user_id": PERSON,
        "target_group_id": TEXTS,
        "reason": TEXTS,
        "duration_minutes": st.none() | st.sampled_from([-1, 0, 1440, 2**31 - 1]),
        "comments": st.lists(COMMENT, max_size=3),
        "items": st.lists(ITEM, max_size=2),
    }
)


async def fill(database: Database, organization_id: str, requests: list[dict[str, Any]]) -> None:
    rows: dict[str, list[dict[str, Any]]] = {"connection_requests": [], "comments": [], "requested_items": []}
    for number, each in enumerate(requests):
        of = {"connection_request_id": f"r{number}"}
        own = {name: value for name, value in each.items() if name not in ("comments", "items")}
        rows["connection_requests"].append({"id": f"r{number}", "requested_at": DAY, **own})
        for index, child in enumerate(each["comments"]):
            rows["comments"].append({"id": f"c{number}-{index}", **of, **child})
        for index, child in enumerate(each["items"]):
            rows["requested_items"].append({"id": f"i{number}-{index}", "position": index, **of, **child})
    names = [("Ada", "Opal", "ada@opal.example"), (None, "Bob", ""), (None, None, None)]
    people = [
        {"id": id, "first_name": first, "last_name": last, "email": email}
        for id, (first, last, email) in zip(PEOPLE, names, strict=True)
    ]
    await insert(database, organization_id, people=people, **rows)


# Random parameters

DATES = st.sampled_from(["2018-04-09", "2018/04/10", "2018-04-10T10:00:00Z", "2018-04-11T04:00:00.002+01:00"])
TEXT = st.sampled_from(["", "x", "żółw 🚀", "absent"])
USER = st.sampled_from(["", *PEOPLE, "absent"])


def parameters_of(**values: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    """At most three of these parameters: more would leave no row to compare."""
    one = [value.map(lambda text, name=name: (name, text)) for name, value in values.items()]
    return st.lists(st.one_of(one), max_size=3).map(dict)


LIST = parameters_of(
    start_date_filter=DATES,
    end_date_filter=DATES,
    requester_id=USER,
    target_user_id=USER,
    resource_id=TEXT,
    group_id=TEXT,
    page_size=st.sampled_from(["1", "2", "1000"]),
    show_pending_only=st.sampled_from(["true", "0"]),
)
RELAY = st.tuples(
    st.sampled_from([("first", "after"), ("last", "before")]),
    st.sampled_from(["1", "2", "100"]),
    parameters_of(status=st.sampled_from(["pending", "APPROVED"]), to=USER, **{"from": USER}),
)


@pytest.fixture
async def http(database: Database, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with open_gateway(database, database_url) as http:
        yield http


@settings(
    max_examples=cases(8, at_most=2000),
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    requests=st.lists(REQUEST, min_size=4, max_size=10),
    parameters=st.lists(LIST, min_size=4, max_size=4),
    relay=RELAY,
)
async def test_every_answer_is_the_projection_of_its_successors(
    http: httpx2.AsyncClient,
    database: Database,
    requests: list[dict[str, Any]],
    parameters: list[dict[str, str]],
    relay: Any,
) -> None:
    organization_id = f"o{next(NUMBERS)}"
    await make_organization(database, organization_id)
    await fill(database, organization_id, requests)
    http.headers["Authorization"] = f"Bearer {await make_token(database, organization_id)}"

    for each in parameters:
        pages = 0
        while True:
            page = await compare(http, PATH, PROJECTIONS, each)
            pages += 1
            assert pages <= len(requests) + 1
            if "cursor" not in page:
                break
            each = {**each, "cursor": page["cursor"]}
    (count, place), size, wanted = relay
    page = await compare(http, f"{PATH}/relay", PROJECTIONS, {count: size, **wanted})
    if page["edges"]:
        edge = page["edges"][-1 if count == "first" else 0]
        await compare(http, f"{PATH}/relay", PROJECTIONS, {count: size, place: edge["cursor"]})
    for number, each in enumerate(requests):
        if each["kind"] == "access":
            path = f"{PATH}/r{number}"
            await compare(http, path, PROJECTIONS)
            await compare(http, f"{path}/comments", PROJECTIONS)


async def test_a_list_takes_no_more_statements_than_its_successor(http, database) -> None:
    await make_organization(database)
    comment = {"created_at": DAY, "updated_at": DAY, "author_id": "p1", "body": "x"}
    one = {
        "kind": "access",
        "status": "pending",
        "requester_id": "p1",
        "target_user_id": "p2",
        "comments": [comment] * 3,
        "items": [{"resource_id": "x"}] * 2,
    }
    await fill(database, "north", [one] * 50)
    http.headers["Authorization"] = f"Bearer {await make_token(database)}"
    few, many = f"{PATH}?page_size=2", f"{PATH}?page_size=50"

    assert len((await http.get(many)).json()["requests"]) == 50
    assert await compare_statements(database, http, few, many) == 4
