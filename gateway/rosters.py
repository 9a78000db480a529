"""Who there is: the organizations, and the people and tokens of one, in lists for the operator."""

from collections.abc import AsyncIterator
from typing import Any, Final

from sqlalchemy import Select, Table, bindparam, select

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.database import Database
from gateway.db.filters import is_text
from gateway.db.listings import Listing
from gateway.db.lookups import rows_by_key
from gateway.db.pages import Window, page
from gateway.db.types import OrderedText
from gateway.resolvers.errors import NotFound, printable

PAGE: Final = 1000  # rows of one statement

ORGANIZATION: Final = ("id", "name", "kind", "timezone", "created_at")
PERSON: Final = ("id", "first_name", "last_name", "email", "job_title", "created_at")
TOKEN: Final = (
    *("id", "name", "scopes", "person_id", "customer_id", "created_at", "expires_at", "last_used_at"),
    "revoked_at",
)

Entry = dict[str, Any]


async def organizations(database: Database) -> AsyncIterator[Entry]:
    """Every organization, in the order of their ids."""
    statement = database.prepare(("roster of organizations",), _organizations)
    after = ""
    while rows := await database.fetch(statement, {"after": after, "limit": PAGE}):
        for row in rows:
            yield row._asdict()
        after = rows[-1].id


async def people(database: Database, organization_id: str) -> AsyncIterator[Entry]:
    """The people of an organization, the earliest first, with the user names of those who may log in.

    Raises:
        NotFound: there is no such organization.
    """
    async for rows in _pages(database, db.people, organization_id, PERSON):
        ids = [row["id"] for row in rows]
        passwords = await rows_by_key(
            database, db.passwords, organization_id, ("username",), ids, key="person_id"
        )
        for row in rows:
            yield {**row, "username": passwords[row["id"]].username if row["id"] in passwords else None}


async def tokens(database: Database, organization_id: str) -> AsyncIterator[Entry]:
    """The tokens of an organization, those that are no longer good included; the tokens themselves nobody has.

    Raises:
        NotFound: there is no such organization.
    """
    async for rows in _pages(database, db.api_tokens, organization_id, TOKEN):
        for row in rows:
            yield {**row, "scopes": row["scopes"].split()}


def _organizations() -> Select[Any]:
    columns = db.organizations.c
    return (
        select(*(columns[name] for name in ORGANIZATION))
        .where(columns.id > bindparam("after", type_=OrderedText()))
        .order_by(columns.id)
        .limit(bindparam("limit"))
    )


async def _pages(
    database: Database, table: Table, organization_id: str, columns: tuple[str, ...]
) -> AsyncIterator[list[Entry]]:
    """The rows of an organization, page by page.

    Raises:
        NotFound: there is no such organization.
    """
    known = is_text(organization_id) and await rows_by_key(
        database, db.organizations, organization_id, ("id",), [organization_id]
    )
    if not known:
        raise NotFound(f"There is no organization {printable(organization_id)}.")
    order = Order.of(table, ())  # by the id, which begins with the time of its making
    listing = Listing(table, organization_id, order, columns)
    after = None
    while True:
        found = await page(database, listing, Window(PAGE, after=after), next_page=False, previous_page=False)
        if not found.rows:
            return
        yield [{name: getattr(row, name) for name in columns} for row in found.rows]
        after = (found.rows[-1].id,)
