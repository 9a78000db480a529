"""Reads are measured while they come, and end where their reader may not read more."""

from math import inf

import pytest
from sqlalchemy import literal_column, select, text

from gateway.db import lookups
from gateway.db.failures import TooLarge
from gateway.db.types import Text

pytestmark = pytest.mark.anyio

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
REPEATED = {"sqlite": "replace(hex(zeroblob({} / 2)), '0', 'x')", "postgresql": "repeat('x', {})"}


class Meter:
    """Notes what is read, and refuses what is beyond its bounds."""

    def __init__(self, most=inf, rows=inf, has_read_much=False):
        self.bytes_read = 0
        self.bytes_allowed = self.bytes_enforced = most
        self.rows_left = rows
        self.has_read_much = has_read_much

    async def charge_read(self):
        raise TooLarge(f"{self.bytes_read} bytes")


def texts(database, length, limit=None, short=0):
    """A statement of so many rows, or of ever more, each a text of so many characters; the first ones of ten."""
    repeated = REPEATED[database.dialect_name]
    sql = f"CASE WHEN i <= {short} THEN {repeated.format(10)} ELSE {repeated.format(length)} END"
    column = literal_column(sql, Text()).label("text")
    statement = select(column).select_from(text(f"({NUMBERS}) AS numbers")).limit(limit)
    return database.prepare((length, limit, short), lambda: statement)


async def read(database, meter, *wanted):
    database.meter = lambda: meter
    try:
        return await database.fetch(texts(database, *wanted), {})
    finally:
        database.meter = None


async def test_a_read_of_ever_more_rows_ends_where_they_have_too_many_bytes(database):
    for short in (0, 0, 1_000):
        meter = Meter(most=3_000_000)
        with pytest.raises(TooLarge):
            await read(database, meter, 100_000, None, short)
        assert 3_000_000 < meter.bytes_read < 6_000_000
        await lookups.ping(database)


async def test_so_does_one_inside_a_transaction(database):
    database.meter = lambda: Meter(most=3_000_000)
    with pytest.raises(TooLarge):
        async with database.transaction() as transaction:
            await transaction.fetch(texts(database, 100_000), {})
    database.meter = None
    async with database.transaction() as transaction:
        assert len(await transaction.fetch(texts(database, 100_000, 3), {})) == 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_more_rows_are_read_than_are_of_use(database):
    """PostgreSQL is told by LIMIT; SQLite would take a fifth longer."""
    assert 5_000 < len(await read(database, Meter(rows=5_000), 10)) < 10_000


async def test_what_is_long_is_measured(database):
    meter = Meter()
    assert len(await read(database, meter, 100_000, 20)) == 20
    assert 2_000_000 <= meter.bytes_read < 2_010_000
    assert len(await read(database, None, 100_000, 20)) == 20


async def test_many_short_rows_are_measured_well_enough(database):
    meter = Meter(has_read_much=True)
    assert len(await read(database, meter, 1_000, 5_000, 2_000)) == 5_000
    assert 2_800_000 < meter.bytes_read < 3_300_000


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_short_is_measured_for_those_who_have_read_much(database):
    for has_read_much, bytes_read in ((False, 0), (True, 20_000)):
        meter = Meter(has_read_much=has_read_much)
        await read(database, meter, 1_000, 20)
        assert meter.bytes_read == bytes_read
