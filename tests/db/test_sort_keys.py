"""The order of names: what people expect, the same on both databases, kept by whatever writes a name."""

from random import Random

# ruff: noqa: RUF001  # letters that look alike are what it is about
import pytest
from alembic import command
from sqlalchemy import create_engine, text

from gateway.db import tables
from gateway.db.folding import fold_text
from gateway.db.migrate import configuration, newest
from gateway.db.sort_keys import LONGEST, sort_key
from tests.data import changing
from tests.vendors.gateway import make_organization

pytestmark = pytest.mark.anyio

IN_ORDER = [
    None,
    "",
    "  ",
    "3M",
    "Aalborg",
    "\u00c6gir",
    "\u00c4hre",
    "anders",
    "\u00c5nders 2",
    "\u00c9clair",
    "edel",
    "\u0130stanbul",
    "Kraków",
    "\u0141ódź",
    "Müller",
    "MULLER & Co",
    "\u00d8re",
    "Østergaard",
    "Strasse 1",
    "Straße 2",
    "STRASSE 3",
    "Zürich",
    "Ωmega",
    "Яndex",
    "東京",
]


def test_accents_stand_beside_their_letters_and_case_makes_no_difference():
    keys = {
        "\u00c4pfel & Birnen": "apfel & birnen",
        "  Müller \t GmbH ": "muller gmbh",
        "Mu\u0308ller GmbH": "muller gmbh",
        "STRAẞE": "strasse",
        "Øre Æther Łódź Þór": "ore aether lodz thor",
        "\ufb01rst \u2167": "first viii",
        "\u0130\u0131": "ii",
        "": "",
        "x" * 1000: "x" * LONGEST,
    }
    assert {text: sort_key(text) for text in keys} == keys
    assert sort_key(None) is None


def test_texts_that_differ_in_case_alone_have_one_key():
    random = Random(3)
    letters = [chr(code) for code in range(0x250)] + list("ΣσςİIıiẞßǅǄǆ\u212a\u00b5µ")
    for letter in letters:
        assert sort_key(fold_text(letter)) == sort_key(letter), letter
    for _ in range(300):
        word = "".join(random.choices(letters, k=6))
        assert sort_key(fold_text(word)) == sort_key(word), word


async def test_names_are_listed_as_in_an_address_book(client, database):
    shuffled = list(enumerate(IN_ORDER))
    Random(1).shuffle(shuffled)
    async with changing(database, "north") as write:
        await write.insert(
            tables.people, [{"id": f"n{n:02}", "last_name": name, "phone": "n"} for n, name in shuffled]
        )
    query = """query ($way: OrderDirection!) { people(filter: {phone: {eq: "n"}},
        orderBy: {field: LAST_NAME, direction: $way}) { nodes { uuid } } }"""
    for way in ("ASC", "DESC"):
        found = (await client.ask(query, way=way))["people"]["nodes"]
        ids = [int(each["uuid"][1:]) for each in found]
        assert [IN_ORDER[n] for n in ids] == (IN_ORDER if way == "ASC" else IN_ORDER[::-1])


async def keys_of(database, ids):
    async with changing(database, "north") as write:
        rows = {row.id: (row.last_name, row.last_name_sort) for row in await write.rows(tables.people, ids)}
    return [rows[each] for each in ids]


async def test_every_way_of_writing_a_name_writes_its_key(client, database):
    assert await keys_of(database, ["ada", "bob"]) == [("Lovelace", "lovelace"), (None, None)]
    async with changing(database, "north") as write:
        await write.update(tables.people, "bob", {"last_name": "Ørsted"})
        await write.update_each(
            tables.people, {"ada": {"last_name": None}, "cat": {"last_name": "É", "last_name_sort": "zzz"}}
        )
    assert await keys_of(database, ["ada", "bob", "cat"]) == [(None, None), ("Ørsted", "orsted"), ("É", "e")]


async def test_equal_names_are_found_by_the_index_of_keys(client, database):
    async with changing(database, "north") as write:
        names = ("Müller", "muller", "MÜLLER", "Mueller", "Müller ")
        await write.insert(
            tables.people, [{"id": f"m{n}", "last_name": each} for n, each in enumerate(names)]
        )
    query = """query ($f: StringFilter) {
        people(filter: {lastName: $f}, orderBy: {field: CREATED_AT}) { nodes { uuid } } }"""
    for given, found in (
        ({"eq": "Müller"}, "m0"),
        ({"eqIgnoreCase": "mÜLLER"}, "m0 m2"),
        ({"in": ["muller", "Müller "]}, "m1 m4"),
        ({"eq": "Müller", "in": ["muller"]}, ""),
        ({"eq": None, "in": None}, "bob cat"),
        ({"ne": None, "startsWith": "mü"}, "m0 m2 m4"),
    ):
        assert [
            each["uuid"] for each in (await client.ask(query, f=given))["people"]["nodes"]
        ] == found.split()
        [statement] = await client.statements(query, f=given)
        assert ("last_name_sort" in statement) is (given.get("eq") is not None or len(given) == 1), given


def test_the_migration_makes_the_keys_of_what_is_there(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/old.db")
    now = "2024-02-29T12:00:00.000000+00:00"
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0016")
        for each, name in (("a", "'Äpfel'"), ("b", "NULL"), ("c", "''")):
            connection.execute(
                text(
                    "INSERT INTO people (organization_id, id, created_at, updated_at, first_name, last_name)"
                    f" VALUES ('o', '{each}', '{now}', '{now}', {name}, 'X')"
                )
            )
        command.upgrade(configuration(connection), newest())
        found = connection.execute(text("SELECT id, first_name_sort, last_name_sort FROM people")).all()
    engine.dispose()
    assert found == [("a", "apfel", "x"), ("b", None, "x"), ("c", "", "x")]


async def test_a_long_name_has_a_key_that_an_index_takes(database):
    await make_organization(database, "north")
    async with changing(database, "north") as write:
        await write.insert(tables.files, [{"id": "f", "position": 0, "name": "\U0001f600" * 5000}])
