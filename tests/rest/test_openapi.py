"""The OpenAPI documents: committed, valid in themselves, and true to the documents that vendors print."""

import json
from collections.abc import Mapping
from pathlib import Path

import httpx2
import pytest
from jsonschema import Draft202012Validator
from starlette.applications import Starlette

from gateway.app import as_refused
from gateway.resolvers.errors import GatewayError, Unauthenticated
from gateway.rest.openapi import example, openapi
from gateway.rest.openapi_routes import openapi_routes
from gateway.vendors import VENDORS

pytestmark = pytest.mark.anyio

SNAPSHOTS = Path(__file__).parent.parent / "snapshots"
DOCUMENTS = [("openapi", VENDORS), *[(f"openapi-{vendor.name}", (vendor,)) for vendor in VENDORS]]


def operations(document):
    """Each path with what it says of one of its methods."""
    for path, item in document["paths"].items():
        yield from ((path, operation) for method, operation in item.items() if method != "description")


@pytest.mark.parametrize(("name", "vendors"), DOCUMENTS)
def test_the_documents_are_committed(name: str, vendors) -> None:
    assert json.loads((SNAPSHOTS / f"{name}.json").read_text("utf-8")) == openapi(vendors), (
        "if that is wanted, run `.venv/bin/python -m tests.rest.test_openapi`"
    )


def test_the_whole_is_the_sum_of_its_parts() -> None:
    whole, parts = openapi(VENDORS), [openapi((vendor,)) for vendor in VENDORS]
    for member in ("schemas", "securitySchemes"):
        assert whole["components"][member] == {
            name: value for part in parts for name, value in part["components"][member].items()
        }
    assert whole["paths"] == {name: item for part in parts for name, item in part["paths"].items()}


def test_operations_are_told_apart() -> None:
    ids = [operation["operationId"] for _, operation in operations(openapi(VENDORS))]
    assert len(ids) == len(set(ids))


def test_operations_say_who_may_call_them_and_what_new_programs_use() -> None:
    said = {
        operation["operationId"]: operation["description"] for _, operation in operations(openapi(VENDORS))
    }
    assert said["opal_approveRequest"] == (
        "Requires a token with the scope `approve`. In GraphQL, use the mutation `approveConnectionRequest`."
    )
    assert said["activecampaign_list_all_connections"] == (
        "Requires a token with the scope `read`. In GraphQL, use the query `viewer` and `connectedAccounts`."
    )
    assert said["crux_requestConnection"] == (
        "Requires a token with the scope `write`. The scope `read` is enough if the request means “Get a list of "
        "requested connections”. In GraphQL, use the mutation `createConnectionRequest`."
    )
    assert said["crux_login"] == "Requires no token. The response contains one."


def test_generators_of_clients_find_what_they_ask_for() -> None:
    """The items of every list, which OpenAPI 3.0 asked for, and tools still do."""

    def lists(value):
        if isinstance(value, list):
            for each in value:
                yield from lists(each)
        elif isinstance(value, dict):
            if value.get("type") == "array":
                yield value
            for each in value.values():
                yield from lists(each)

    found = list(lists(openapi(VENDORS)))
    assert found
    assert all("items" in each for each in found)


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_every_example_satisfies_its_schema(vendor) -> None:
    document = openapi((vendor,))
    shown = 0
    for _, operation in operations(document):
        for response in operation["responses"].values():
            content = response.get("content", {}).get("application/json")
            if content is None:
                continue
            validator = Draft202012Validator({**content["schema"], "components": document["components"]})
            examples = [content["example"]] if "example" in content else []
            examples += [each["value"] for each in content.get("examples", {}).values()]
            for value in examples:
                validator.validate(value)
                shown += 1
    assert shown


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_every_documented_answer_is_shown_by_an_endpoint(vendor) -> None:
    assert {each.example for each in vendor.endpoints} - {None} == set(vendor.examples)


def test_every_parameter_of_a_path_is_described() -> None:
    for path, operation in operations(openapi(VENDORS)):
        parameters = operation["parameters"]
        named = {each["name"] for each in parameters if each["in"] == "path"}
        assert all((f"{{{name}}}" in path) and path.count("{") == len(named) for name in named), path
        for each in parameters:
            Draft202012Validator.check_schema(each["schema"])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/organizations/connections/request/{record_uuid}/", "6c822de1-8f9a-48ca-87c1-c5c788a6caf3"),
        ("/api/3/connections/{id}", "1"),
        ("/v1/connection/{id}", "conn_shopify_01JT3Q8Y5M2K7W4N9B6D1R0FXZ"),
        ("/v1/customer/{customer_id}/token", "retailer-4711"),
        ("/v1/requests/{id}/approve", "7c86c85d-0651-43e2-a748-d69d658418e8"),
    ],
)
def test_the_examples_of_ids_are_those_of_the_documented_answers(path: str, value: str) -> None:
    """Which the demonstration has; nobody deletes by an example, since "1" is an id of any store."""
    for method, operation in openapi(VENDORS)["paths"][path].items():
        if method != "description":
            shown = [each.get("example") for each in operation["parameters"] if each["in"] == "path"]
            assert shown == [None if method == "delete" else value], method


def test_a_printed_documents_faults_are_repaired() -> None:
    assert example("crux-detail.json")["approved_by"]["person"]["first_name"] == "Joe"


async def test_it_is_served_to_whoever_has_a_token() -> None:
    async def admit(headers: Mapping[str, str]) -> None:
        if headers.get("authorization") != "Token good":
            raise Unauthenticated("The token is unknown, expired or revoked.")

    app = Starlette(routes=openapi_routes(VENDORS, admit), exception_handlers={GatewayError: as_refused})
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        for path, vendors in (("/openapi.json", VENDORS), ("/openapi/crux.json", VENDORS[:1])):
            for authorization in ({}, {"Authorization": "Token bad"}):
                refused = await client.get(path, headers=authorization)
                assert refused.status_code == 401
                assert refused.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
            answer = await client.get(path, headers={"Authorization": "Token good"})
            assert answer.headers["content-type"] == "application/json"
            assert answer.json() == openapi(vendors)
            assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("gzip", "Accept-Encoding")
            known = {"Authorization": "Token good", "If-None-Match": answer.headers["etag"]}
            assert (await client.get(path, headers=known)).status_code == 304
            assert (await client.get(path, headers={**known, "Authorization": ""})).status_code == 401


if __name__ == "__main__":
    for name, vendors in DOCUMENTS:
        text = json.dumps(openapi(vendors), indent=2, ensure_ascii=False)
        (SNAPSHOTS / f"{name}.json").write_text(f"{text}\n", "utf-8")
