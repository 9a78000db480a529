"""Whatever JSON a file holds: each record is refused by its place, or comes back from paths and exports as it was."""

import json
import random
import re
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest

from gateway.administration import create_organization
from gateway.db.database import Database
from gateway.db.ids import now
from gateway.db.statements import row_class
from gateway.db.tables import organizations
from gateway.db.vault import Vault, new_key
from gateway.exchange import staging
from gateway.exchange.exporting import export
from gateway.exchange.importing import BadFile, Imported, import_files
from gateway.exchange.reading import Source
from gateway.exchange.records import Shapes
from gateway.rest.vendor import Vendor
from gateway.vendors import activecampaign, crux, opal, openint
from tests.exchange import hostile
from tests.lengths import cases
from tests.vendors.gateway import client_of, make_token

pytestmark = pytest.mark.anyio

VENDORS = {each.VENDOR.name: each.VENDOR for each in (activecampaign, crux, openint, opal)}
EVERY = sorted(VENDORS)
MAKE: dict[str, hostile.Make] = {name: getattr(hostile, name) for name in EVERY}
KEY = {name: VENDORS[name].layout.shapes[0].key_member for name in EVERY}

DOCUMENTS = cases(30)
"""So many of the some 2,000 of a vendor are tried in one run; others on the other database."""

# What answers have only where it was asked for: a record without it says nothing of it, and others may.
ON_REQUEST = {"connector", "integration"}

LISTS = {
    "activecampaign": "/api/3/connections?limit=100&offset={start}",
    "crux": "/organizations/connections/request/?limit=100&start={start}",
    "openint": "/connection?limit=100&offset={start}&include_secrets=true&expand=connector",
    "opal": "/v1/requests?page_size=100&cursor={cursor}",
}
RECORDS = {"activecampaign": "connections", "crux": "requests", "openint": "items", "opal": "requests"}


def meaning(text: str) -> Any:
    """JSON text as a value in which numbers are their digits and members have an order."""
    return json.loads(
        text,
        parse_int=lambda digits: ("number", digits),
        parse_float=lambda digits: ("number", digits),
        object_pairs_hook=lambda pairs: ("object", pairs),
    )


def by_key(vendor: str, texts: Iterable[str]) -> dict[str, list[tuple[str, Any]]]:
    """The members of each record by what identifies it; the last one wins."""
    return {key_of(vendor, each): each[1] for each in map(meaning, texts)}


def key_of(vendor: str, record: Any) -> str:
    key = dict(record[1])[KEY[vendor]]
    return key[1] if isinstance(key, tuple) else key


def without_more(found: list[tuple[str, Any]], wanted: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The members found, without those on request that are not among the wanted ones."""
    names = dict(wanted)
    return [each for each in found if each[0] in names or each[0] not in ON_REQUEST]


class Store:
    """A database, and what one vendor's files make of it."""

    def __init__(self, database: Database, vendor: str, folder: Path) -> None:
        self.database = database
        self.vendor: Vendor = VENDORS[vendor]
        self._path = folder / "f.json"

    async def read(self, texts: Iterable[str], organization: str = "north") -> Imported:
        self._path.write_text("\n".join(texts))
        return await import_files(self.database, self.vendor, organization, [self._path])

    def refusal(self, text: str) -> str | None:
        """Why a record is refused, if it is."""
        self._path.write_text(text)
        known = {"id": "north", "timezone": "UTC"}
        owner = row_class(tuple(organizations.c.keys()))._make(map(known.get, organizations.c.keys()))
        try:
            staging.stage(
                Source(self._path), self.vendor.layout, Shapes(self.vendor.layout.shapes, now(), owner)
            ).close()
        except BadFile as refused:
            return refused.problems[0]
        return None

    async def conflict(self, texts: Iterable[str]) -> str | None:
        """Read records, and say why they are refused, if they are."""
        try:
            await self.read(texts)
        except BadFile as refused:
            return str(refused)
        return None

    async def exported(self, organization: str = "north") -> list[str]:
        found = [lines async for lines in export(self.database, self.vendor, organization)]
        return b"".join(found).decode().split("\n")[:-1]

    async def answers(self) -> AsyncIterator[str]:
        """Every page of the vendor's list."""
        token = await make_token(self.database)
        headers = {"Authorization": f"Token {token}" if self.vendor.name == "crux" else f"Bearer {token}"}
        start, cursor = 0, ""
        async with client_of(self.database, (self.vendor,), are_objects_odd=True) as client:
            while True:
                path = LISTS[self.vendor.name].format(start=start, cursor=cursor)
                answer = await client.get(path, headers={**headers, "Api-Token": token})
                assert answer.status_code == 200
                page = answer.json()
                if records := page[RECORDS[self.vendor.name]]:
                    yield answer.text
                start, cursor = start + len(records), page.get("cursor") or ""
                if not records or (self.vendor.name == "opal" and not cursor):
                    return


@pytest.fixture(params=EVERY)
async def store(request, database: Database, tmp_path: Path) -> Store:
    database.vault = Vault([new_key()])
    for name, timezone in (("north", "America/Chicago"), ("south", "Asia/Kathmandu"), ("west", "UTC")):
        await create_organization(database, name, organization_id=name, timezone=timezone)
    return Store(database, request.param, tmp_path)


PLACE = re.compile(r"f\.json, line 1(?:, ([\w\[\].]+))?(?: \(\w+ .*?\))?: .")


def is_told(refusal: str, path: hostile.Path, vendor: str) -> bool:
    """Whether a refusal names the place of what is wrong, or what is around it or within."""
    found = PLACE.match(refusal)
    if found is None:
        return False
    place, wrong = (
        found[1] or "",
        "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in path),
    )
    names = {"connector_name": "connector", "integration_id": "integration", "id": "connector"}
    if vendor == "openint" and place.startswith(names.get(wrong[1:], "-")):
        return True  # what it names says otherwise
    return f".{place}".startswith(wrong) or wrong.startswith(f".{place}")


async def test_every_document_is_refused_by_its_place_or_comes_back(store: Store) -> None:
    vendor = store.vendor.name
    rng = random.Random(f"{vendor} {store.database.dialect_name}")
    texts: dict[str, str] = {}
    documents = list(hostile.one_by_one(MAKE[vendor]))
    tried = rng.sample(documents, min(DOCUMENTS, len(documents)))
    for path, record in tried:
        text = hostile.written(record)
        if (refusal := store.refusal(text)) is not None:
            assert is_told(refusal, path, vendor), (refusal, path)
        else:
            texts.setdefault(next(iter(by_key(vendor, [text]))), text)
    assert len(texts) > len(tried) / 3

    assert await store.read(texts.values()) == Imported(inserted=len(texts))
    assert await store.read(texts.values()) == Imported(unchanged=len(texts))
    lines = await store.exported()
    answers = [page async for page in store.answers()]
    wanted = by_key(vendor, texts.values())
    answered = [record for page in answers for record in dict(meaning(page)[1])[RECORDS[vendor]]]
    for found in (by_key(vendor, lines), {key_of(vendor, each): each[1] for each in answered}):
        assert {key: without_more(found[key], wanted[key]) for key in found} == wanted

    assert await store.read(lines) == Imported(unchanged=len(texts))
    for organization, again in (("south", lines), ("west", answers)):
        assert await store.read(again, organization) == Imported(inserted=len(texts))
        assert sorted(await store.exported(organization)) == sorted(lines)


async def test_every_file_leaves_its_records_as_it_has_them(store: Store, monkeypatch) -> None:
    """Over what earlier files said of them, in whatever batches, several versions of one record among them."""
    vendor = store.vendor.name
    rng = random.Random(f"{vendor} {store.database.dialect_name}")
    records = [MAKE[vendor](number) for number in range(1, 9)]
    stored, files = 0, cases(7, at_most=300)
    for _ in range(files):
        monkeypatch.setattr(staging, "BATCH_RECORDS", rng.choice((1, 3, 500)))
        tried = [hostile.at_random(rng, rng.choice(records), records) for _ in range(rng.choice((2, 6, 12)))]
        texts = [text for text in map(hostile.written, tried) if store.refusal(text) is None]
        before = await store.exported()
        alike = await store.conflict(texts)
        lines = await store.exported()
        if alike is not None:
            assert "It must not have the same" in alike
            assert lines == before
            continue
        stored += 1
        wanted, found = by_key(vendor, texts), by_key(vendor, lines)
        assert {key: without_more(found[key], wanted[key]) for key in wanted} == wanted
        assert await store.read(lines) == Imported(unchanged=len(lines))
    assert stored > files / 2
