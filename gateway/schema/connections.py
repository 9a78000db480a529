"""Connections: Relay's lists, and the fields that page through a table or through the children of a parent."""

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from sqlalchemy import Table

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.links import Link
from gateway.execution import APART, VARIES, Selection, always, field, relation
from gateway.resolvers.context import Context
from gateway.resolvers.lists import PageParts, Slice, list_children, list_rows, order
from gateway.schema.enums import NullsOrder, OrderDirection
from gateway.schema.filters import MEMBER, Member, on_children, where_of
from gateway.schema.rows import list_filter_of

T = TypeVar("T")


@strawberry.type(description="The position of a page in its list (Relay Cursor Connections).")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there are more rows after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are rows before this page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first row of this page. Give it as `before` to get the previous page. Null if "
        "the page is empty."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last row of this page. Give it as `after` to get the next page. Null if the "
        "page is empty."
    )


@strawberry.type(description="A row of a list, with its cursor.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(
        description="The position of the row in the list. Give it as `after` or `before`. Opaque, and valid only for "
        "the same order."
    )
    node: T = strawberry.field(description="The row itself.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The rows of this page, each with its cursor.")
    nodes: list[T] = strawberry.field(description="The rows of this page, without cursors.")
    page_info: PageInfo = strawberry.field(
        description="The first and last cursor of this page, and whether there are rows before and after it."
    )
    total_count: int | None = strawberry.field(
        description="The number of rows in the whole list, on all pages. If counting takes too long, it is null, and "
        "`errors` has an error.",
        metadata={APART: True},
    )


def _argument(kind: Any, description: str) -> Any:
    return Annotated[kind | None, strawberry.argument(description=description)]


def list_signature(leading: tuple[str, ...], filter: Any, order_by: Any) -> inspect.Signature:
    """The signature of a list's resolver: its leading parameters, and the arguments of a list."""
    given = {
        "first": _argument(
            int,
            "Return this many rows from the start. Default: 50, if `last` is not given. Maximum: 1000. The server "
            "can be configured otherwise.",
        ),
        "after": _argument(
            str,
            "Return only rows after this cursor. For the next page, give `pageInfo.endCursor` of the current page.",
        ),
        "last": _argument(
            int, "Return this many rows from the end, to page backwards. Not together with `first`."
        ),
        "before": _argument(
            str,
            "Return only rows before this cursor. For the previous page, give `pageInfo.startCursor` of the present "
            "page.",
        ),
        "offset": _argument(
            int, "Skip this many rows, for numbered pages. Not together with `after`, `before` or `last`."
        ),
        "filter": filter and _argument(filter, "Return only rows that match this filter."),
        "order_by": order_by
        and _argument(list[order_by], "The sort keys, the most significant first. At most 8."),
    }
    positional = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in leading]
    named = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in given.items()
        if annotation is not None
    ]
    return inspect.Signature([*positional, *named])


def wanted(selection: Selection) -> PageParts:
    """The parts of a page that a connection's selection needs."""
    return _parts(selection.names, selection.columns)


@lru_cache(maxsize=512)
def _parts(names: frozenset[str], columns: tuple[str, ...]) -> PageParts:
    cursors = {"pageInfo.startCursor", "pageInfo.endCursor"}
    sides = {"pageInfo.hasNextPage", "pageInfo.hasPreviousPage"}
    return PageParts(
        columns=columns,
        rows=not names.isdisjoint({"nodes", "edges"} | cursors | sides),
        next_page="pageInfo.hasNextPage" in names,
        previous_page="pageInfo.hasPreviousPage" in names,
        total_count="totalCount" in names,
    )


Keys = tuple[tuple[str, bool], ...]


def _order(context: Context, table: Table, order_by: list[Any] | None, default: Keys) -> Order:
    if not order_by:
        return order(context, table, default)
    keys = [(each.field.value, each.direction is OrderDirection.DESC) for each in order_by]
    nulls_first: dict[str, bool | None] = {}
    for each in order_by:  # a column that is named again says nothing more
        nulls_first.setdefault(each.field.value, each.nulls is NullsOrder.FIRST if each.nulls else None)
    named = {column: are_first for column, are_first in nulls_first.items() if are_first is not None}
    return order(context, table, keys, [each.field.name for each in order_by], named)


def root_list(
    table: Table,
    *,
    description: str,
    default: Keys,
    filter: Any = None,
    order_by: Any = None,
    is_nullable: bool = False,
) -> Any:
    """A root field that pages through the viewer's rows of ``table``, sorted by ``default`` without an `orderBy`.

    With ``is_nullable``, it is null instead of empty for viewers who can never see a row of the table.
    """

    async def load(
        context: Context,
        selection: Selection,
        *,
        filter: Any = None,
        order_by: list[Any] | None = None,
        **slice_: Any,
    ) -> Any:
        if is_nullable and context.visible(table) is None:
            return None
        ordered = _order(context, table, order_by, default)
        where = await where_of(context, table, filter)
        return await list_rows(context, table, Slice(**slice_), ordered, wanted(selection), where)

    load.__signature__ = list_signature(("context", "selection"), filter, order_by)  # type: ignore[attr-defined]
    varies = always if table is db.events else None  # which are pruned without a new data version
    return field(load, description=description, metadata={VARIES: varies})


def child_list(
    table: Table,
    children_of: str | Link,
    *,
    description: str,
    default: Keys,
    filter: Any = None,
    order_by: Any = None,
    varies: Callable[[Any], bool] | None = None,
) -> Any:
    """A field that pages through a row's children in ``table``, found by the column or link ``children_of``.

    With a ``filter``, parents can also be filtered by whether `some`, `every` or `none` of their children match it. For
    ``varies``, see `gateway.execution.VARIES`.
    """

    async def load(
        keys: list[str],
        context: Context,
        selection: Selection,
        *,
        filter: Any = None,
        order_by: list[Any] | None = None,
        **slice_: Any,
    ) -> Any:
        ordered = _order(context, table, order_by, default)
        where = await where_of(context, table, filter)
        return await list_children(
            context, table, children_of, keys, Slice(**slice_), ordered, wanted(selection), where
        )

    load.__signature__ = list_signature(("keys", "context", "selection"), filter, order_by)  # type: ignore[attr-defined]
    member = filter and Member(list_filter_of(filter), on_children(table, children_of))
    return relation(load, description=description, metadata={MEMBER: member, VARIES: varies})
