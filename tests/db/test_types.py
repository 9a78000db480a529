"""Column types: what a column holds, what it is compared with, and what a cursor may say of it, on both databases."""

import base64
import json
from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy import Column, MetaData, Table, create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from gateway.db import filters, lookups
from gateway.db.cursors import BadCursor, Order
from gateway.db.filters import BadText
from gateway.db.pages import Listing, Window, page
from gateway.db.types import BigInt, Boolean, Int, OrderedText, SmallInt, Timestamp
from gateway.db.writes import Changes

pytestmark = pytest.mark.anyio

EVERY = Table(
    "every_type",
    MetaData(),
    Column("organization_id", OrderedText, primary_key=True),
    Column("id", OrderedText, primary_key=True),
    Column("small", SmallInt),
    Column("medium", Int),
    Column("big", BigInt),
    Column("flag", Boolean),
    Column("name", OrderedText),
    Column("at", Timestamp),
)
NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
ROWS = [
    {"id": "a", "small": -(2**15), "medium": -(2**31), "big": -(2**63), "flag": True, "name": "", "at": NOON},
    {"id": "b", "small": 0, "medium": 0, "big": 0, "flag": False, "name": "ä", "at": NOON},
    {"id": "c", "small": 2**15 - 1, "medium": 2**31 - 1, "big": 2**63 - 1},
    {"id": "d"},
]
BEYOND = {"small": (2**15, -(2**15) - 1, 2**31, 2**63 - 1), "medium": (2**31, -(2**31) - 1, -(2**63))}


@pytest.fixture
async def store(database, database_url):
    if database_url.startswith("sqlite"):
        engine = create_engine(database_url)
        EVERY.metadata.create_all(engine)
        engine.dispose()
    else:
        connection = await asyncpg.connect(database_url)
        await connection.execute(str(CreateTable(EVERY).compile(dialect=postgresql.dialect())))
        await connection.close()
    async with database.transaction() as transaction:
        changes = Changes(database, transaction, "o")
        await changes.insert(EVERY, ROWS)
        await changes.send()
    return database


async def ids(store, where, order=(("id", False),), after=None):
    keyset = Order.of(EVERY, order)
    listing = Listing(EVERY, "o", keyset, where=where)
    window = Window(10, after=after and keyset.values(after))
    found = await page(store, listing, window, next_page=False, previous_page=False)
    return "".join(row.id for row in found.rows)


@pytest.mark.parametrize("column", BEYOND)
async def test_an_operand_that_the_column_has_no_room_for_is_compared_all_the_same(store, column):
    for beyond in BEYOND[column]:
        smaller, greater = ("abc", "") if beyond > 0 else ("", "abc")
        compared = {
            "eq": "",
            "ne": "abcd",
            "lt": smaller,
            "lte": smaller,
            "gt": greater,
            "gte": greater,
        }
        for operator, expected in compared.items():
            found = await ids(store, filters.compare(operator, column, beyond))
            assert found == expected, (operator, beyond)
        assert await ids(store, filters.is_in(column, [beyond, 0])) == "b"
        assert await lookups.rows_by_key(store, EVERY, "o", ("id",), [beyond], key=column) == {}
        assert list(await lookups.rows_by_key(store, EVERY, "o", ("id",), [beyond, 0], key=column)) == [0]


@pytest.mark.parametrize("column", BEYOND)
async def test_both_databases_refuse_to_hold_what_the_column_has_no_room_for(store, column):
    for beyond in BEYOND[column]:
        async with store.transaction() as transaction:
            changes = Changes(store, transaction, "o")
            for change in (
                changes.insert(EVERY, [{"id": "e", column: beyond}]),
                changes.update(EVERY, "a", {column: beyond}),
                changes.update_each(EVERY, {"a": {column: beyond}}),
            ):
                with pytest.raises(BadText, match=f"{column} holds integers of at most (16|32) bits."):
                    await change


@pytest.mark.parametrize("column", ["small", "medium", "big", "flag", "name", "at"])
async def test_every_row_has_a_cursor_in_every_order_that_leads_to_the_next_one(store, column):
    for descending in (False, True):
        order = ((column, descending),)
        whole = await ids(store, filters.EVERYTHING, order)
        assert sorted(whole) == list("abcd")
        cursor = Order.of(EVERY, order).cursor
        by_id = {row["id"]: type("Row", (), {**dict.fromkeys(EVERY.c.keys()), **row}) for row in ROWS}
        for index, each in enumerate(whole):
            behind = await ids(store, filters.EVERYTHING, order, cursor(by_id[each]))
            assert behind == whole[index + 1 :]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("small", 2**15),
        ("small", -(2**15) - 1),
        ("medium", 2**31),
        ("big", 2**63),
        ("big", 1.5),
        ("big", True),
        ("small", "1"),
        ("flag", 1),
        ("flag", "true"),
        ("name", 1),
        ("name", "a\0"),
        ("at", "2024-02-29T12:00:00"),
        ("at", "noon"),
        ("at", 1),
    ],
)
def test_a_cursor_that_says_what_no_row_holds_is_none(column, value):
    order = Order.of(EVERY, ((column, False),))
    text = base64.urlsafe_b64encode(json.dumps([1, order.fingerprint, value, "a"]).encode()).decode()
    with pytest.raises(BadCursor):
        order.values(text)
