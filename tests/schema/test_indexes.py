"""Every order that callers can ask a list for is read off an index, on both databases: nothing is sorted."""

import re
import sqlite3

import asyncpg
import pytest
from graphql import GraphQLObjectType, get_named_type

from gateway.schema.schema import make_schema

pytestmark = pytest.mark.anyio

SCHEMA = make_schema()._schema
SORTED = {"connectors"}
"""Lists that are short, and put together of the operator's rows and the organization's own."""

SORTED_CHILDREN = {("files", "connectionRequests")}
"""Lists of children that are short: what they are ordered by stands in another table than the one between the two."""

MOVED = {"ASC": ", nulls: LAST", "DESC": ", nulls: FIRST"}
"""Where no index has nulls: the list is two stretches of one then, each no longer than the page, sorted together."""

# With nothing else to be had PostgreSQL sorts where no index has the order, and only there.
NOTHING_ELSE = """SET enable_seqscan = off; SET enable_sort = off; SET enable_incremental_sort = off;
SET plan_cache_mode = force_generic_plan"""


def is_list(field):
    return str(field.type).endswith("Connection!")


def arguments_of(field):
    """Every order, both ways, and every kind and status: what counters count, pages have to show as fast."""
    found = [""]
    if "orderBy" in field.args:
        fields = get_named_type(field.args["orderBy"].type).fields["field"]
        values = get_named_type(fields.type).values
        found += [
            f"orderBy: {{field: {each}, direction: {way}{nulls}}}, "
            for each in values
            for way in ("ASC", "DESC")
            for nulls in ("", MOVED[way])
        ]
    filters = get_named_type(field.args["filter"].type).fields
    for member in ("kind", "status"):
        if member in filters:
            values = get_named_type(get_named_type(filters[member].type).fields["eq"].type).values
            found.append(f"filter: {{{member}: {{eq: {next(iter(values))}}}}}, ")
    return found


QUERIES = [
    f"{{ {name}({arguments}first: 2) {{ nodes {{ __typename }} }} }}"
    for name, field in SCHEMA.query_type.fields.items()
    if is_list(field) and name not in SORTED
    for arguments in arguments_of(field)
]
NESTED = [
    f"{{ {root}(first: 1) {{ nodes {{ {name}(first: 2) {{ nodes {{ __typename }} }} }} }} }}"
    for root, field in SCHEMA.query_type.fields.items()
    if is_list(field) and isinstance(get_named_type(field.type), GraphQLObjectType)
    for name, nested in get_named_type(get_named_type(field.type).fields["nodes"].type).fields.items()
    if is_list(nested) and (root, name) not in SORTED_CHILDREN
]


@pytest.fixture
async def plan_of(store_kind, store_url, anyio_backend):
    """``sql`` -> the lines of its plan."""
    if store_kind == "sqlite":
        connection = sqlite3.connect(store_url.removeprefix("sqlite:///"))

        async def plan(sql):
            rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?")).fetchall()
            # What was found of all parents together, or of two stretches, is sorted at last, outside of the pages.
            is_of_several = "json_each(?) AS parent" in sql or "UNION ALL" in sql
            return [text for _, parent, _, text in rows if parent or not is_of_several]

        yield plan
        connection.close()
        return
    server = await asyncpg.connect(store_url)
    await server.execute(NOTHING_ELSE)

    async def plan(sql):
        parameters = ", ".join(["NULL"] * len(set(re.findall(r"\$\d+", sql))))
        await server.execute(f"PREPARE one AS {sql}")
        rows = await server.fetch(f"EXPLAIN (COSTS OFF) EXECUTE one ({parameters})")
        await server.execute("DEALLOCATE one")
        lines = [row[0] for row in rows]
        stretches = next((at for at, line in enumerate(lines) if "Append" in line), 0)
        return lines[stretches:]

    yield plan
    await server.close()


def reads_more_than_it_needs(sql, plan):
    """Whether rows are read that a condition then leaves out, as SQLite tells; PostgreSQL has statistics to go by."""
    if "$1" in sql:
        return False
    conditions = len(re.findall(r"\.\w+ (?:= (?:\?|parent)|IS NULL)", sql))
    return conditions != sum(line.count("=?") for line in plan if "rowid=?" not in line)


def test_there_are_lists_to_look_at():
    assert len(QUERIES) > 60
    assert len(NESTED) == 7


async def test_every_list_is_read_off_an_index(graph, plan_of):
    wrong = {}
    for query in (*QUERIES, *NESTED):
        for sql in await graph.statements(query):
            plan = await plan_of(sql)
            assert plan
            sorts = any("TEMP B-TREE" in line or "Sort" in line for line in plan)
            if sorts or reads_more_than_it_needs(sql, plan):
                wrong[query] = plan
    assert wrong == {}
