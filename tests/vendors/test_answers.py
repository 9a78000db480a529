"""Every answer of every read that is served can be imported again, and changes nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway import demo
from gateway.administration import create_organization
from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from gateway.exchange.exporting import export
from gateway.exchange.importing import BadFile, Imported, import_files
from gateway.rest.vendor import Endpoint, Vendor
from gateway.vendors import VENDORS, openint
from gateway.vendors.openint.catalogue import load_catalogue
from tests.data import events_of
from tests.vendors.gateway import client_of, insert, make_token
from tests.vendors.test_round_trips import check, load, written

pytestmark = pytest.mark.anyio

IDS = {
    "crux": "6c822de1-8f9a-48ca-87c1-c5c788a6caf3",
    "opal": "7c86c85d-0651-43e2-a748-d69d658418e8",
    "activecampaign": "1",
    "openint": "conn_shopify_01JT3Q8Y5M2K7W4N9B6D1R0FXZ",
}
IN_NO_FILE = {
    "list-all-customers",
    "get-customer",
    "list-customers-of-connection",
    "get-connection-of-customer",
    "list-orders-of-customer",
    "getConnectorConfig",
    "listCustomers",
}
"""Reads of what is made by the vendors' own paths alone, or counted: no file of theirs has such objects."""

ENDPOINTS = [
    (vendor, each)
    for vendor in VENDORS
    for each in vendor.served
    if each.method == "GET" and each.operation_id not in IN_NO_FILE
]


def queries(endpoint: Endpoint[Any]) -> Iterator[dict[str, str]]:
    """No parameters, each that an answer may become longer or shorter by, and all of those together."""
    asked: dict[str, str] = {}
    for each in endpoint.parameters:
        if each.place == "query" and (
            each.schema.get("items", {}).get("enum") or each.name == "include_secrets"
        ):
            asked[each.name] = (each.schema.get("items", {}).get("enum") or ["true"])[0]
    yield {}
    yield from ({name: value} for name, value in asked.items())
    yield asked
    if any(each.name in ("limit", "page_size", "first") for each in endpoint.parameters):
        [name] = [each.name for each in endpoint.parameters if each.name in ("limit", "page_size", "first")]
        yield {name: "1"}


@pytest.fixture
async def store(database: Database, tmp_path: Path) -> Database:
    """The demonstration, with a catalogue of connectors, and people and comments that were made here."""
    database.vault = Vault([new_key()])
    await create_organization(database, "North", timezone="America/Chicago", organization_id="north")
    catalogue = tmp_path / "catalogue.json"
    catalogue.write_text(
        written([{"name": "zoom", "stage": "beta", "schemas": {"a": 1}, "has_openint_credentials": True}])
    )
    await load_catalogue(database, catalogue)
    await demo.import_demo(database, "north")
    opal, at = IDS["opal"], "2025-04-30 06:40:42+00"
    await insert(
        database,
        "north",
        people=[{"id": "ada", "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.org"}],
        comments=[{"id": "here", "connection_request_id": opal, "author_id": "ada", "body": "made here"}],
    )
    zoom = {"id": "conn_zoom_1", "connector_name": "zoom", "created_at": at, "updated_at": at}
    await load(database, openint.VENDOR, "north", tmp_path, written(zoom))
    return database


@pytest.mark.parametrize(
    ("vendor", "endpoint"),
    ENDPOINTS,
    ids=[f"{vendor.name}-{each.operation_id}" for vendor, each in ENDPOINTS],
)
async def test_an_answer_is_read_back_and_changes_nothing(
    store, tmp_path, vendor: Vendor, endpoint: Endpoint[Any]
) -> None:
    async def exported() -> bytes:
        return b"".join([each for every in VENDORS async for each in export(store, every, "north")])

    before = await exported()
    path = endpoint.path
    for each in endpoint.parameters:
        if each.place == "path":
            path = path.replace(f"{{{each.name}}}", IDS[vendor.name])
    token = await make_token(store)
    happened = await events_of(store, "north", 0)
    answers = 0
    async with client_of(store, (vendor,), are_objects_odd=True) as client:
        scheme = "Token" if vendor.name == "crux" else "Bearer"
        headers = {"Authorization": f"{scheme} {token}", "Api-Token": token}
        for query in queries(endpoint):
            answer = await client.get(vendor.prefixes[0] + path, params=query, headers=headers)
            assert answer.status_code == 200
            try:
                imported = await load(store, vendor, "north", tmp_path, answer.text)
            except BadFile as failure:
                pytest.fail(
                    f"{failure}: an import does not know this answer. If there are records in it, the vendor's layout "
                    "has to say where; if there are none, name its members in the layout's `without_records`, or the "
                    "endpoint in IN_NO_FILE if no file has such objects."
                )
            assert imported == Imported(unchanged=records(answer.json()))
            answers += 1
    assert answers >= 2
    assert await exported() == before
    assert await events_of(store, "north", 0) == happened


def records(answer: Any) -> int:
    """How many objects an answer has that are records."""
    if isinstance(answer, list):  # Crux's connections, of which nothing is kept
        return 0
    if set(answer) & {"comments", "connection", "record_uuid"}:
        return 1
    for name in ("requests", "edges", "connections", "items"):
        if name in answer:
            return len(answer[name])
    return 1 if "id" in answer else 0


async def test_what_the_catalogue_says_is_not_copied(store, tmp_path) -> None:
    """A connector of an answer that says something else is the organization's own, and comes back."""
    other = {"name": "zoom", "display_name": "Ours", "auth_type": "CUSTOM", "has_openint_credentials": True}
    new = {"name": "new", "stage": "ga"}
    page = {"items": [other, new], "total": 2}
    assert await load(store, openint.VENDOR, "north", tmp_path, written(page)) == Imported(inserted=2)

    lines = (await check(store, openint.VENDOR, "north", tmp_path)).splitlines()
    [zoom] = [line for line in lines if "conn_zoom_1" in line]
    assert json.loads(zoom)["connector"] == other
    assert lines[-1] == written({"items": [new]})


async def test_schemas_that_were_not_asked_for_stay(store, tmp_path) -> None:
    shopify = {"name": "shopify", "display_name": "Renamed"}
    assert await load(store, openint.VENDOR, "north", tmp_path, written({"items": [shopify]})) == Imported(
        updated=1
    )
    text = await check(store, openint.VENDOR, "north", tmp_path)
    assert '"schemas":{"connector_config"' in text


async def test_an_object_that_is_neither_is_told_as_a_connection(store, tmp_path) -> None:
    path = tmp_path / "neither.json"
    path.write_text('{"items":[{"stage":"ga"}]}')
    with pytest.raises(BadFile) as bad:
        await import_files(store, openint.VENDOR, "north", [path])
    assert "neither.json, line 1, items[0].id: It is missing." in bad.value.problems
