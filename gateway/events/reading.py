"""Reading the event log behind a place in it, in order."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.sql.expression import ColumnElement

from gateway.db.database import Reader
from gateway.db.statements import Row
from gateway.db.tables import connected_accounts, events
from gateway.db.types import BigInt, OrderedText, among

LIMIT: Final = 1000


async def events_between(
    reader: Reader,
    organization_id: str,
    after: int,
    until: int,
    *,
    limit: int,
    tables: Collection[str] | None = None,
    customer_id: str | None = None,
) -> list[Row]:
    """The events after one id and up to another, in order, with one statement.

    Args:
        reader: what is read.
        organization_id: whose log.
        after: the id behind which they lie.
        until: the last id.
        limit: how many at most.
        tables: of their subjects; None for every table. Events of many rows come in any case: their data say of which
            tables.
        customer_id: whose connected accounts alone; None for all subjects.
    """
    given: dict[str, Any] = {
        "organization_id": organization_id,
        "after": after,
        "until": until,
        "limit": limit,
    }
    if tables is not None:
        given["tables"] = sorted(tables)
    if customer_id is not None:
        given["customer"] = customer_id
    statement = reader.prepare(
        ("events between", tables is None, customer_id is None),
        lambda: _between(has_tables=tables is not None, has_customer=customer_id is not None),
    )
    return await reader.fetch(statement, given)


def _between(*, has_tables: bool, has_customer: bool) -> Any:
    its = events.c
    conditions: list[ColumnElement[bool]] = []
    if has_tables:
        conditions.append(among(its.subject_type, "tables"))
    if has_customer:
        customer = bindparam("customer", type_=OrderedText())
        is_theirs = or_(its.customer_before == customer, its.customer_after == customer)
        conditions.append(and_(its.subject_type == connected_accounts.name, is_theirs))
    of_subject = [or_(its.subject_id.is_(None), and_(*conditions))] if conditions else []
    return (
        select(events)
        .where(
            its.organization_id == bindparam("organization_id", type_=OrderedText()),
            its.id > bindparam("after", type_=BigInt()),
            its.id <= bindparam("until", type_=BigInt()),
            *of_subject,
        )
        .order_by(its.id)
        .limit(bindparam("limit"))
    )
