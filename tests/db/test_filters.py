"""One case rule on both databases, and values that neither could hold."""

# ruff: noqa: RUF001  # letters that look alike are what it is about

from datetime import UTC, datetime, timedelta, timezone
from random import Random

import pytest

from gateway.db import filters, lookups
from gateway.db.cursors import Order
from gateway.db.filters import BadText, check_text
from gateway.db.folding import fold_text
from gateway.db.pages import Listing, Window, page
from gateway.db.tables import people
from gateway.db.writes import Changes
from tests.db import model

pytestmark = pytest.mark.anyio


async def people_with(database, *last_names):
    rows = [
        model.random_row(Random(1), "people", f"p{n:02}", last_name=name) for n, name in enumerate(last_names)
    ]
    await model.insert(database, "o", {"people": rows})


async def names(database, where):
    listing = Listing(people, "o", Order.of(people, [("id", False)]), ("last_name",), where)
    result = await page(database, listing, Window(1000), next_page=False, previous_page=False)
    return [row.last_name for row in result.rows]


FOLDED = [
    ("ACME", ["Acme", "the acme"]),
    ("äöü", ["ÄÖÜ", "xäöüx"]),
    ("ÄÖÜ", ["ÄÖÜ", "xäöüx"]),
    ("σ", ["ΟΔΟΣ", "σ"]),  # the final form is a letter of its own
    ("Σ", ["ΟΔΟΣ", "σ"]),
    ("ς", ["οδος"]),
    ("i", ["İstanbul", "i I", "o'neil"]),  # the dotted capital folds to i
    ("İ", ["İstanbul", "i I", "o'neil"]),
    ("ı", ["ısı"]),  # the dotless letter stays what it is
    ("ß", ["Straße", "STRAẞE"]),  # never ss
    ("ss", []),
    ("%", ["a%b"]),
    ("_", ["a_b"]),
    ("\\", ["a\\b"]),
    ("'", ["o'neil"]),
    ("\U0001f600", ["\U0001f600"]),
    ("Ǆ", ["ǅ"]),  # the title case letter folds as the capital does
    ("", None),
]


async def test_contains_folds_case_by_one_rule(database):
    stored = ["Acme", "the acme", "ÄÖÜ", "xäöüx", "ΟΔΟΣ", "οδος", "σ", "İstanbul", "i I", "ısı"]
    stored += ["Straße", "STRAẞE", "a%b", "a_b", "a\\b", "o'neil", "\U0001f600", "ǅ"]
    await people_with(database, *stored, None)
    for part, found in FOLDED:
        expected = stored if found is None else found
        assert await names(database, filters.compare("contains", "last_name", part)) == expected
        assert await names(database, filters.compare("starts_with", "last_name", part)) == [
            name for name in expected if fold_text(name).startswith(fold_text(part))
        ]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_postgresql_folds_every_character_as_python_does(database):
    """Where this Python's Unicode is older than the server's, a few newer letters are not known to have cases yet."""
    async with database.pool.connection() as connection:
        records = await connection.fetch(
            f'SELECT n, lower(chr(n) COLLATE "{database._dialect.fold_collation}") FROM generate_series(1, 55295) n'
        )
    assert database._dialect.fold_collation == "pg_c_utf8"
    different = [chr(n) for n, folded in records if fold_text(chr(n)) != folded]
    assert [letter for letter in different if letter.lower() != letter] == []
    assert len(different) < 10


UNHOLDABLE = [
    "a\0b",
    "\0",
    "\ud800",
    "x\udfffy",
    2**63,
    -(2**63) - 1,
    10**30,
    datetime(2024, 1, 1),
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-14))),
]


@pytest.mark.parametrize("value", UNHOLDABLE)
def test_what_no_column_can_hold_is_no_value_of_a_filter(value):
    for build in (
        lambda: check_text(value),
        lambda: filters.eq("last_name", value),
        lambda: filters.compare("contains", "last_name", value),
        lambda: filters.is_in("last_name", ["a", value]),
    ):
        with pytest.raises(BadText):
            build()


async def test_what_no_column_can_hold_is_not_written(database):
    await people_with(database, "a")

    async def write(change):
        async with database.transaction() as transaction:
            await change(Changes(database, transaction, "o"))

    for value in UNHOLDABLE:
        row = model.random_row(Random(1), "people", "new", last_name=value)
        for change in (
            lambda changes, row=row: changes.insert(people, [row]),
            lambda changes, value=value: changes.update(people, "p00", {"last_name": value}),
        ):
            with pytest.raises(BadText):
                await write(change)
    assert await names(database, filters.EVERYTHING) == ["a"]


@pytest.mark.parametrize(
    "value", ["", "a", "ä\U0001f600", 2**63 - 1, -(2**63), True, datetime(1, 1, 1, tzinfo=UTC)]
)
def test_every_other_value_is_fine(value):
    check_text(value)


async def test_a_key_that_no_row_could_have_is_absent(database):
    await people_with(database, "a")
    for keys in (["p00"], ["p00", "a\0b"], ["\ud800", "p00", "ä", "absent"]):
        assert list(await lookups.rows_by_key(database, people, "o", ("last_name",), keys)) == ["p00"]
    assert await lookups.rows_by_key(database, people, "o", ("last_name",), ["\0"]) == {}


async def test_instants_keep_microseconds_and_come_back_in_utc(database):
    given = datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    await model.insert(
        database, "o", {"people": [model.random_row(Random(1), "people", "p", created_at=given)]}
    )
    rows = await lookups.rows_by_key(database, people, "o", ("created_at",), ["p"])
    assert rows["p"].created_at == given
    assert rows["p"].created_at.utcoffset() == timedelta(0)
    assert rows["p"].created_at.isoformat() == "2024-02-28T19:32:03.000004+00:00"
