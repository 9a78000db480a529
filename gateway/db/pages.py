"""Keyset pages: of a table, and of the children of many parents in one statement.

The cost of a page depends on its size alone: not on the rows before it, nor on the rows beyond it.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple

from gateway.db.counts import stored_count_of
from gateway.db.cursors import Order
from gateway.db.database import Reader
from gateway.db.listings import NO_END, Listing, Window
from gateway.db.page_statements import (
    children_statement,
    page_statement,
    sides_of_children_statement,
    sides_statement,
)
from gateway.db.statements import Row

__all__ = ["Edge", "Listing", "Page", "Window", "cut", "page", "pages_of_children"]


class Edge(NamedTuple):
    """A row of a page, and where it stands."""

    node: Row
    order: Order

    @property
    def cursor(self) -> str:
        return self.order.cursor(self.node)


_edge: Callable[[tuple[Row, Order]], Edge] = partial(tuple.__new__, Edge)


@dataclass(slots=True)
class Page:
    """A stretch of an ordered list, with the parts of a connection (Relay's cursor connections) as attributes.

    Attributes:
        rows: in the list's order, from whichever end they were counted.
        has_next_page: whether rows follow the last of these in the list; None if that was not asked.
        has_previous_page: whether rows precede the first of these; None if that was not asked.
        total_count: rows of the whole list, or why they were not counted; None if that was not asked.
    """

    rows: list[Row]
    order: Order
    has_next_page: bool | None = None
    has_previous_page: bool | None = None
    total_count: int | Exception | None = None

    @property
    def nodes(self) -> list[Row]:
        return self.rows

    @property
    def edges(self) -> list[Edge]:
        return list(map(_edge, zip(self.rows, repeat(self.order))))

    @property
    def page_info(self) -> "Page":
        return self

    @property
    def start_cursor(self) -> str | None:
        return self.order.cursor(self.rows[0]) if self.rows else None

    @property
    def end_cursor(self) -> str | None:
        return self.order.cursor(self.rows[-1]) if self.rows else None


async def page(
    reader: Reader,
    listing: Listing,
    window: Window,
    *,
    next_page: bool,
    previous_page: bool,
    total_count: bool = False,
) -> Page:
    """One page of a table.

    Args:
        next_page: whether `has_next_page` has to be known; where the page itself cannot tell, that is one more probe.
        previous_page: likewise for `has_previous_page`.
        total_count: whether to read `total_count` along, if counters know it and the page has rows that can bring it.
    """
    shape = _bounds_shape(window)
    counter = stored_count_of(listing) if total_count else None
    statement = reader.prepare(
        ("page", *listing.key, shape, window.backward, bool(window.offset), counter and counter.key),
        lambda: page_statement(listing, window, counter),
    )
    counted = counter.parameters if counter else {}
    rows = await reader.fetch(
        statement, listing.parameters(**_bounds(window), **counted, limit=window.limit + 1)
    )
    total = counter.stored(int(rows[0].total_count), reader) if counter and rows else None
    result = cut(rows, listing.order, window)
    result.total_count = total
    if _unknown(result, next_page, previous_page):
        probe = reader.prepare(("sides", *listing.key, shape), lambda: sides_statement(listing, window))
        [sides] = await reader.fetch(probe, listing.parameters(**_bounds(window)))
        _settle(result, sides)
    return result


async def pages_of_children(
    reader: Reader,
    listing: Listing,
    parent_ids: Sequence[str],
    window: Window,
    *,
    next_page: bool,
    previous_page: bool,
    most: int = NO_END,
) -> list[Page]:
    """One page of children for each parent, in the parents' order, by one statement for all of them.

    Args:
        most: rows in all; where they are reached, the pages are not whole.
    """
    shape = _bounds_shape(window)
    is_limited = len(parent_ids) * (window.limit + 1) > most
    statement = reader.prepare(
        ("children", *listing.key, shape, window.backward, bool(window.offset), is_limited),
        lambda: children_statement(listing, window, reader.dialect_name, is_limited=is_limited),
    )
    grouped: dict[str, list[Row]] = {parent_id: [] for parent_id in parent_ids}
    # a parent asked for twice has its rows once
    parameters = listing.parameters(
        **_bounds(window), limit=window.limit + 1, parents=list(grouped), most=most
    )
    children_of = statement.row._fields.index(listing.parent) if statement.row else 0  # type: ignore[attr-defined]
    for row in await reader.fetch(statement, parameters):
        grouped[row[children_of]].append(row)
    order = listing.order
    results = {parent_id: cut(rows, order, window) for parent_id, rows in grouped.items()}
    unknown = [each for each, page in results.items() if _unknown(page, next_page, previous_page)]
    if unknown:
        probe = reader.prepare(
            ("sides of children", *listing.key, shape),
            lambda: sides_of_children_statement(listing, window, reader.dialect_name),
        )
        for sides in await reader.fetch(probe, listing.parameters(**_bounds(window), parents=unknown)):
            _settle(results[sides.parent], sides)
    if len(results) == len(parent_ids):
        return list(results.values())
    return [copy(results[parent_id]) for parent_id in parent_ids]


def cut(rows: list[Row], order: Order, window: Window) -> Page:
    """The page of rows as they were counted, one too many at most, which says whether the list goes on."""
    more = len(rows) > window.limit
    if more:
        del rows[window.limit :]
    if window.backward:
        rows.reverse()
        previous = True if more else (False if window.after is None else None)
        return Page(rows, order, False if window.before is None else None, previous)
    next_ = True if more else (False if window.before is None else None)
    if window.offset:
        return Page(rows, order, next_, True if rows else None)
    return Page(rows, order, next_, False if window.after is None else None)


def _unknown(page: Page, next_page: bool, previous_page: bool) -> bool:
    """Whether a side that has to be known is not."""
    return (next_page and page.has_next_page is None) or (previous_page and page.has_previous_page is None)


def _settle(result: Page, sides: Row) -> None:
    if result.has_previous_page is None:
        result.has_previous_page = bool(sides.previous)
    if result.has_next_page is None:
        result.has_next_page = bool(sides.next)


_OPEN, _SKIPPING = (None, None, False), (None, None, True)


def _bounds_shape(window: Window) -> tuple[Any, ...]:
    """Which bounds there are, and which of their values are null: the SQL text depends on it."""
    if window.after is None and window.before is None:
        return _SKIPPING if window.offset else _OPEN
    nulls = (
        None if values is None else tuple(value is None for value in values)
        for values in (window.after, window.before)
    )
    return (*nulls, bool(window.offset))


def _bounds(window: Window) -> dict[str, Any]:
    if window.after is None and window.before is None and not window.offset:
        return {}
    bounds = {f"after{index}": value for index, value in enumerate(window.after or ())}
    bounds.update({f"before{index}": value for index, value in enumerate(window.before or ())})
    if window.offset:
        bounds["offset"] = min(window.offset, NO_END)
    return bounds
