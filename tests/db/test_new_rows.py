"""New rows, some of which come together by one message, and many by a copy."""

import pytest

from gateway.db.tables import integrations, people
from gateway.db.unsent import MOST_ROWS
from tests.data import NORTH, changing, fill
from tests.graph import EVERYTHING, open_graph

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("count", [1, 2, MOST_ROWS, MOST_ROWS + 1])
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
