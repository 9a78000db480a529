"""Fills a store with invented organizations and their connection requests, for benchmarks and demonstrations."""

from collections.abc import Callable
from dataclasses import dataclass, fields

from sqlalchemy import Table, select

from gateway.db import tables
from gateway.db.database import Database
from gateway.db.filters import is_text
from gateway.events import Event
from gateway.resolvers.errors import Conflict, Invalid, NotFound, printable
from gateway.resolvers.writes import Write, writing
from gateway.synthetic.rows import Batch, Fields, Organization

REQUESTS_AT_A_TIME = 2000  # bounds the memory, whatever is asked for
REQUESTS_PER_PERSON = 20
PEOPLE_AT_LEAST = 10
ORGANIZATIONS_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class SeededOrganization:
    """The rows that one organization now has: how many, by table name."""

    id: str
    name: str
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Seeded:
    """What `seed` wrote; the largest organization comes first."""

    organizations: list[SeededOrganization]


async def seed(
    database: Database,
    *,
    requests: int,
    organizations: int = 3,
    organization_id: str | None = None,
    progress: Callable[[int], object] | None = None,
) -> Seeded:
    """Write ``requests`` invented connection requests with everything that belongs to them.

    The same arguments give the same rows on every database. Each organization is one transaction, with its counters and
    one event per table.

    Args:
        database: started and migrated.
        requests: how many requests in all, at least one for each organization.
        organizations: how many new organizations share the requests. The first one gets the most.
        organization_id: an existing organization that gets all requests instead.
        progress: called with the number of requests written since the previous call.

    Raises:
        Invalid: a number is out of range.
        NotFound: there is no organization with this id.
        Conflict: nothing was written, because the store holds an organization and none is named, or because the named
            one was seeded before.
    """
    tell = progress or (lambda written: None)
    shares = _shares(requests, organizations if organization_id is None else 1)
    if organization_id is not None:
        return Seeded([await _seed_into(database, organization_id, requests, tell)])
    await _refuse_organizations(database)
    return Seeded(
        [
            await _seed_organization(database, Organization(number), share, tell)
            for number, share in enumerate(shares)
        ]
    )


def _shares(requests: int, organizations: int) -> list[int]:
    """How many requests each organization gets: each half as many as the one before it."""
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


async def _refuse_organizations(database: Database) -> None:
    """Refuse to seed a store that is in use.

    Raises:
        Conflict: the store holds an organization.
    """
    organizations = tables.organizations
    statement = database.prepare(
        ("any organization",), lambda: select(organizations.c.name).order_by(organizations.c.id).limit(1)
    )
    for row in await database.fetch(statement, {}):
        raise Conflict(
            f"The store is not empty: it holds the organization {row.name}. Nothing was written; --organization "
            "names one that invented data may be put into."
        )


async def _seed_organization(
    database: Database, drawn: Organization, requests: int, tell: Callable[[int], object]
) -> SeededOrganization:
    async with writing(database, drawn.id, None) as write:
        await write.insert(tables.organizations, [drawn.row()])
        rows = await _write(write, drawn, drawn.people(_people_of(requests)), requests, tell)
        write.happened(Event("organization.seeded", "organizations", drawn.id))
    return SeededOrganization(drawn.id, drawn.name, rows)


async def _seed_into(
    database: Database, organization_id: str, requests: int, tell: Callable[[int], object]
) -> SeededOrganization:
    """Write the rows of the first drawn organization into an existing one."""
    drawn = Organization(0)
    async with writing(database, organization_id, None) as write:
        if not is_text(organization_id) or not (own := await write.rows_of_organization()):
            raise NotFound(f"There is no organization {printable(organization_id)}.")
        people = drawn.people(_people_of(requests))
        if await write.rows(tables.people, [people[0]["id"]]):
            raise Conflict(f"The organization {own[0].name} has been seeded before. Nothing was written.")
        rows = await _write(write, drawn, people, requests, tell)
    return SeededOrganization(organization_id, own[0].name, rows)


def _people_of(requests: int) -> int:
    return max(PEOPLE_AT_LEAST, requests // REQUESTS_PER_PERSON)


async def _write(
    write: Write, drawn: Organization, people: list[Fields], requests: int, tell: Callable[[int], object]
) -> dict[str, int]:
    """Write everything that belongs to an organization; returns the number of rows by table name."""
    rows: dict[str, int] = {}
    await _insert(write, tables.people, people, rows)
    for batch in drawn.batches(people, requests, REQUESTS_AT_A_TIME):
        await _insert_batch(write, batch, rows)
        tell(len(batch.connection_requests))
    for name, count in rows.items():
        write.happened(Event(f"{name}.seeded", name, data={"rows": {str(name): {"inserted": count}}}))
    return rows


async def _insert_batch(write: Write, batch: Batch, rows: dict[str, int]) -> None:
    for table in fields(batch):  # a request before its children, as foreign keys ask
        await _insert(write, tables.metadata.tables[table.name], getattr(batch, table.name), rows)


async def _insert(write: Write, table: Table, new: list[Fields], rows: dict[str, int]) -> None:
    await write.insert(table, new)
    rows[table.name] = rows.get(table.name, 0) + len(new)
