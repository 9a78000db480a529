"""Histories: the events about each of many rows, with one statement.

An event tells of its subject. That of a connection request tells of those parts of it, too, that its changes name. And
one of many rows (an import, say) may tell of each row of its tables that was there when it happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table, and_, bindparam, case, cast, func, literal, or_, select, true, union_all
from sqlalchemy.sql.expression import ColumnElement

from gateway.db.changed_rows import is_part
from gateway.db.cursors import Order
from gateway.db.database import Reader
from gateway.db.holding_texts import contains
from gateway.db.listings import Window
from gateway.db.page_statements import PARENT, parents_given
from gateway.db.pages import Page
from gateway.db.tables import CHILD_OF, connection_requests, events
from gateway.db.tenancy import owned
from gateway.db.types import BigInt, OrderedText, Text

LATEST_FIRST: Final = Order.of(events, (("id", True),))
_NO_ID: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Histories:
    """Whose histories are asked for.

    Attributes:
        table: of the rows.
        organization_id: whose rows they are.
        columns: to read of the events.
        customer_id: whose events of connected accounts alone; None for all events.
    """

    table: Table
    organization_id: str
    columns: tuple[str, ...]
    customer_id: str | None = None


async def histories(reader: Reader, asked: Histories, row_ids: Sequence[str], window: Window) -> list[Page]:
    """A page of each row's events, the latest first, in the rows' order; each knows its sides and the list's length."""
    columns = tuple(dict.fromkeys(("id", *asked.columns)))
    statement = reader.prepare(
        ("histories", asked.table.name, columns, asked.customer_id is None, window.backward),
        lambda: _statement(asked, columns, reader.dialect_name, is_backward=window.backward),
    )
    after = _NO_ID if window.after is None else window.after[0]
    before = 0 if window.before is None else window.before[0]
    wanted = list(dict.fromkeys(row_ids))
    given = {
        "organization_id": asked.organization_id,
        "parents": wanted,
        "after": after,
        "before": before,
        "limit": window.limit,
        "offset": window.offset,
    }
    if asked.customer_id is not None:
        given["customer"] = asked.customer_id
    found: dict[str, list[Any]] = {each: [] for each in wanted}
    for row in await reader.fetch(statement, given):
        found[row.parent].append(row)
    return [_page(found[each]) for each in row_ids]


def _page(rows: list[Any]) -> Page:
    """A page of a row's events; the latest is among what was read whether it belongs to the page or not."""
    if not rows:
        return Page([], LATEST_FIRST, has_next_page=False, has_previous_page=False, total_count=0)
    total = rows[0].total
    inside = [row for row in rows if row.is_inside]
    if not inside:
        ahead = min(rows[0].behind_after, total)
        return Page([], LATEST_FIRST, ahead < total, ahead > 0, total)
    return Page(inside, LATEST_FIRST, inside[-1].place < total, inside[0].place > 1, total)


def _statement(asked: Histories, columns: tuple[str, ...], dialect_name: str, *, is_backward: bool) -> Any:
    its = events.c
    read = [its[name] for name in columns]
    told = union_all(*[each.add_columns(*read) for each in _branches(asked, dialect_name)]).subquery("told")
    after, before = (bindparam(name, type_=BigInt()) for name in ("after", "before"))
    limit, offset = (bindparam(name, type_=BigInt()) for name in ("limit", "offset"))
    parent = told.c.parent

    def number_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0), type_=BigInt()).over(partition_by=parent)

    placed = select(
        told,
        func.row_number().over(partition_by=parent, order_by=told.c.id.desc()).label("place"),
        func.count().over(partition_by=parent).label("total"),
        number_of(told.c.id >= after).label("behind_after"),
        number_of(told.c.id > before).label("ahead_of_before"),
    ).subquery("placed")
    place, low, high = placed.c.place, placed.c.behind_after, placed.c.ahead_of_before
    if is_backward:
        is_inside = and_(place > low, place > high - limit, place <= high)
    else:
        is_inside = and_(place > low + offset, place <= low + offset + limit, place <= high)
    return (
        select(*placed.c, case((is_inside, true()), else_=~true()).label("is_inside"))
        .where(or_(is_inside, place == 1))
        .order_by(placed.c.parent, place)
    )


def _branches(asked: Histories, dialect_name: str) -> list[Any]:
    """The ways in which an event tells of a row, each as a selection of the row's id beside the event."""
    table, its = asked.table, events.c
    organization_id = bindparam("organization_id", type_=OrderedText())
    parents, parent = parents_given(dialect_name), PARENT.label("parent")
    name = str(table.name)
    own = and_(its.organization_id == organization_id, its.subject_type == name, its.subject_id == PARENT)
    if asked.customer_id is not None:
        customer = bindparam("customer", type_=OrderedText())
        seen = or_(its.customer_before == customer, its.customer_after == customer)
        return [select(parent).select_from(parents.join(events, and_(own, seen)))]
    row = table.alias("told_of")
    is_row = and_(owned(row, organization_id), row.c.id == PARENT)
    of_many = or_(its.subject_type == name, contains(its.data, literal(f'"{name}":{{'), dialect_name))
    possible = and_(
        its.organization_id == organization_id,
        its.subject_id.is_(None),
        its.occurred_at >= row.c.created_at,
        of_many,
    )
    branches = [
        select(parent).select_from(parents.join(events, own)),
        select(parent).select_from(parents.join(row, is_row).join(events, possible)),
    ]
    if is_part(table):
        quoted = (
            cast(func.to_json(row.c.id), Text)
            if dialect_name == "postgresql"
            else func.json_quote(row.c.id, type_=Text())
        )
        entry = literal(f'["{name}",', Text()) + quoted + literal(",", Text())
        of_request = and_(
            its.organization_id == organization_id,
            its.subject_type == str(connection_requests.name),
            its.subject_id == row.c[CHILD_OF],
            contains(its.changes, entry, dialect_name),
        )
        branches.append(select(parent).select_from(parents.join(row, is_row).join(events, of_request)))
    return branches
