"""Crux's answers are the graph's, projected: random stores, parameters and scopes."""

import itertools
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.administration import create_organization
from gateway.db.database import Database
from tests.lengths import cases
from tests.vendors.gateway import DAY, insert, make_organization, make_token
from tests.vendors.parity import compare, compare_statements, open_gateway, statements, successor

pytestmark = pytest.mark.anyio

PATH, CONNECTIONS = "/organizations/connections/request/", "/organizations/connections/"

# The projection of the graph's answer, written from Crux's documents.


def request(node: dict[str, Any]) -> dict[str, Any]:
    is_suppliers = node["supplierAccountNumber"] is not None
    whose = "supplier" if is_suppliers else "retailer"
    return {
        "integrations": [integration(each) for each in node["integrations"]["nodes"]],
        "uploaded_files": [
            {"name": each["name"], "uuid": each["uuid"]} for each in node["uploadedFiles"]["nodes"]
        ],
        "record_uuid": node["uuid"],
        "org_name": node["orgName"],
        "org_contact_full_name": node["orgContactFullName"],
        "primary_contact_phone": node["primaryContactPhone"],
        "primary_contact_email": node["primaryContactEmail"],
        f"{whose}_account_number": node[f"{whose}AccountNumber"],
        "additional_information": node["additionalInformation"],
        "request_date": node["requestedAt"][:10],
        "is_approved": node["isApproved"],
        "approved_by": approval(node["approvedBy"]),
    }


def integration(node: dict[str, Any]) -> dict[str, Any]:
    return {
        "record_uuid": node["uuid"],
        "integration_type": node["integrationType"],
        "update_frequency": node["updateFrequency"],
        "feed_source_file_locations": node["feedSourceFileLocations"],
        "file_specs": node["fileSpecs"],
        "rules": node["rules"],
        "date_created": node["createdAt"][:10],
    }


def approval(node: dict[str, Any] | None) -> dict[str, Any] | None:
    if node is None:
        return None
    return {"uuid": node["uuid"], "person": person(node["person"])}


def person(node: dict[str, Any]) -> dict[str, Any]:
    return {
        "uuid": node["uuid"],
        "first_name": node["firstName"],
        "last_name": node["lastName"],
        "email": node["email"],
        "phone": node["phone"],
        "job_title": node["jobTitle"],
    }


def request_list(data: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    found = data["connectionRequests"]
    total = found["totalCount"]
    return {
        "requests": [request(node) for node in found["nodes"]],
        "pagination": {
            "total_count": total,
            "start": min(variables["offset"], total),
            "limit": variables["first"],
        },
    }


def request_detail(data: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    assert data["connectionRequest"]["kind"] == "TRADING_PARTNER"
    return request(data["connectionRequest"])


def connections(data: dict[str, Any], variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = data["connectionRequests"]
    assert found["pageInfo"]["hasNextPage"] is False
    return [connection(node, data["viewer"]["organization"]) for node in found["nodes"]]


def connection(node: dict[str, Any], organization: dict[str, Any]) -> dict[str, Any]:
    manager = approval(node["approvedBy"])
    nobody = dict.fromkeys(("uuid", "firstName", "lastName", "email", "phone", "jobTitle")) | {"uuid": ""}
    own = (organization["uuid"], organization["name"], organization["createdAt"])
    other = (node["uuid"], node["orgName"], node["requestedAt"])
    requester = person(node["requester"] or nobody)
    is_suppliers = organization["kind"] == "SUPPLIER"
    sides = [(own, manager, requester), (other, None, contact(node))]
    retailer, supplier = reversed(sides) if is_suppliers else sides
    return {
        "uuid": node["uuid"],
        "retailer": party("RETAILER", *retailer),
        "supplier": party("SUPPLIER", *supplier),
        "status": "ACTIVE",
        "account_manager": manager,
        "allocation_type": None,
        "suppliers_retailer_account_number": node["retailerAccountNumber"],
        "retailers_supplier_account_number": node["supplierAccountNumber"],
        "deactivated_date": None,
    }


def party(side: str, trader: Any, manager: Any, contact: dict[str, Any]) -> dict[str, Any]:
    uuid, name, at = trader
    whole, _, fraction = at.removesuffix("Z").partition(".")
    return {
        "uuid": uuid,
        "organization": {
            "uuid": uuid,
            "name": name,
            "website": None,
            "org_type": side,
            "status": "ACTIVE",
            "created_date": f"{whole}.{fraction:0<6}Z",
            "active_date": None,
            "account_manager": manager,
            "retailer_uuid": uuid if side == "RETAILER" else "",
            "supplier_uuid": uuid if side == "SUPPLIER" else "",
        },
        "contact": contact,
    }


def contact(node: dict[str, Any]) -> dict[str, Any]:
    first, last = None, None
    if (name := node["orgContactFullName"]) is not None:
        first, last = name.rsplit(" ", 1) if " " in name else (name, "")
    return {
        "uuid": node["uuid"],
        "first_name": first,
        "last_name": last,
        "email": node["primaryContactEmail"],
        "phone": node["primaryContactPhone"],
        "job_title": None,
    }


PROJECTIONS = {"requests": request_list, "request": request_detail, "connections": connections}

# Random stores

NUMBERS = itertools.count()  # each example has an organization of its own in the test's store

INSTANTS = st.sampled_from([DAY + timedelta(hours=each, microseconds=each) for each in range(0, 72, 7)])
TEXTS = st.none() | st.sampled_from(["", "x", "żółw 🚀", "ftp://u:secret@h/x", '"\\\n'])
INTEGRATION = st.fixed_dictionaries(
    {
        "integration_type": st.sampled_from(["items", "order", ""]),
        "update_frequency": TEXTS,
        "feed_source_file_locations": TEXTS,
        "file_specs": TEXTS,
        "rules": TEXTS,
        "created_at": INSTANTS,
    }
)
REQUEST = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["trading_partner", "trading_partner", "access"]),
        "status": st.sampled_from(["pending", "approved", "denied", "canceled"]),
        "requested_at": INSTANTS,
        "org_name": TEXTS,
        "org_contact_full_name": TEXTS | st.sampled_from(["Ludwig van Beethoven", " "]),
        "requester_id": st.sampled_from([None, "p1"]),
        "primary_contact_phone": TEXTS,
        "primary_contact_email": TEXTS,
        "retailer_account_number": TEXTS,
        "supplier_account_number": TEXTS,
        "additional_information": TEXTS,
        "integrations": st.lists(INTEGRATION, max_size=3),
        "files": st.lists(st.sampled_from(["a.csv", "", "ä"]).map(lambda name: {"name": name}), max_size=2),
        "approved_by": st.none() | st.sampled_from(["p0", "p1"]),
    }
)


async def fill(database: Database, organization_id: str, requests: list[dict[str, Any]]) -> None:
    names = ("connection_requests", "approvals", "integrations", "files", "file_attachments")
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for number, each in enumerate(requests):
        own = {name: value for name, value in each.items() if name not in (*names, "approved_by")}
        of = {"connection_request_id": f"r{number}"}
        rows["connection_requests"].append({"id": f"r{number}", **own})
        for index, child in enumerate(each["integrations"]):
            rows["integrations"].append({"id": f"{number}-{index}", "position": index, **of, **child})
        for index, file in enumerate(each["files"]):
            # the first file of a request is a file of the next one, too
            rows["files"].append({"id": f"{number}-{index}", "position": index, **file})
            beside = [number, number + 1] if index == 0 and number + 1 < len(requests) else [number]
            rows["file_attachments"] += [
                {
                    "id": f"{number}-{index}-{request}",
                    "connection_request_id": f"r{request}",
                    "file_id": f"{number}-{index}",
                    "position": index,
                }
                for request in beside
            ]
        if each["approved_by"] is not None:
            rows["approvals"].append({"id": f"a{number}", "person_id": each["approved_by"], **of})
    people = [{"id": "p0"}, {"id": "p1", "first_name": "Joe", "phone": "", "job_title": "ü"}]
    await insert(database, organization_id, people=people, **rows)


# Random parameters

NUMBER = st.sampled_from(["", "x", "-1", "0", "1", "2", "5", "100", "101", "99999999999999999999"])
LIST = st.fixed_dictionaries({}, optional={"start": NUMBER, "limit": NUMBER})
BODY = st.none() | st.fixed_dictionaries({}, optional={"start": NUMBER | st.integers(-1, 9), "limit": NUMBER})


@pytest.fixture
async def http(database: Database, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with open_gateway(database, database_url) as http:
        yield http


@settings(
    max_examples=cases(14, at_most=2000),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(
    requests=st.lists(REQUEST, max_size=6),
    parameters=st.lists(st.tuples(LIST, BODY), min_size=3, max_size=3),
    scopes=st.sampled_from([("read",), ("read", "secrets")]),
    kind=st.sampled_from(["retailer", "supplier", "none"]),
)
async def test_every_answer_is_the_projection_of_its_successors(
    http, database, requests, parameters, scopes, kind
) -> None:
    organization_id = f"o{next(NUMBERS)}"
    await create_organization(database, "Ftp://u:secret@h/x", kind=kind, organization_id=organization_id)
    await fill(database, organization_id, requests)
    http.headers["Authorization"] = f"Token {await make_token(database, organization_id, *scopes)}"

    for query, body in parameters:
        await compare(http, PATH, PROJECTIONS, query, body=body)
    await compare(http, CONNECTIONS, PROJECTIONS)
    for number, each in enumerate(requests):
        if each["kind"] == "trading_partner":
            await compare(http, f"/timp{PATH}r{number}", PROJECTIONS)


async def test_a_list_takes_no_more_statements_than_its_successor(http, database) -> None:
    await make_organization(database)
    one = {
        "kind": "trading_partner",
        "status": "approved",
        "requested_at": DAY,
        "integrations": [{"integration_type": "items"}] * 3,
        "files": [{"name": "f"}] * 2,
        "approved_by": "p0",
    }
    await fill(database, "north", [one] * 50)
    http.headers["Authorization"] = f"Token {await make_token(database)}"

    assert await compare_statements(database, http, f"{PATH}?limit=1", f"{PATH}?limit=50") == 5


async def test_connections_take_as_many_statements_for_one_as_for_many(http, database) -> None:
    await make_organization(database)
    one = {"kind": "trading_partner", "status": "approved", "requested_at": DAY, "approved_by": "p0"}
    one |= {"requester_id": "p1", "integrations": [], "files": []}
    http.headers["Authorization"] = f"Token {await make_token(database)}"
    counted = []
    await fill(database, "north", [one])
    counted.append(await statements(database, http, CONNECTIONS))
    link = successor(await http.get(CONNECTIONS))
    assert counted[0] <= await statements(database, http, link)
    await make_organization(database, "south")
    await fill(database, "south", [one] * 50)
    http.headers["Authorization"] = f"Token {await make_token(database, 'south')}"
    counted.append(await statements(database, http, CONNECTIONS))
    assert counted == [4, 4]
