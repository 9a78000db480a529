"""OpenInt's documents in and out: imported, read back from their paths, exported, byte for byte."""

import json
from pathlib import Path

import pytest

from gateway.db import tables as db
from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from gateway.demo import FOLDER
from gateway.exchange.exporting import export
from gateway.exchange.importing import Imported, import_files
from gateway.exchange.staging import BadFile
from gateway.resolvers.context import Context
from gateway.resolvers.viewer import Scope, Viewer
from gateway.settings import Settings
from gateway.vendors import openint
from gateway.vendors.openint.catalogue import load_catalogue
from tests.vendors.gateway import client_of, make_organization, make_token

pytestmark = pytest.mark.anyio

EXAMPLE = FOLDER / "openint-connection.json"
SHOP = "conn_shopify_01JT3Q8Y5M2K7W4N9B6D1R0FXZ"
EVERYTHING = "include_secrets=true&expand=connector"


def compact(text: str) -> str:
    """JSON text without insignificant white space."""
    return json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)


@pytest.fixture
async def store(database: Database) -> Database:
    database.vault = Vault([new_key()])
    await make_organization(database)
    return database


async def read(store: Database, path: str, *scopes: str, is_odd: bool = False) -> str:
    """
    Args:
        is_odd: what was imported is none of the documented shape, and so the answer is none either.
    """
    async with client_of(store, (openint.VENDOR,), are_objects_odd=True) as client:
        if is_odd:
            client.event_hooks = {}
        token = await make_token(store, "north", *scopes)
        return (await client.get(path, headers={"Authorization": f"Bearer {token}"})).text


async def exported(store: Database) -> str:
    return b"".join([lines async for lines in export(store, openint.VENDOR, "north")]).decode()


async def imported(store: Database, folder: Path, *texts: str) -> Imported:
    paths = []
    for number, text in enumerate(texts):
        paths.append(folder / f"{number}.json")
        paths[-1].write_text(text)
    return await import_files(store, openint.VENDOR, "north", paths)


async def test_the_documented_example_comes_back_byte_for_byte(store) -> None:
    first = await import_files(store, openint.VENDOR, "north", [EXAMPLE])
    again = await import_files(store, openint.VENDOR, "north", [EXAMPLE])

    document = compact(EXAMPLE.read_text())
    assert first == Imported(inserted=1)
    assert again == Imported(unchanged=1)
    assert await read(store, f"/v2/connection/{SHOP}?{EVERYTHING}") == document
    assert await read(store, f"/connection?{EVERYTHING}") == (
        f'{{"items":[{document}],"total":1,"limit":50,"offset":0,"has_next_page":false}}'
    )
    assert await exported(store) == f"{document}\n"


async def test_without_being_asked_for_the_example_has_neither_settings_nor_connector(store) -> None:
    await import_files(store, openint.VENDOR, "north", [EXAMPLE])
    example = json.loads(EXAMPLE.read_text())
    without = {name: value for name, value in example.items() if name not in ("settings", "connector")}

    assert json.loads(await read(store, f"/connection/{SHOP}")) == without
    assert json.loads(await read(store, f"/connection/{SHOP}?include_secrets=true", "read")) == without


ODD = (
    '{"metadata":{"b":1e400,"a":[1.10,-0.0,1180591620717411303424]},"id":"conn_x_1","surprise":{"ß":"\\ud83d\\ude80"},'
    '"customer_id":7,"connector_config_id":null,"integration_id":"","status":null,'
    '"created_at":"2025-04-30T06:40:42Z","updated_at":"2025-05-02 17:03:11.500+00","display_name":"",'
    '"disabled":null,"connector":{"has_openint_credentials":true,"name":"x","required_scopes":[]},"settings":null}'
)
OTHER = (
    '{"id":"conn_x-y_2","customer_id":null,"connector_config_id":null,"integration_id":null,"status_message":"",'
    '"created_at":"2025-04-30 06:40:42+00","updated_at":"2025-05-01 00:00:00+00","display_name":null,'
    '"disabled":true,"status":"odd","metadata":null,"connector_name":"x-y","settings":["a"]}'
)


async def test_whatever_no_column_holds_comes_back(store, tmp_path) -> None:
    done = await imported(store, tmp_path, f'{{"items":[{OTHER}],"total":9}}\n{ODD}')
    again = await imported(store, tmp_path, f"{ODD}\n{OTHER}")

    odd = ODD.replace("\\ud83d\\ude80", "🚀")
    assert (done, again) == (Imported(inserted=2), Imported(unchanged=2))
    assert await read(store, f"/connection/conn_x_1?{EVERYTHING}", is_odd=True) == odd
    assert await read(store, "/connection/conn_x-y_2?include_secrets=true", is_odd=True) == OTHER
    assert sorted((await exported(store)).splitlines()) == sorted([odd, OTHER])


async def test_what_was_not_asked_for_stays_as_it_was(store, tmp_path) -> None:
    await import_files(store, openint.VENDOR, "north", [EXAMPLE])
    members = json.loads(EXAMPLE.read_text())
    for name in ("settings", "connector", "integration"):
        del members[name]

    same = await imported(store, tmp_path, json.dumps(members))
    changed = await imported(
        store, tmp_path, json.dumps({**members, "status": "error", "integration_id": None})
    )

    assert (same, changed) == (Imported(unchanged=1), Imported(updated=1))
    whole = json.loads(await read(store, f"/connection/{SHOP}?{EVERYTHING}"))
    assert whole["status"] == "error"
    assert whole["updated_at"] == "2025-05-02 17:03:11.5+00"
    assert whole["settings"]["access_token"] == "shpat_example_not_a_secret"
    assert whole["connector"]["display_name"] == "Shopify"
    assert "integration" not in whole


async def test_a_connector_that_comes_later_is_shown(store, tmp_path) -> None:
    plain = {**json.loads(OTHER), "connector_name": "x-y"}
    await imported(store, tmp_path, json.dumps(plain))
    catalogue = tmp_path / "catalogue.json"
    catalogue.write_text('{"items":[{"name":"x-y","stage":"beta","has_openint_credentials":true}],"total":1}')

    loaded = await load_catalogue(store, catalogue)
    again = await load_catalogue(store, catalogue)

    assert (loaded, again) == (Imported(inserted=1), Imported(unchanged=1))
    shown = json.loads(await read(store, "/connection/conn_x-y_2?expand=connector"))
    assert shown["connector"] == {"name": "x-y", "stage": "beta", "has_openint_credentials": True}
    listed = json.loads(await read(store, "/connector"))
    assert listed["items"] == [shown["connector"]]


async def test_an_imported_connector_never_changes_the_catalogue(store, tmp_path) -> None:
    catalogue = tmp_path / "catalogue.json"
    catalogue.write_text('[{"name":"shopify","display_name":"Of the catalogue"}]')
    await load_catalogue(store, catalogue)
    await import_files(store, openint.VENDOR, "north", [EXAMPLE])
    await make_organization(store, "south")

    async def name(organization_id: str) -> str:
        context = Context(store, Viewer(organization_id, frozenset(Scope), "test"), Settings())
        found = await context.rows(db.connectors, ["shopify"], columns=("id", "display_name"))
        return str(found["shopify"].display_name)

    assert (await name("north"), await name("south")) == ("Shopify", "Of the catalogue")


async def test_the_same_connection_may_live_in_several_organizations(store) -> None:
    await make_organization(store, "south")
    for organization_id in ("north", "south"):
        done = await import_files(store, openint.VENDOR, organization_id, [EXAMPLE])
        assert done == Imported(inserted=1)


BAD = [
    ({"id": "cus_1"}, 'id: It must start with conn_. It is "cus_1".'),
    ({"id": 5}, "id: It must be a text. It is 5."),
    (
        {"created_at": "<string>"},
        f'created_at (id {SHOP}): It must be a time, such as 2025-04-30 06:40:42.870726+00. It is "<string>".',
    ),
    ({"disabled": "no"}, f'disabled (id {SHOP}): It must be true or false. It is "no".'),
    (
        {"connector_name": "other"},
        f'connector.name (id {SHOP}): Its name must be the one that the connection has. It is "shopify".',
    ),
    (
        {"integration_id": None},
        f"integration.id (id {SHOP}): Its id must be the one that the connection has. "
        'It is "int_shopify_eu-store".',
    ),
]


async def test_a_bad_record_is_named_and_nothing_is_stored(store, tmp_path) -> None:
    members = json.loads(EXAMPLE.read_text())
    for change, problem in BAD:
        with pytest.raises(BadFile) as bad:
            await imported(store, tmp_path, f"{OTHER}\n{json.dumps({**members, **change})}")

        assert bad.value.problems[0] == f"0.json, line 2, {problem}"
    assert await exported(store) == ""
