"""Crux's documents: what was imported comes back, member for member, in order, from its paths and its export."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import demo
from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from gateway.exchange.exporting import export
from gateway.exchange.importing import import_files
from gateway.shapes.json_text import dumps, parse
from gateway.vendors import crux
from tests.data import events_of
from tests.lengths import cases
from tests.vendors.gateway import client_of, make_organization, make_token

pytestmark = pytest.mark.anyio

PATH = "/organizations/connections/request/"
DETAILED = "6c822de1-8f9a-48ca-87c1-c5c788a6caf3"

LIST = demo.FOLDER / "crux-list.json"
DETAIL = demo.FOLDER / "crux-detail.json"


def document(path: Path) -> str:
    """A printed document as compact JSON, its faults repaired by hand."""
    text = path.read_text("utf-8").replace('8980596",\n', '8980596"\n')
    return dumps(parse(text + ("}" if path == DETAIL else "")))


@pytest.fixture
async def store(database: Database) -> Database:
    await make_organization(database)
    return database


async def answer(store: Database, path: str) -> str:
    async with client_of(store, (crux.VENDOR,)) as client:
        headers = {"Authorization": f"Token {await make_token(store)}"}
        return (await client.get(path, headers=headers)).text


async def test_the_documents_are_as_printed() -> None:
    for path in (LIST, DETAIL):
        with pytest.raises(ValueError, match=r"Expecting|Illegal"):
            json.loads(path.read_text("utf-8"))


async def test_the_list_comes_back(store: Database) -> None:
    await import_files(store, crux.VENDOR, "north", [LIST])
    # The document prints two rows and counts nine; a store counts what it holds.
    printed = document(LIST).replace('"total_count":9', '"total_count":2')
    assert await answer(store, PATH) == printed


async def test_the_detail_comes_back(store: Database) -> None:
    await import_files(store, crux.VENDOR, "north", [DETAIL])
    assert await answer(store, f"{PATH}{DETAILED}/") == document(DETAIL)


async def test_in_the_demo_the_detail_wins_and_a_second_start_changes_nothing(store: Database) -> None:
    store.vault = Vault([new_key()])
    await demo.import_demo(store, "north")
    happened = await events_of(store, "north", 0)

    await demo.import_demo(store, "north")

    assert await events_of(store, "north", 0) == happened
    assert await answer(store, f"{PATH}{DETAILED}/") == document(DETAIL)
    listed = json.loads(await answer(store, PATH))["requests"]
    assert [each["org_name"] for each in listed] == ["G", "Thomas-Perkins"]


# Any object that Crux could have sent, and some that it could not.

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
odd_numbers = st.sampled_from(["1.10", "1e400", "-0", "-0.0", "1E+2", str(2**70), "0.1000"])
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
loose = st.none() | texts | json_values.filter(lambda value: not isinstance(value, str))
dates = st.none() | st.sampled_from(
    [
        "2018-04-09",
        "2018-04-12 23:38:06.923137+00:00",
        "2018-04-09T00:00:00Z",
        "2018-04-09T23:30:00-05:00",
        "20180409",
        "0001-01-01",
        "9999-12-31T23:59:59.999999Z",
    ]
)
ids = st.uuids().map(str)


def some_of(members: dict, required: tuple[str, ...]) -> st.SearchStrategy[dict]:
    """Objects of these members in any order, some left out, some unknown ones among them."""
    must = {name: members[name] for name in required}
    may = {name: value for name, value in members.items() if name not in required}
    unknown = st.dictionaries(st.text(max_size=6).map("x".__add__), json_values, max_size=2)
    together = st.builds(
        lambda known, new: {**known, **new}, st.fixed_dictionaries(must, optional=may), unknown
    )
    return st.one_of(
        together,
        together.flatmap(lambda each: st.permutations(list(each.items()))).map(dict),
    )


def number_placed(drawn: tuple[str, str]) -> str:
    """A record's text with a number in a spelling that no float keeps."""
    text, number = drawn
    return text[:-1] + f',"odd":{{"n":[{number}]}}}}'


integrations = some_of(
    {
        "record_uuid": ids,
        "integration_type": texts,
        "update_frequency": loose,
        "feed_source_file_locations": loose,
        "file_specs": loose,
        "rules": loose,
        "date_created": dates,
    },
    ("record_uuid", "integration_type"),
)
files = some_of({"name": texts, "uuid": ids}, ("name", "uuid"))
people = some_of(
    {
        "uuid": ids,
        **dict.fromkeys(("first_name", "last_name", "email", "phone", "job_title"), loose),
    },
    ("uuid",),
)
approvals = some_of({"uuid": ids, "person": people}, ("uuid", "person"))
nothing = st.none() | st.text(max_size=3) | st.integers()
requests = some_of(
    {
        "integrations": st.lists(integrations, max_size=3) | nothing,
        "uploaded_files": st.lists(files, max_size=2) | nothing,
        "record_uuid": ids,
        "org_name": loose,
        "org_contact_full_name": loose,
        "primary_contact_phone": loose,
        "primary_contact_email": loose,
        "retailer_account_number": loose,
        "supplier_account_number": loose,
        "additional_information": loose,
        "request_date": dates,
        "is_approved": st.booleans() | st.none(),
        "approved_by": approvals | nothing,
    },
    ("record_uuid",),
)
records = st.tuples(requests.map(json.dumps).map(parse).map(dumps), odd_numbers).map(number_placed)


@settings(
    deadline=None,
    derandomize=True,
    max_examples=cases(15, at_most=2000),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(records, min_size=1, max_size=4), st.booleans())
async def test_any_object_comes_back_to_the_byte(store: Database, tmp_path: Path, records, as_list) -> None:
    path = tmp_path / "records.json"
    path.write_text(f'{{"requests":[{",".join(records)}]}}' if as_list else "\n".join(records), "utf-8")

    await import_files(store, crux.VENDOR, "north", [path])
    written = b"".join([lines async for lines in export(store, crux.VENDOR, "north")]).decode().split("\n")
    again = await import_files(store, crux.VENDOR, "north", [path])

    assert set(records) <= set(written)
    assert (again.inserted, again.updated, again.removed) == (0, 0, 0)
