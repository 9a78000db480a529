"""OpenInt: what its clients ask to be sent beside a connector configuration (`expand`)."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from gateway.vendors.openint.catalogue import load_catalogue
from tests.vendors.gateway import make_organization, make_token
from tests.vendors.parity import open_gateway

pytestmark = pytest.mark.anyio

PATH = "/v1/connector-config"
CATALOGUE = """[{"name": "acme", "display_name": "Acme", "stage": "ga", "platforms": ["web"], "auth_type": "OAUTH2",
  "schemas": {"connection_settings": {"type": "object"}}, "has_openint_credentials": false}]"""
ACME = {
    "name": "acme",
    "display_name": "Acme",
    "stage": "ga",
    "platforms": ["web"],
    "auth_type": "OAUTH2",
    "has_openint_credentials": False,
}
WHOLE = {**ACME, "schemas": {"connection_settings": {"type": "object"}}}


@pytest.fixture
async def http(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """Configurations of a connector that is known and of one that is not, and two connections of the first."""
    database.vault = Vault([new_key()])
    await make_organization(database)
    (tmp_path / "catalogue.json").write_text(CATALOGUE)
    await load_catalogue(database, tmp_path / "catalogue.json")
    token = await make_token(database, "north", "read", "write", "secrets")
    async with open_gateway(database, database_url) as http:
        http.headers["Authorization"] = f"Bearer {token}"
        for name in ("acme", "other"):
            made = await http.post(PATH, json={"connector_name": name})
            if name == "acme":
                for customer in ("c1", "c2"):
                    data = {"connector_name": "acme", "settings": {"oauth": {}}}
                    body = {"connector_config_id": made.json()["id"], "customer_id": customer, "data": data}
                    assert (await http.post("/v1/connection", json=body)).status_code == 200
        yield http


def shown(answer: httpx2.Response) -> dict[str, dict]:
    """Of each configuration, by its connector's name, what was sent beside it."""
    assert answer.status_code == 200, answer.text
    return {
        each["connector_name"]: {
            name: each[name] for name in ("connector", "connection_count") if name in each
        }
        for each in answer.json()["items"]
    }


async def test_a_list_has_what_is_asked_for_and_nothing_else(http) -> None:
    for query, expected in (
        ("", {"acme": {}, "other": {}}),
        ("?expand=connector", {"acme": {"connector": ACME}, "other": {}}),
        ("?expand=connector.schemas", {"acme": {"connector": WHOLE}, "other": {}}),
        ("?expand=connection_count", {"acme": {"connection_count": 2}, "other": {"connection_count": 0}}),
        (
            "?expand=connector&expand=connector.schemas,connection_count",
            {"acme": {"connector": WHOLE, "connection_count": 2}, "other": {"connection_count": 0}},
        ),
    ):
        assert shown(await http.get(PATH + query)) == expected, query
    listed = (await http.get(f"{PATH}?expand=connector,connection_count&connector_names=acme")).json()
    assert list(listed["items"][0])[-3:] == ["config", "connector", "connection_count"]


async def test_one_configuration_has_what_is_asked_for(http) -> None:
    [id] = [each["id"] for each in (await http.get(f"{PATH}?connector_names=acme")).json()["items"]]
    plain = (await http.get(f"{PATH}/{id}")).json()
    assert (await http.get(f"{PATH}/{id}?expand=connector.schemas")).json() == plain
    whole = await http.get(f"{PATH}/{id}?expand=connector,connector.schemas,connection_count")
    assert whole.json() == {**plain, "connector": WHOLE, "connection_count": 2}


async def test_what_cannot_be_sent_beside_it_is_refused(http) -> None:
    for path in (PATH, f"{PATH}/ccfg_acme_1"):
        answer = await http.get(f"{path}?expand=connector,enabled_integrations")
        assert answer.status_code == 400
        assert answer.json()["issues"] == [
            {
                "received": "enabled_integrations",
                "code": "invalid_enum_value",
                "options": ["connector", "connector.schemas", "connection_count"],
                "path": ["expand", 1],
                "message": "Invalid enum value. Expected 'connector' | 'connector.schemas' | 'connection_count', "
                "received 'enabled_integrations'",
            }
        ]
