"""Lists as Relay's connections have them: arguments checked, then pages with what was asked of them.

Source: https://relay.dev/graphql/connections.htm; `offset` is this project's addition for offset-paged clients.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Table

from gateway.db.cursors import BadCursor, Order
from gateway.db.failures import TooSlow
from gateway.db.filters import EVERYTHING, Where
from gateway.db.links import Link
from gateway.db.pages import Page, Window
from gateway.db.tables.columns import is_free_text
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Forbidden, Invalid, Unavailable
from gateway.resolvers.viewer import Scope

T = TypeVar("T")

MAX_OFFSET = 2**31 - 1
MAX_ORDER_KEYS = 8


class Slice(NamedTuple):
    """Which part of a list: forwards (`first`, `after`), backwards (`last`, `before`), or `first` from an `offset`."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageParts:
    """Which parts of a page are wanted.

    Attributes:
        columns: to read of its rows.
        rows: whether the rows are wanted, or anything that depends on them.
        next_page: whether it has to be known if rows follow.
        previous_page: whether it has to be known if rows precede.
        total_count: whether the whole list's length is wanted.
    """

    columns: tuple[str, ...] = ()
    rows: bool = True
    next_page: bool = False
    previous_page: bool = False
    total_count: bool = False


def window(slice_: Slice, order: Order, *, default: int, maximum: int) -> Window:
    """The window that a slice names.

    Args:
        slice_: as the caller wrote it.
        order: the list's, which its cursors belong to.
        default: rows of a page whose size the caller leaves open.
        maximum: rows of the largest page.

    Raises:
        Invalid: a size is out of bounds, arguments exclude each other, or a cursor does not belong to this list.
    """
    if slice_.first is not None and slice_.last is not None:
        raise Invalid("Give `first` or `last`, not both.").at("last")
    for name, size in (("first", slice_.first), ("last", slice_.last)):
        if size is not None and not 0 <= size <= maximum:
            raise Invalid(f"`{name}` must lie between 0 and {maximum}, not {size}.").at(name)
    if slice_.offset is not None:
        if slice_.last is not None or slice_.after is not None or slice_.before is not None:
            raise Invalid("Give `offset` alone or with `first`, without `after`, `before` and `last`.").at(
                "offset"
            )
        if not 0 <= slice_.offset <= MAX_OFFSET:
            raise Invalid(f"`offset` must lie between 0 and {MAX_OFFSET}, not {slice_.offset}.").at("offset")
    size = slice_.last if slice_.last is not None else slice_.first
    return Window(
        limit=min(default, maximum) if size is None else size,
        backward=slice_.last is not None,
        after=_keyset("after", slice_.after, order),
        before=_keyset("before", slice_.before, order),
        offset=slice_.offset or 0,
    )


def _keyset(name: str, cursor: str | None, order: Order) -> tuple[object, ...] | None:
    if cursor is None:
        return None
    try:
        return order.values(cursor)
    except BadCursor as bad:
        raise Invalid(f"`{name}`: {bad}").at(name) from None


def order(
    context: Context,
    table: Table,
    keys: Sequence[tuple[str, bool]],
    written: Sequence[str] = (),
    nulls_first: Mapping[str, bool] | None = None,
) -> Order:
    """The order by pairs of column and whether it descends.

    Args:
        context: of the viewer.
        table: whose columns they are.
        keys: the pairs.
        written: the keys in the caller's own words, for messages; empty where the order is not the caller's.
        nulls_first: of a column, whether its nulls stand first; see `gateway.db.cursors.Order.of`.

    Raises:
        Invalid: there are too many keys.
        Forbidden: a column's text is masked for the viewer.
    """
    if len(keys) > MAX_ORDER_KEYS:
        raise Invalid(f"`orderBy` takes at most {MAX_ORDER_KEYS} keys.").at("orderBy")
    for position, (column, _) in enumerate(keys):
        try:
            require_unmasked(context, table, column, written[position] if written else column)
        except Forbidden as error:
            raise error.at("orderBy", position, "field") from None
    return Order.of(table, keys, nulls_first)


def require_unmasked(context: Context, table: Table, column: str, written: str) -> None:
    """Refuse to filter or order by a text that the viewer could guess in this way.

    Args:
        context: of the viewer.
        table: whose column it is.
        column: by name.
        written: what the caller wrote for the column.

    Raises:
        Forbidden: the column's text is masked for the viewer.
    """
    if not context.viewer.may(Scope.SECRETS) and is_free_text(table.c[column]):
        raise Forbidden(f"Filtering or ordering by `{written}` needs a token with the scope `secrets`.")


async def list_rows(
    context: Context, table: Table, slice_: Slice, order: Order, wanted: PageParts, where: Where = EVERYTHING
) -> Page:
    """One page of the viewer's rows of a table; each part is read only if it is wanted."""
    settings = context.settings
    limits = window(slice_, order, default=settings.page_size, maximum=settings.page_size_max)
    page = Page([], order)
    if wanted.rows:
        page = await context.page(
            table,
            order,
            limits,
            columns=wanted.columns,
            where=where,
            next_page=wanted.next_page,
            previous_page=wanted.previous_page,
            total_count=wanted.total_count,
        )
    if wanted.total_count and page.total_count is None:
        page.total_count = await _in_time(context, context.count(table, where, order))
    return page


async def list_children(
    context: Context,
    table: Table,
    children_of: str | Link,
    parent_ids: Sequence[str],
    slice_: Slice,
    order: Order,
    wanted: PageParts,
    where: Where = EVERYTHING,
) -> list[Page]:
    """One page of children for each parent, in the parents' order; each part is read only if it is wanted."""
    settings = context.settings
    limits = window(slice_, order, default=settings.page_size, maximum=settings.page_size_max)
    if not wanted.rows:
        pages = [Page([], order) for _ in parent_ids]
    else:
        pages = await context.pages_of_children(
            table,
            children_of,
            parent_ids,
            order,
            limits,
            columns=wanted.columns,
            where=where,
            next_page=wanted.next_page,
            previous_page=wanted.previous_page,
        )
    if wanted.total_count:
        counting = context.counts_of_children(table, children_of, parent_ids, where, order)
        counts = await _in_time(context, counting)
        for index, page in enumerate(pages):
            page.total_count = counts if isinstance(counts, Unavailable) else counts[index]
    return pages


async def counts_by(context: Context, table: Table, column: str, where: Where = EVERYTHING) -> dict[str, int]:
    """How many of the viewer's rows hold each value of a column; values that none holds may be absent.

    Raises:
        Unavailable: counting took too long.
    """
    counted = await _in_time(context, context.counts_by(table, column, where))
    if isinstance(counted, Unavailable):
        raise counted
    return counted


async def _in_time(context: Context, counting: Coroutine[Any, Any, T]) -> T | Unavailable:
    """What was counted, or an error in its place where that takes too long: only this field of the page fails then."""
    seconds = context.settings.count_seconds
    try:
        async with asyncio.timeout(seconds):
            return await counting
    except (TimeoutError, TooSlow):
        return Unavailable(
            f"Counting took longer than {seconds:g} s. A whole list, or one filtered by kind and status alone, "
            "is counted at once; leave counts out of others."
        )
