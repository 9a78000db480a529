"""Fills a store with invented organizations and their connection requests, for benchmarks and demonstrations."""

from collections.abc import Callable
from dataclasses import dataclass, fields

from sqlalchemy import Table, select

from gateway.db import tables
from gateway.db.database import Database
from gateway.db.types import among
from gateway.events import Event
from gateway.resolvers.errors import Conflict, Invalid
from gateway.resolvers.writes import Write, writing
from gateway.synthetic.rows import Batch, Fields, Organization

REQUESTS_AT_A_TIME = 2000  # bounds the memory, whatever is asked for
REQUESTS_PER_PERSON = 20
PEOPLE_AT_LEAST = 10
ORGANIZATIONS_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class SeededOrganization:
    """What one organization now holds: rows by table name."""

    id: str
    name: str
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Seeded:
    """What `seed` wrote, the largest organization first."""

    organizations: list[SeededOrganization]


async def seed(
    database: Database,
    *,
    requests: int,
    organizations: int = 3,
    progress: Callable[[int], object] | None = None,
) -> Seeded:
    """Write ``requests`` invented connection requests with everything that belongs to them.

    The same arguments give the same rows on every database. Each organization is one transaction with its
    counters and one event per table.

    Args:
        database: started and migrated.
        requests: how many in all, at least one for each organization.
        organizations: among how many they are divided, the first having the most.
        progress: called with the number of requests written since the call before.

    Raises:
        Invalid: a number is out of range.
        Conflict: an organization that this would make is there already; nothing was written.
    """
    shares = _shares(requests, organizations)
    drawn = [Organization(number) for number in range(organizations)]
    await _refuse_existing(database, drawn)
    return Seeded(
        [
            await _seed_organization(database, organization, share, progress or (lambda written: None))
            for organization, share in zip(drawn, shares, strict=True)
        ]
    )


def _shares(requests: int, organizations: int) -> list[int]:
    """Requests of each organization, half as many for each next one."""
    if not 1 <= organizations <= ORGANIZATIONS_AT_MOST:
        raise Invalid(f"The number of organizations must lie between 1 and {ORGANIZATIONS_AT_MOST}.")
    if requests < organizations:
        raise Invalid(
            f"The number of requests must be at least the number of organizations, {organizations}."
        )
    spare = requests - organizations
    weights = [2 ** (organizations - number) for number in range(organizations)]
    shares = [1 + spare * weight // sum(weights) for weight in weights]
    shares[0] += requests - sum(shares)
    return shares


async def _refuse_existing(database: Database, drawn: list[Organization]) -> None:
    statement = database.prepare(
        ("seeded organizations",),
        lambda: select(tables.organizations.c.name).where(among(tables.organizations.c.id, "ids")),
    )
    found = await database.fetch(statement, {"ids": [organization.id for organization in drawn]})
    if found:
        names = ", ".join(sorted(row.name for row in found))
        raise Conflict(
            f"This database has been seeded before: it holds the organization {names}. Nothing was written."
        )


async def _seed_organization(
    database: Database, organization: Organization, requests: int, progress: Callable[[int], object]
) -> SeededOrganization:
    rows: dict[str, int] = {}

    async with writing(database, organization.id, None) as write:
        await write.insert(tables.organizations, [organization.row()])
        people = organization.people(max(PEOPLE_AT_LEAST, requests // REQUESTS_PER_PERSON))
        await _insert(write, tables.people, people, rows)
        for batch in organization.batches(people, requests, REQUESTS_AT_A_TIME):
            await _insert_batch(write, batch, rows)
            progress(len(batch.connection_requests))
        for name, count in rows.items():
            write.happened(Event(f"{name}.seeded", name, data={"count": count}))
    return SeededOrganization(organization.id, organization.name, rows)


async def _insert_batch(write: Write, batch: Batch, rows: dict[str, int]) -> None:
    for table in fields(batch):  # a request before its children, as foreign keys ask
        await _insert(write, tables.metadata.tables[table.name], getattr(batch, table.name), rows)


async def _insert(write: Write, table: Table, new: list[Fields], rows: dict[str, int]) -> None:
    await write.insert(table, new)
    rows[table.name] = rows.get(table.name, 0) + len(new)
