"""Inserts of a few rows: one statement, which says what the rows' own statements would."""

import pytest

from gateway.db.row_batches import MOST_ROWS, for_rows
from gateway.db.tables import integrations, people
from tests.data import NORTH, changing, fill
from tests.graph import EVERYTHING, open_graph

ONE = 'INSERT INTO people (id, n) VALUES ($1::VARCHAR COLLATE "C", $2::BIGINT)'


def test_parameters_of_each_row_have_numbers_of_their_own():
    assert for_rows(ONE, 1) == ONE
    assert for_rows(ONE, 3) == (
        'INSERT INTO people (id, n) VALUES ($1::VARCHAR COLLATE "C", $2::BIGINT),'
        ' ($3::VARCHAR COLLATE "C", $4::BIGINT), ($5::VARCHAR COLLATE "C", $6::BIGINT)'
    )
    conflict = " ON CONFLICT (id) DO UPDATE SET n = (people.n + excluded.n)"
    assert for_rows(ONE + conflict, 2) == f"{for_rows(ONE, 2)}{conflict}"


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (ONE, MOST_ROWS + 1),
        (f"{ONE} RETURNING id = $3", 2),
        ("INSERT INTO people (id, n) VALUES ($1::VARCHAR, (SELECT max(n) FROM people))", 2),
        ("INSERT INTO people (id, n) VALUES ($2::VARCHAR, $1::BIGINT)", 2),
        ("INSERT INTO people (id, n) VALUES ($1::VARCHAR, $1::VARCHAR)", 2),
        ("UPDATE people SET n = $1::BIGINT", 2),
    ],
)
def test_whatever_is_no_plain_insert_of_a_few_rows_is_left_alone(sql, rows):
    assert for_rows(sql, rows) is None


@pytest.mark.anyio
@pytest.mark.parametrize("count", [1, 2, MOST_ROWS, MOST_ROWS + 1, 31])
async def test_however_many_rows_come_they_are_all_there(database, database_url, count):
    await fill(database, NORTH)
    async with changing(database, "north") as write:
        rows = [{"first_name": f"{n}", "job_title": None if n % 2 else "x"} for n in range(count)]
        ids = await write.insert(people, rows)
        found = {row.id: row for row in await write.rows(people, ids)}
        feeds = [
            {"connection_request_id": "r2", "position": n, "integration_type": "items"} for n in range(3)
        ]
        await write.insert(integrations, feeds)
    assert [(found[each].first_name, found[each].job_title) for each in ids] == [
        (f"{n}", None if n % 2 else "x") for n in range(count)
    ]
    async with open_graph(database, database_url, "north", EVERYTHING) as caller:
        answer = await caller.ask("{ people { totalCount } integrations { totalCount } }")
    assert answer == {"people": {"totalCount": 3 + count}, "integrations": {"totalCount": 8}}
