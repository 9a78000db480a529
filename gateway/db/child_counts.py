"""How many children each parent has: counted if they are few, stored in `child_counters` if they are many.

A counter that is there is exact. One that is not there costs time alone: the parent's children are counted. So small
parents have no counters to be written, and the count of a large one is one row read however large it is.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Table,
    any_,
    bindparam,
    except_,
    func,
    insert,
    select,
    union_all,
    update,
)
from sqlalchemy.sql.expression import ColumnElement

from gateway.db.database import Reader, Transaction
from gateway.db.filters import EVERYTHING
from gateway.db.listings import Listing
from gateway.db.page_statements import ONE, PARENT, parents_given
from gateway.db.tables import CHILD_OF, COUNTED_CHILDREN, child_counters
from gateway.db.types import OrderedText, among

MANY = 100
"""The most children of a parent that are counted anew each time."""


class ChildCounts:
    """How one transaction changes the numbers of children of its parents."""

    def __init__(self) -> None:
        self._deltas: dict[str, Counter[str]] = defaultdict(Counter)
        self._made: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return any(any(deltas.values()) for deltas in self._deltas.values())

    def made(self, parent_ids: Iterable[str]) -> None:
        """Note parents that were inserted: they have no counters, so their children count only where they are many.

        Only the latest are remembered, so that memory does not grow with what is inserted.
        """
        self._made = frozenset(parent_ids)

    def count(self, table: Table, rows: Iterable[Mapping[str, Any]], sign: int) -> None:
        """Note rows that have a parent (``sign`` 1) or have it no longer (-1); those that name none are left out."""
        if table not in COUNTED_CHILDREN:
            return
        noted = Counter(parent for row in rows if (parent := row.get(CHILD_OF)) is not None)
        deltas = self._deltas[table.name]
        for parent, n in noted.items():
            if n > MANY or parent not in self._made:
                deltas[parent] += sign * n

    def of(self, table: str) -> Mapping[str, int]:
        """How many children of a table came and did not go, by parent; parents without counters may be left out."""
        return self._deltas.get(table, {})

    async def write(self, reader: Reader, transaction: Transaction, organization_id: str) -> None:
        """Add what was noted to the counters, and make those of parents that have many children now.

        Under the organization's lock: what another transaction has written is seen, or will be added by itself.
        """
        for name, deltas in self._deltas.items():
            table = COUNTED_CHILDREN_BY_NAME[name]
            parameters = {"tenant": organization_id, "table": name}
            changed = sorted((parent, n) for parent, n in deltas.items() if n)
            if changed:
                add = reader.prepare(("add children",), _add)
                await transaction.run_last(
                    [(add, [{**parameters, "parent": parent, "delta": n} for parent, n in changed])]
                )
            if grown := [parent for parent, n in changed if n > 0]:
                make = reader.prepare(
                    ("make child counters", name),
                    lambda table=table: _make(table, reader.dialect_name),  # type: ignore[misc]
                )
                await transaction.run_last([(make, [{**parameters, "parents": grown, "many": MANY}])])
        self._deltas.clear()


COUNTED_CHILDREN_BY_NAME = {table.name: table for table in COUNTED_CHILDREN}


async def counts_of_children(reader: Reader, listing: Listing, parent_ids: Sequence[str]) -> list[int]:
    """How many children each parent has, in the parents' order, by one statement; by two inside a transaction."""
    is_counted = (
        listing.counted in COUNTED_CHILDREN
        and listing.parent == CHILD_OF
        and listing.where.shape == EVERYTHING.shape
    )
    if is_counted and reader.uncounted is not None:
        found = await _found_inside(
            reader, listing, parent_ids, reader.uncounted.children(listing.counted.name)
        )
        return [found.get(parent_id, 0) for parent_id in parent_ids]
    more = {"table": listing.counted.name} if is_counted else {}
    statement = reader.prepare(
        ("counts of children", listing.counted.name, listing.parent, listing.where.shape),
        lambda: _known_and_counted(listing, reader.dialect_name) if is_counted else _counted(listing),
    )
    rows = await reader.fetch(statement, listing.parameters(parents=parent_ids, **more))
    found = {row.parent: row.n for row in rows}
    return [found.get(parent_id, 0) for parent_id in parent_ids]


async def _found_inside(
    reader: Reader, listing: Listing, parent_ids: Sequence[str], uncounted: Mapping[str, int]
) -> dict[str, int]:
    """The numbers of children as a transaction sees them: a stored counter lacks what it has written itself."""
    known = reader.prepare(("child counters",), _known)
    parameters = {"organization_id": listing.organization_id, "table": listing.counted.name}
    found: dict[str, int] = {
        row.parent: row.n + uncounted.get(row.parent, 0)
        for row in await reader.fetch(known, {**parameters, "parents": list(parent_ids)})
    }
    if rest := [parent_id for parent_id in parent_ids if parent_id not in found]:
        statement = reader.prepare(
            ("children counted", listing.counted.name, listing.where.shape), lambda: _counted(listing)
        )
        rows = await reader.fetch(statement, listing.parameters(parents=rest))
        found.update({row.parent: row.n for row in rows})
    return found


def _counted(
    listing: Listing,
    is_given: Callable[[ColumnElement[Any]], ColumnElement[bool]] = lambda parent: among(parent, "parents"),
) -> Any:
    table = listing.source()
    parent: Any = table.c[listing.parent]
    return (
        select(parent.label("parent"), func.count().label("n"))
        .where(listing.conditions(table), is_given(parent))
        .group_by(parent)
    )


def _known() -> Any:
    return select(child_counters.c.parent_id.label("parent"), child_counters.c.n.label("n")).where(
        child_counters.c.organization_id == bindparam("organization_id", type_=OrderedText()),
        child_counters.c.table_name == bindparam("table", type_=OrderedText()),
        among(child_counters.c.parent_id, "parents"),
    )


def _known_and_counted(listing: Listing, dialect_name: str) -> Any:
    known = _known()
    rest: Any = except_(
        select(PARENT).select_from(parents_given(dialect_name)),
        known.with_only_columns(child_counters.c.parent_id),
    )

    def is_rest(parent: ColumnElement[Any]) -> ColumnElement[bool]:
        if dialect_name == "postgresql":
            return parent == any_(func.array(rest.scalar_subquery()))
        return parent.in_(rest)

    return union_all(known, _counted(listing, is_rest))


def _of_tenant(parent: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    return (
        child_counters.c.organization_id == bindparam("tenant", type_=OrderedText()),
        child_counters.c.table_name == bindparam("table", type_=OrderedText()),
        child_counters.c.parent_id == parent,
    )


def _add() -> Any:
    parent = bindparam("parent", type_=OrderedText())
    delta = bindparam("delta", type_=child_counters.c.n.type)
    return update(child_counters).where(*_of_tenant(parent)).values(n=child_counters.c.n + delta)


def _make(table: Table, dialect_name: str) -> Any:
    """Counters of those of the given parents that have none and more than so many children."""
    tenant = bindparam("tenant", type_=OrderedText())
    children = (table.c.organization_id == tenant, table.c[CHILD_OF] == PARENT)
    one_more: Any = select(ONE).select_from(table).where(*children).offset(bindparam("many")).limit(1)
    n = select(func.count()).select_from(table).where(*children).scalar_subquery()
    there: Any = select(ONE).select_from(child_counters).where(*_of_tenant(PARENT))
    made = (
        select(tenant, PARENT, bindparam("table", type_=OrderedText()), n)
        .select_from(parents_given(dialect_name))
        .where(there.scalar_subquery().is_(None), one_more.scalar_subquery().is_not(None))
    )
    names = ["organization_id", "parent_id", "table_name", "n"]
    return insert(child_counters).from_select(names, made)
