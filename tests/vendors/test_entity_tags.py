"""Entity tags of single objects: of every vendor's, strong, and not sent again to who has them."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from gateway.http.entity_tags import entity_tag, is_named
from gateway.vendors import VENDORS
from tests.data import NORTH, fill
from tests.vendors.gateway import client_of, make_token

pytestmark = pytest.mark.anyio

OBJECTS = {
    "crux": ("/organizations/connections/request/r1/",),
    "opal": ("/v1/requests/r3",),
    "activecampaign": ("/api/3/connections/2",),
    "openint": ("/connection/conn_hubspot_1",),
}


@pytest.fixture
async def http(database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    database.vault = Vault([new_key()])
    await fill(database, NORTH)
    token = await make_token(database)
    async with client_of(database, VENDORS, are_objects_odd=True) as http:
        http.headers.update({"authorization": f"Bearer {token}", "api-token": token})
        yield http


def test_every_single_object_has_a_tag() -> None:
    shown = {vendor.name for vendor in VENDORS for each in vendor.served if each.shows_one}
    assert shown == set(OBJECTS)


@pytest.mark.parametrize("path", [path for paths in OBJECTS.values() for path in paths])
async def test_an_object_that_the_caller_has_is_not_sent_again(http, path) -> None:
    answer = await http.get(path)
    assert answer.status_code == 200
    tag = answer.headers["etag"]
    assert tag == entity_tag(answer.content)
    for known in (tag, f"W/{tag}", f'"a", {tag}', "*"):
        same = await http.get(path, headers={"if-none-match": known})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
        assert "content-length" not in same.headers
        assert same.headers["cache-control"] == answer.headers["cache-control"]
    for other in ('"a"', tag.strip('"'), ""):
        again = await http.get(path, headers={"if-none-match": other})
        assert (again.status_code, again.content) == (200, answer.content)
    absent = await http.get(
        path.replace("r1", "r9").replace("r3", "r9").replace("/2", "/9").replace("_1", "_9")
    )
    assert (absent.status_code, "etag" in absent.headers) == (404, False)


async def test_another_representation_has_another_tag(http, database) -> None:
    [path] = OBJECTS["crux"]
    everything = (await http.get(path)).headers["etag"]
    token = await make_token(database, "north", "read")
    masked = await http.get(path, headers={"authorization": f"Bearer {token}"})
    assert masked.headers["etag"] != everything
    assert "etag" not in (await http.get("/organizations/connections/request/")).headers


@pytest.mark.parametrize(
    ("field", "strongly", "weakly"),
    [
        ('"a"', True, True),
        ('"b", "a"', True, True),
        ('W/"a"', False, True),
        ('"b",W/"a"', False, True),
        (" * ", True, True),
        ("a", False, False),
        ('"A"', False, False),
        ('"aa"', False, False),
        ("", False, False),
    ],
)
def test_which_fields_name_a_tag(field, strongly, weakly) -> None:
    assert (is_named(field, '"a"'), is_named(field, '"a"', weakly=True)) == (strongly, weakly)
