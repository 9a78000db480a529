"""Seeding: the same plausible rows on both databases, with exact counters and one event per table."""

import asyncio
import hashlib

import pytest
from sqlalchemy import func, select

from gateway.administration import create_organization
from gateway.db import tables
from gateway.db.database import Database
from gateway.db.tables import metadata
from gateway.resolvers.errors import Conflict, Invalid, NotFound
from gateway.synthetic.seeding import seed
from tests.patience import ENOUGH

pytestmark = pytest.mark.anyio

COUNT = func.count().label("n")
SEEDED = (
    "people",
    "connection_requests",
    "approvals",
    "comments",
    "integrations",
    "files",
    "file_attachments",
)
# SHA-256 of every row that `seed(requests=200)` writes: a change of the drawn rows has to be meant.
DIGEST = "77597a66aac50e2fa1517d7751796b4c05586d14a3ea7b748bf4f940908bc113"


async def rows_of(database: Database, statement):
    return await database.fetch(database.prepare(statement, lambda: statement), {})


async def digest(database: Database) -> str:
    """One digest of every seeded row, the same whatever the database stores them as."""
    found = hashlib.sha256()
    for name in ("organizations", *SEEDED):
        table = metadata.tables[name]
        for row in await rows_of(database, select(table).order_by(*table.primary_key)):
            found.update(repr(tuple(row)).replace("tzinfo=datetime.timezone.utc", "UTC").encode())
    return found.hexdigest()


async def test_the_same_call_writes_the_same_rows_on_every_database(database):
    await seed(database, requests=200)
    assert await digest(database) == DIGEST


async def test_requests_are_divided_with_most_in_the_first_organization(database):
    written = []
    seeded = await seed(database, requests=100, progress=written.append)
    assert [each.rows["connection_requests"] for each in seeded.organizations] == [58, 28, 14]
    assert sum(written) == 100
    [[count]] = await rows_of(database, select(COUNT).select_from(tables.connection_requests))
    assert count == 100
    stored = await rows_of(database, select(tables.organizations).order_by(tables.organizations.c.id))
    assert {(row.id, row.name) for row in stored} == {(each.id, each.name) for each in seeded.organizations}


async def test_counters_are_exact(database):
    await seed(database, requests=300)
    counted = {
        (row.organization_id, row.table_name, row.kind, row.status): row.n
        for row in await rows_of(database, select(tables.counters))
    }
    expected = {}
    for table in tables.COUNTED:
        kind_and_status = [table.c[name] for name in ("kind", "status") if name in table.c]
        statement = select(table.c.organization_id, COUNT, *kind_and_status).group_by(
            table.c.organization_id, *kind_and_status
        )
        for organization_id, n, *rest in await rows_of(database, statement):
            kind, status = rest or ("", "")
            expected[organization_id, table.name, kind, status] = n
    assert counted == expected


async def test_one_event_for_each_organization_and_table(database):
    seeded = await seed(database, requests=50, organizations=2)
    for organization in seeded.organizations:
        statement = select(tables.events).where(tables.events.c.organization_id == organization.id)
        found = await rows_of(database, statement.order_by(tables.events.c.id))
        assert [(row.id, row.type, row.subject_type, row.subject_id, row.data) for row in found] == [
            (
                number,
                f"{name}.seeded",
                name,
                None,
                f'{{"rows":{{"{name}":{{"inserted":{organization.rows[name]}}}}}}}',
            )
            for number, name in enumerate(SEEDED, 1)
        ] + [(len(SEEDED) + 1, "organization.seeded", "organizations", organization.id, "{}")]


async def test_the_data_are_as_uneven_as_real_ones(database):
    seeded = await seed(database, requests=2000, organizations=1)
    rows = seeded.organizations[0].rows
    assert rows["people"] == 100
    assert 2.7 <= rows["integrations"] / 2000 <= 3.3
    assert 1.7 <= rows["files"] / 2000 <= 2.3
    assert 0.3 <= rows["approvals"] / 2000 <= 0.36

    async def counts(table, column):
        return dict(await rows_of(database, select(table.c[column], COUNT).group_by(table.c[column])))

    requests, integrations = tables.connection_requests, tables.integrations
    kinds = await counts(requests, "kind")
    assert kinds["trading_partner"] > 4 * kinds["access"] > 0
    statuses = await counts(requests, "status")
    assert statuses["approved"] == rows["approvals"]
    assert min(statuses[each] for each in ("pending", "denied", "canceled")) > 50
    assert max((await counts(requests, "requested_at")).values()) > 1  # ties
    numbers = await counts(requests, "retailer_account_number")
    assert numbers[""] > 100
    assert numbers[None] > 100
    assert {"item", "items", "order", "orders", "allocation", "tracking", "other"} <= set(
        await counts(integrations, "integration_type")
    )
    frequencies = await counts(integrations, "update_frequency")
    assert len(frequencies) < 30
    assert {None, "", "30 6,12 * * *", "* 20 12 3 8,9 *", "ftp://foo:bar@baz.blerg"} <= set(frequencies)
    for table in (integrations, tables.file_attachments):
        per_request = await counts(table, "connection_request_id")
        assert len(per_request) < 1900  # some have none
        assert max(per_request.values()) >= 24


async def test_trading_partners_are_named_and_access_is_for_somebody(database):
    await seed(database, requests=400)
    requests = tables.connection_requests
    named = await rows_of(
        database, select(requests.c.kind, requests.c.org_name.is_(None).label("nameless")).distinct()
    )
    assert sorted(tuple(row) for row in named) == [("access", True), ("trading_partner", False)]
    nobody = select(COUNT).where(
        requests.c.kind == "access",
        requests.c.requester_id.is_(None)
        | (requests.c.target_user_id.is_(None) & requests.c.target_group_id.is_(None)),
    )
    assert await rows_of(database, nobody) == [(0,)]


async def test_seeding_twice_is_refused_and_writes_nothing(database):
    await seed(database, requests=20, organizations=2)
    before = await digest(database)
    with pytest.raises(Conflict, match=r"not empty: it holds the organization Alder .*Nothing was written"):
        await seed(database, requests=30, organizations=3)
    assert await digest(database) == before


async def test_a_store_of_somebody_is_left_alone(database):
    await create_organization(database, "Somebody", organization_id="s1")
    before = await digest(database)
    with pytest.raises(Conflict, match=r"not empty: it holds the organization Somebody. Nothing was written"):
        await seed(database, requests=30)
    assert await digest(database) == before


async def test_a_named_organization_gets_all_the_rows(database):
    await create_organization(database, "North", organization_id="n1")
    await create_organization(database, "South", organization_id="s1")
    for organization_id, name in (("n1", "North"), ("s1", "South")):
        [seeded] = (await seed(database, requests=20, organization_id=organization_id)).organizations
        assert (seeded.id, seeded.name, seeded.rows["connection_requests"]) == (organization_id, name, 20)
    for table in ("connection_requests", "people"):
        owners = await rows_of(database, select(metadata.tables[table].c.organization_id).distinct())
        assert sorted(row.organization_id for row in owners) == ["n1", "s1"]
    before = await digest(database)
    with pytest.raises(
        Conflict, match=r"The organization South has been seeded before\. Nothing was written"
    ):
        await seed(database, requests=30, organization_id="s1")
    with pytest.raises(NotFound, match="There is no organization nowhere"):
        await seed(database, requests=30, organization_id="nowhere")
    assert await digest(database) == before


async def test_a_failure_leaves_no_part_of_the_organization(database):
    def interrupt(written):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await seed(database, requests=20, progress=interrupt)
    for name in ("organizations", "counters", "events", *SEEDED):
        assert await rows_of(database, select(COUNT).select_from(metadata.tables[name])) == [(0,)]
    await seed(database, requests=20)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"requests": 2}, "must be at least the number of organizations, 3"),
        ({"requests": 0, "organizations": 1}, "must be at least the number of organizations, 1"),
        ({"requests": 5, "organizations": 0}, "must lie between 1 and 50"),
        ({"requests": 500, "organizations": 51}, "must lie between 1 and 50"),
    ],
)
async def test_numbers_out_of_range_are_refused(numbers, message):
    with pytest.raises(Invalid, match=message):
        await seed(None, **numbers)


async def test_cancelling_ends_at_once_and_leaves_nothing(database):
    def cancel_in_a_large_batch(sql):
        if sql.startswith(("INSERT INTO integrations", "COPY integrations")):
            # Late enough for the driver to have filled the socket's buffers.
            asyncio.get_running_loop().call_later(0.03, seeding.cancel)

    database.on_statement = cancel_in_a_large_batch
    seeding = asyncio.create_task(seed(database, requests=2000, organizations=1))
    await asyncio.wait([seeding], timeout=ENOUGH)
    assert seeding.cancelled()
    for name in ("organizations", "counters", "events", *SEEDED):
        assert await rows_of(database, select(COUNT).select_from(metadata.tables[name])) == [(0,)]
