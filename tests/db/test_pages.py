"""Pages, cursors and filters against the same list in memory, on both databases."""

import base64
import json
from itertools import chain, count
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.db import child_counts, counts, filters
from gateway.db.cursors import BadCursor, Order
from gateway.db.links import FILES_OF_REQUEST, REQUESTS_OF_FILE, Link
from gateway.db.pages import Listing, Window, page, pages_of_children
from gateway.db.tables import connection_requests, files, integrations, metadata, people
from tests.db import model
from tests.lengths import cases

pytestmark = pytest.mark.anyio

briefly_or_long = settings(
    max_examples=cases(15, at_most=2_000),
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
numbers = count()  # each example has an organization of its own; the ids in it are those of every other
seeds = st.integers(0, 2**32).map(Random)


def orders(table):
    columns = st.sampled_from([*model.DOMAINS[table.name], "id"])
    keys = st.lists(st.tuples(columns, st.booleans()), max_size=4)
    nulls_first = st.dictionaries(columns, st.booleans(), max_size=4)
    return st.builds(lambda keys, nulls_first: Order.of(table, keys, nulls_first), keys, nulls_first)


def keyset(order, row):
    return order.values(order.cursor(record(row)))


def record(row):
    """The row as statements return it."""
    return type("Record", (), row)


def windows(random, order, rows):
    """Random windows over the list, their bounds at its rows."""
    bounds = [None, *[keyset(order, row) for row in rows]]
    for _ in range(6):
        yield Window(
            random.randrange(len(rows) + 3),
            random.random() < 0.5,
            random.choice(bounds),
            random.choice(bounds),
        )
    yield Window(random.randrange(4), offset=random.randrange(len(rows) + 3))


def found(result):
    return model.Expected([row.id for row in result.rows], result.has_next_page, result.has_previous_page)


async def walk(database, listing, size, *, backward):
    """Every page from one end to the other, by cursors as callers send them."""
    pages, cursor = [], None
    while True:
        bound = None if cursor is None else listing.order.values(cursor)
        window = Window(size, backward, before=bound if backward else None, after=None if backward else bound)
        result = await page(database, listing, window, next_page=True, previous_page=True)
        pages.append([row.id for row in result.rows])
        more = result.has_previous_page if backward else result.has_next_page
        assert (result.has_next_page if backward else result.has_previous_page) is (cursor is not None)
        if not more:
            return pages
        cursor = result.start_cursor if backward else result.end_cursor


CHILDREN_OF = {
    integrations: "connection_request_id",
    files: FILES_OF_REQUEST,
    connection_requests: REQUESTS_OF_FILE,
}


@briefly_or_long
@given(random=seeds, requests=st.integers(0, 12), order=orders(connection_requests), size=st.integers(1, 5))
async def test_every_page_concatenated_is_the_whole_list(database, random, requests, order, size):
    tables = model.random_tables(random, requests)
    organization = f"walk-{next(numbers)}"
    await model.insert(database, organization, tables)
    where = (
        model.random_condition(random, "connection_requests") if random.random() < 0.5 else filters.EVERYTHING
    )
    rows = [
        row
        for row in model.ordered(tables["connection_requests"], order)
        if model.satisfies(tables, "connection_requests", row, where)
    ]
    ids = [row["id"] for row in rows]
    listing = Listing(connection_requests, organization, order, ("org_name",), where)
    forward = await walk(database, listing, size, backward=False)
    assert [*chain(*forward)] == ids
    assert all(len(each) == size for each in forward[:-1])
    backward = await walk(database, listing, size, backward=True)
    assert [*chain(*reversed(backward))] == ids
    assert await counts.count(database, listing) == len(ids)


@briefly_or_long
@given(random=seeds, requests=st.integers(0, 9), order=orders(connection_requests))
async def test_every_window_is_right_about_its_rows_and_its_sides(database, random, requests, order):
    tables = model.random_tables(random, requests)
    organization = f"windows-{next(numbers)}"
    await model.insert(database, organization, tables)
    rows = model.ordered(tables["connection_requests"], order)
    listing = Listing(connection_requests, organization, order)
    for window in windows(random, order, rows):
        result = await page(
            database, listing, window, next_page=True, previous_page=True, total_count=random.random() < 0.8
        )
        assert found(result) == model.expected(rows, order, window)
        assert result.total_count in (None, len(rows))
        assert result.start_cursor == (result.edges[0].cursor if result.rows else None)


@briefly_or_long
@given(
    random=seeds,
    requests=st.integers(1, 7),
    order=orders(integrations) | orders(files) | orders(connection_requests),
)
async def test_children_of_many_parents_have_the_pages_of_each_alone(database, random, requests, order):
    table, children_of = order.table, CHILDREN_OF[order.table]
    tables = model.random_tables(random, requests)
    organization = f"children-{next(numbers)}"
    await model.insert(database, organization, tables)
    where = model.random_condition(random, table.name) if random.random() < 0.4 else filters.EVERYTHING
    is_link = isinstance(children_of, Link)
    rows = [
        row
        for row in model.ordered(model.beside(tables, children_of) if is_link else tables[table.name], order)
        if model.satisfies(tables, table.name, row, where)
    ]
    parents = [
        row["id"] for row in tables["files" if table is connection_requests else "connection_requests"]
    ]
    asked = random.choices([*parents, "absent"], k=random.randrange(1, 6))
    listing = Listing(table, organization, order, ("id",), where, children_of=children_of)
    per_parent = [[row for row in rows if row[listing.parent] == parent] for parent in asked]
    for window in windows(random, order, rows[:4]):
        results = await pages_of_children(
            database, listing, asked, window, next_page=True, previous_page=True
        )
        assert [found(each) for each in results] == [
            model.expected(children, order, window) for children in per_parent
        ]
    assert await child_counts.counts_of_children(database, listing, asked) == [
        len(each) for each in per_parent
    ]


@briefly_or_long
@given(random=seeds, table=st.sampled_from([connection_requests, people, integrations, files]))
async def test_filters_mean_the_same_in_both_databases_and_in_memory(database, random, table):
    tables = model.random_tables(random, 8)
    organization = f"filters-{next(numbers)}"
    await model.insert(database, organization, tables)
    order = Order.of(table, [])
    for _ in range(5):
        where = model.random_condition(random, table.name, depth=3)
        listing = Listing(table, organization, order, where=where)
        result = await page(
            database, listing, Window(1000), next_page=False, previous_page=False, total_count=True
        )
        expected = {
            row["id"] for row in tables[table.name] if model.satisfies(tables, table.name, row, where)
        }
        assert {row.id for row in result.rows} == expected
        assert result.total_count in (None, len(expected))
        assert await counts.count(database, listing) == len(expected)


@briefly_or_long
@given(random=seeds, order=orders(connection_requests), size=st.integers(1, 3))
async def test_rows_inserted_between_pages_neither_repeat_nor_hide_others(database, random, order, size):
    tables = model.random_tables(random, 6)
    organization = f"inserts-{next(numbers)}"
    await model.insert(database, organization, tables)
    rows, listing, bound, seen = (
        list(tables["connection_requests"]),
        Listing(connection_requests, organization, order),
        None,
        [],
    )
    for step in range(30):
        window = Window(size, after=bound)
        result = await page(database, listing, window, next_page=True, previous_page=True)
        assert found(result) == model.expected(model.ordered(rows, order), order, window)
        seen += [row.id for row in result.rows]
        if not result.has_next_page:
            break
        bound = order.values(result.end_cursor)
        new = [
            model.random_row(random, "connection_requests", f"new{step}-{n}")
            for n in range(random.randrange(2))
        ]
        await model.insert(database, organization, {"connection_requests": new}, new=False)
        rows += new
    assert len(seen) == len(set(seen))
    assert {row["id"] for row in tables["connection_requests"]} <= set(seen)


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


ORDER = Order.of(integrations, [("position", True), ("update_frequency", False), ("created_at", True)])
FIRST = {"position": 3, "update_frequency": "30 6 * * *", "created_at": model.EPOCH, "id": "i1"}


@pytest.mark.parametrize(
    "values",
    [
        [2**63, None, "2024-02-29T12:00:00+00:00", "i"],
        [-(2**63) - 1, None, "2024-02-29T12:00:00+00:00", "i"],
        [10**30, None, "2024-02-29T12:00:00+00:00", "i"],
        [True, None, "2024-02-29T12:00:00+00:00", "i"],
        [1.0, None, "2024-02-29T12:00:00+00:00", "i"],
        ["1", None, "2024-02-29T12:00:00+00:00", "i"],
        [None, None, "2024-02-29T12:00:00+00:00", "i"],
        [1, 5, "2024-02-29T12:00:00+00:00", "i"],
        [1, "a\0b", "2024-02-29T12:00:00+00:00", "i"],
        [1, None, None, "i"],
        [1, None, "2024-02-29", "i"],
        [1, None, "2024-02-29T12:00:00", "i"],
        [1, None, "2023-02-29T12:00:00+00:00", "i"],
        [1, None, "0001-01-01T00:00:00+14:00", "i"],
        [1, None, "9999-12-31T23:59:59-14:00", "i"],
        [1, None, 1709208000, "i"],
        [1, None, "2024-02-29T12:00:00+00:00", None],
        [1, None, "2024-02-29T12:00:00+00:00", 7],
        [1, None, "2024-02-29T12:00:00+00:00", ["i"]],
        [1, None, "2024-02-29T12:00:00+00:00"],
        [1, None, "2024-02-29T12:00:00+00:00", "i", "i"],
    ],
)
def test_a_cursor_whose_values_no_row_could_have_is_refused(values):
    with pytest.raises(BadCursor):
        ORDER.values(encoded([1, ORDER.fingerprint, *values]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=",
        "a",
        "nonsense",
        "ä",
        "\ud800",
        "\0",
        " ",
        "W10",
        "bnVsbA",
        "e30",
        encoded([]),
        encoded([1]),
        encoded([2, ORDER.fingerprint, 1, None, "2024-02-29T12:00:00+00:00", "i"]),
        encoded([1, [], 1]),
        encoded([1, None, 1]),
        encoded("1"),
        base64.urlsafe_b64encode(b"[" * 5000).decode(),
        base64.urlsafe_b64encode(b'[1,"%s",1,"\\ud800"' % ORDER.fingerprint.encode()).decode(),
        "x" * 100_000,
    ],
)
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(BadCursor):
        ORDER.values(text)


def test_a_cursor_of_another_list_or_order_is_refused():
    cursor = ORDER.cursor(record(FIRST))
    for other in (
        Order.of(integrations, [("position", True)]),
        Order.of(integrations, [("position", False), ("update_frequency", False), ("created_at", True)]),
        Order.of(integrations, [("position", True), ("update_frequency", False), ("created_at", False)]),
        Order.of(files, [("position", True)]),
        Order.of(integrations, ORDER.keys, {"update_frequency": False}),
    ):
        with pytest.raises(BadCursor, match="another"):
            other.values(cursor)


@settings(derandomize=True, deadline=None, database=None, max_examples=300)
@given(
    place=st.integers(0, 200), change=st.sampled_from(["cut", "drop", "replace"]), character=st.characters()
)
def test_a_damaged_cursor_is_refused_or_still_one_of_this_order(place, change, character):
    cursor = ORDER.cursor(record(FIRST))
    place %= len(cursor)
    rest = {"cut": "", "drop": cursor[place + 1 :], "replace": character + cursor[place + 1 :]}[change]
    try:
        values = ORDER.values(cursor[:place] + rest)
    except BadCursor:
        return
    position, frequency, created_at, row_id = values
    assert -(2**63) <= position < 2**63
    assert created_at.utcoffset() is not None
    assert isinstance(row_id, str)
    assert frequency is None or isinstance(frequency, str)


async def test_a_damaged_cursor_never_makes_a_database_fail(database):
    random = Random(7)
    await model.insert(database, "o", {"connection_requests": []})
    listing = Listing(integrations, "o", ORDER)
    good = ORDER.cursor(record(FIRST))
    for _ in range(400):
        place = random.randrange(len(good))
        text = good[:place] + random.choice("ABCxyz019-_") + good[place + 1 :]
        try:
            window = Window(5, after=ORDER.values(text))
        except BadCursor:
            continue
        result = await page(database, listing, window, next_page=True, previous_page=True)
        assert result.rows == []


def test_to_say_where_nulls_stand_anyway_is_no_other_order():
    for nulls_first in ({"update_frequency": True}, {"position": True, "id": False, "extra": False}):
        assert Order.of(integrations, ORDER.keys, nulls_first) == ORDER


def test_a_cursor_keeps_full_precision():
    row = {**FIRST, "created_at": model.EPOCH.replace(microsecond=999_999)}
    assert ORDER.values(ORDER.cursor(record(row))) == (3, "30 6 * * *", row["created_at"], "i1")


def test_every_column_has_a_type_of_ours_which_says_what_a_cursor_may_hold():
    found = {type(column.type) for table in metadata.tables.values() for column in table.c}
    assert {each.__module__ for each in found} == {"gateway.db.types"}
    for each in found:
        with pytest.raises(ValueError, match="must be"):
            each().decoded([])
