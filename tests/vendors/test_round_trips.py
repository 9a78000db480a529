"""What is exported fills an empty store with all that the first one kept: its own export is the same again."""

import json
from itertools import product
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.administration import create_organization
from gateway.db.database import Database
from gateway.db.ids import new_id
from gateway.db.vault import Vault, new_key
from gateway.exchange.exporting import export
from gateway.exchange.importing import Imported, import_files
from gateway.rest.vendor import Vendor
from gateway.vendors import VENDORS, activecampaign
from tests.data import events_of
from tests.lengths import cases
from tests.vendors.gateway import client_of, make_token
from tests.vendors.test_activecampaign_files import DATES, PATH, SCALARS, SINGLE

pytestmark = pytest.mark.anyio


@pytest.fixture
def store(database: Database) -> Database:
    database.vault = Vault([new_key()])
    return database


async def new_organization(store: Database) -> str:
    return await create_organization(store, "Some", timezone="America/Chicago", organization_id=new_id())


async def load(store: Database, vendor: Vendor, organization: str, folder: Path, text: str) -> Imported:
    path = folder / "some.jsonl"
    path.write_text(text, "utf-8", "surrogatepass")
    return await import_files(store, vendor, organization, [path], formats=VENDORS)


async def exported(store: Database, vendor: Vendor, organization: str) -> str:
    return b"".join([lines async for lines in export(store, vendor, organization)]).decode()


async def check(
    store: Database, vendor: Vendor, organization: str, folder: Path, *, is_settled: bool = True
) -> str:
    """The export of an organization, which another one imports and exports, and which changes nothing where it was.

    Args:
        is_settled: whether nothing of what is kept has been outdated by a later document, which an import tidies up.
    """
    text, happened = await exported(store, vendor, organization), await events_of(store, organization, 0)
    other = await new_organization(store)
    await load(store, vendor, other, folder, text)
    again = await load(store, vendor, organization, folder, text)

    assert await exported(store, vendor, other) == text
    assert await exported(store, vendor, organization) == text
    if is_settled:
        assert again == Imported(unchanged=text.count("\n"))
        assert await events_of(store, organization, 0) == happened
    return text


def written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def test_what_only_the_form_of_one_connection_holds_is_exported(store, tmp_path) -> None:
    single = json.loads(SINGLE)
    single["connection"] = {"new": {"a": 1}, **single["connection"], "isInternal": False}
    here = await new_organization(store)
    await load(store, activecampaign.VENDOR, here, tmp_path, written(single))

    listed, of_one = (await check(store, activecampaign.VENDOR, here, tmp_path)).splitlines()
    assert json.loads(listed)["status"] == "1"
    assert of_one == written(single)


async def test_a_form_that_has_kept_nothing_is_not_exported(store, tmp_path) -> None:
    here = await new_organization(store)
    await load(store, activecampaign.VENDOR, here, tmp_path, SINGLE)
    assert len((await check(store, activecampaign.VENDOR, here, tmp_path)).splitlines()) == 1


async def test_forms_that_contradict_each_other_are_written_until_both_come_back(store, tmp_path) -> None:
    shop = {"service": "s", "externalid": "e", "id": "2"}
    here = await new_organization(store)
    of_one = written({"connection": {**shop, "status": "0"}})
    await load(store, activecampaign.VENDOR, here, tmp_path, of_one)
    await load(store, activecampaign.VENDOR, here, tmp_path, written({**shop, "status": "odd"}))

    listed = written({**shop, "status": "odd"})
    assert (await check(store, activecampaign.VENDOR, here, tmp_path)).splitlines() == [
        listed,
        of_one,
        listed,
        of_one,
    ]


FORM = st.fixed_dictionaries(
    {"service": st.just("s"), "id": st.sampled_from(["1", "2", "003"])},
    optional={
        **dict.fromkeys(("name", "isInternal", "status", "syncStatus", "listId", "new"), SCALARS),
        **dict.fromkeys(("lastSync", "cdate", "udate"), DATES),
    },
).flatmap(lambda members: st.permutations(list(members.items())).map(dict))


@settings(
    max_examples=cases(12, at_most=2000),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(drawn=st.lists(st.tuples(st.booleans(), FORM), min_size=1, max_size=5))
async def test_connections_in_any_forms_come_back(store, tmp_path, drawn) -> None:
    """In the order of the files that they came in, each of which may contradict the ones before."""
    here = await new_organization(store)
    for is_single, connection in drawn:
        answer = {"connection": connection} if is_single else {"connections": [connection]}
        await load(store, activecampaign.VENDOR, here, tmp_path, written(answer))
    await check(store, activecampaign.VENDOR, here, tmp_path)
    async with client_of(store, (activecampaign.VENDOR,), are_objects_odd=True) as client:
        client.headers["Api-Token"] = await make_token(store, here)
        last = drawn[-1][1]
        if drawn[-1][0]:
            answer = (await client.get(f"{PATH}/{int(last['id'])}")).text
            assert answer == written({"connection": last})


LEAST = {
    "crux": {"record_uuid": "a", "request_date": "2018-04-09"},
    "opal": {"id": "a", "status": "pending"},
    "activecampaign": {"id": "1", "service": "s"},
    "openint": {"id": "conn_x_1"},
}


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
async def test_an_object_with_the_members_of_an_answer_comes_back(store, tmp_path, vendor: Vendor) -> None:
    here = await new_organization(store)
    layout = vendor.layout
    least, name = LEAST[vendor.name], next(iter(layout.lists))
    members = (*layout.lists, *layout.single, *layout.without_records)
    every = list(product(members, ([], {}, [{}], [1], {"id": "b"}, None)))
    draw = Random(f"{vendor.name} {store.dialect_name}")  # others on the other database
    for hostile, value in draw.sample(every, min(cases(6), len(every))):
        text = written({hostile: value, **least})
        await load(store, vendor, here, tmp_path, f'{{"{name}":[{text}]}}')
        assert text in await check(store, vendor, here, tmp_path)


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_every_form_that_is_read_is_exported(vendor: Vendor) -> None:
    written = {
        shape for each in vendor.exports for shape in (each.shape, *(form.shape for form in each.also))
    }
    assert written == set(vendor.layout.shapes)
