"""Documents that share ids at every level: each comes back member for member, however they are divided into files."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gateway.db.database import Database
from gateway.db.ids import new_id
from gateway.db.vault import Vault, new_key
from gateway.exchange import staging
from gateway.exchange.exporting import export
from gateway.exchange.importing import Imported, import_files
from gateway.rest.vendor import Vendor
from gateway.vendors import crux, opal, openint
from tests.data import events_of
from tests.lengths import cases
from tests.vendors.gateway import client_of, make_organization, make_token

pytestmark = pytest.mark.anyio

ids = st.sampled_from(["a", "b", "c"])
words = st.sampled_from(["", "x", "y", None])
days = st.sampled_from(["2018-04-09", "2018-04-10"])


def objects(members: dict[str, Any], more: dict[str, Any]) -> st.SearchStrategy[dict]:
    """Objects with these members, perhaps with others, a few of them in another order."""
    made = st.fixed_dictionaries(members, optional={**more, "unknown": st.integers(0, 1)})
    turned = made.map(lambda each: dict(reversed(each.items())))
    return st.one_of(made, made, turned)


def lists(each: st.SearchStrategy[dict]) -> st.SearchStrategy[list]:
    return st.lists(each, max_size=4)


persons = objects({"uuid": ids}, dict.fromkeys(("first_name", "email", "job_title"), words))
of_crux = objects(
    {
        "record_uuid": ids,
        "request_date": days,
        "integrations": lists(
            objects({"record_uuid": ids, "integration_type": words.filter(bool)}, {"rules": words})
        ),
        "uploaded_files": lists(objects({"name": words.filter(bool), "uuid": ids}, {})),
        "approved_by": st.none() | objects({"uuid": ids, "person": persons}, {}),
    },
    {"org_name": words, "is_approved": st.booleans()},
)

instants = days.map("{}T00:00:00.000Z".format)
comments = objects(
    {"comment": words.filter(bool), "user_id": ids},
    {"id": ids, "created_at": instants, "updated_at": instants},
)
of_opal = objects(
    {
        "id": ids,
        "status": st.just("pending"),
        "created_at": instants,
        "updated_at": instants,
        "request_comments": lists(comments),
        "requested_items_list": st.lists(
            objects({"resource_id": ids}, {"name": words}), min_size=1, max_size=3
        ),
    },
    {"requester_id": ids, "reason": words},
)

times = days.map("{} 00:00:00+00".format)


def connection(drawn: dict) -> dict:
    """A connection that names its connector and its integration as the objects in it are named."""
    drawn["id"] = f"conn_{drawn['connector']['name']}_{drawn['id']}"
    drawn["connector_name"] = drawn["connector"]["name"]
    drawn["integration_id"] = drawn["integration"]["id"]
    return drawn


of_openint = objects(
    {
        "id": ids,
        "created_at": times,
        "updated_at": times,
        "settings": st.none() | st.fixed_dictionaries({"key": words}),
        "connector": objects({"name": ids}, {"display_name": words, "stage": words}),
        "integration": objects(
            {"id": ids, "connector_name": ids, "created_at": times, "updated_at": times}, {"name": words}
        ),
    },
    {"customer_id": words, "status": st.sampled_from(["healthy", "error"])},
).map(connection)


class Documents(NamedTuple):
    """A vendor's objects.

    Attributes:
        id: the member that identifies one.
        path: of one, with a place for its id.
    """

    vendor: Vendor
    id: str
    path: str


CRUX = Documents(crux.VENDOR, "record_uuid", "/organizations/connections/request/{}/")
OPAL = Documents(opal.VENDOR, "id", "/v1/requests/{}")
OPENINT = Documents(openint.VENDOR, "id", "/v1/connection/{}?include_secrets=true&expand=connector")


def text(document: dict) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


@pytest.fixture
def store(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    # What is shared is shared by several batches, too.
    monkeypatch.setattr(staging, "BATCH_RECORDS", 3)
    database.vault = Vault([new_key()])
    return database


async def load(store: Database, vendor: Vendor, organization: str, file: Path, lines: list[str]) -> Imported:
    file.write_text("\n".join(lines), "utf-8")
    return await import_files(store, vendor, organization, [file])


async def exported(store: Database, vendor: Vendor, organization: str) -> list[str]:
    return b"".join([lines async for lines in export(store, vendor, organization)]).decode().splitlines()


async def answers(store: Database, documents: Documents, organization: str, ids: list[str]) -> list[str]:
    """What the vendor's path of one object says of each."""
    scheme = "Token" if documents.vendor is crux.VENDOR else "Bearer"
    async with client_of(store, (documents.vendor,), are_objects_odd=True) as client:
        client.headers["Authorization"] = f"{scheme} {await make_token(store, organization)}"
        return [(await client.get(documents.path.format(id))).text for id in ids]


async def check(
    store: Database, folder: Path, documents: Documents, drawn: tuple[list[dict], list[dict]]
) -> None:
    """What is stored before, then a file: it comes back from path and export, and what comes back changes nothing."""
    vendor, file = documents.vendor, folder / "some.jsonl"
    organization, other = new_id(), new_id()
    for each in (organization, other):
        await make_organization(store, each)
    before, lines = ([text(each) for each in some] for some in drawn)
    wanted = {each[documents.id]: line for each, line in zip(drawn[1], lines, strict=True)}
    await load(store, vendor, organization, file, before)

    done = await load(store, vendor, organization, file, lines)
    written = await exported(store, vendor, organization)
    happened = await events_of(store, organization)
    same = await load(store, vendor, organization, file, written)
    again = await load(store, vendor, organization, file, list(wanted.values()))
    unchanged = await events_of(store, organization)
    await load(store, vendor, other, file, written)

    assert done.inserted + done.updated + done.unchanged == len(lines)
    assert set(wanted.values()) <= set(written)
    assert await answers(store, documents, organization, list(wanted)) == list(wanted.values())
    assert same == Imported(unchanged=len(written))
    assert again == Imported(unchanged=len(wanted))
    assert unchanged == happened
    assert await exported(store, vendor, other) == written


sampled = settings(
    deadline=None,
    derandomize=True,
    max_examples=cases(10, at_most=2000),
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def some(each: st.SearchStrategy[dict]) -> st.SearchStrategy[tuple[list[dict], list[dict]]]:
    return st.tuples(st.lists(each, max_size=4), st.lists(each, min_size=1, max_size=8))


@sampled
@given(some(of_crux))
async def test_requests_of_crux_that_share_ids_come_back(store, tmp_path, drawn) -> None:
    await check(store, tmp_path, CRUX, drawn)


@sampled
@given(some(of_opal))
async def test_requests_of_opal_that_share_ids_come_back(store, tmp_path, drawn) -> None:
    await check(store, tmp_path, OPAL, drawn)


@sampled
@given(some(of_openint))
async def test_connections_of_openint_that_share_ids_come_back(store, tmp_path, drawn) -> None:
    await check(store, tmp_path, OPENINT, drawn)
