"""Filters: what condition on rows an input type says, whose members are those of `gateway.schema.rows`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Table
from strawberry import UNSET
from strawberry.types import has_object_definition
from strawberry.utils.str_converters import to_camel_case

from gateway.db.filters import EVERYTHING, NOTHING, Where, all_of, any_of, linked, negate, related, some
from gateway.db.links import Link
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Invalid
from gateway.resolvers.lists import require_unmasked

_camel_case = cache(to_camel_case)

Condition = Callable[[Context, Any], Awaitable[Where]]

MEMBER: Final = "member"
"""The key of a filter's member in Strawberry's `metadata`."""

MAX_CONDITIONS = 200
MAX_DEPTH = 18
DEPTHS = {"not": 1, "all": 1, "any": 1, "some": 3, "related": 3, "linked": 3}
"""How much deeper a condition makes the SQL. SQLite's parser, the narrowest, ends at 21 in a page of children."""


@dataclass(frozen=True, slots=True)
class Member:
    """What a member of a filter says of a row.

    Attributes:
        kind: the input type of its value; None: the one that fits the field that declares it.
        condition: what the value says; None: that it compares ``column``.
        column: of the row, where there is one.
        cost: how many plain comparisons it counts as.
    """

    kind: Any = None
    condition: Condition | None = None
    column: str = ""
    cost: int = 1


async def where_of(context: Context, table: Table, given: Any) -> Where:
    """The condition on rows of ``table`` that a filter input says; all of its members must hold.

    Raises:
        Invalid: it has too many conditions, or nests them too deeply.
        Forbidden: it filters by a text that is masked for the viewer.
    """
    if given is None or given is UNSET:
        return EVERYTHING
    if _cost(given) > MAX_CONDITIONS:
        raise Invalid(f"A filter takes at most {MAX_CONDITIONS} conditions.")
    where = await _where_of(context, table, given)
    if _depth(where.shape) > MAX_DEPTH:
        raise Invalid("The filter nests its conditions too deeply.")
    return where


def _cost(given: Any) -> int:
    """How many conditions a filter has; asked before any of them is looked into, since that may be dear."""
    members = [
        (member.metadata[MEMBER].cost if MEMBER in member.metadata else 1, value)
        for member in type(given).__strawberry_definition__.fields
        if (value := getattr(given, member.python_name)) is not UNSET and value is not None
    ]
    return sum(max(cost, _costs_inside(value)) for cost, value in members) or 1


def _costs_inside(value: Any) -> int:
    if isinstance(value, list):
        return sum(_cost(each) for each in value if has_object_definition(type(each)))
    return _cost(value) if has_object_definition(type(value)) else 1


def _depth(shape: Any) -> int:
    inner = max((_depth(each) for each in shape if isinstance(each, tuple)), default=0)
    return inner + DEPTHS.get(shape[0], 0)


async def _where_of(context: Context, table: Table, given: Any) -> Where:
    conditions = []
    for field in type(given).__strawberry_definition__.fields:
        value = getattr(given, field.python_name)
        if value is not UNSET and value is not None:
            conditions.append(await _member(context, table, field, value))
    return all_of(*conditions)


async def _member(context: Context, table: Table, field: Any, value: Any) -> Where:
    match field.python_name:
        case "and_":
            return all_of(*[await _where_of(context, table, each) for each in value])
        case "or_":
            return any_of(*[await _where_of(context, table, each) for each in value])
        case "not_":
            return negate(await _where_of(context, table, value))
    member: Member = field.metadata[MEMBER]
    if member.condition is not None:
        return await member.condition(context, value)
    require_unmasked(context, table, member.column, field.graphql_name or _camel_case(field.python_name))
    compared: Where = value.where(member.column)
    return compared


def _seen(context: Context, table: Table, where: Where) -> Where:
    """The condition, on the rows alone that the viewer sees: nobody may guess at the others."""
    visible = context.visible(table)
    if visible is None:
        return NOTHING
    return where if visible == EVERYTHING else all_of(where, visible)


def on_parent(table: Table, key: str) -> Condition:
    """A condition on the row of ``table`` that the column ``key`` names."""

    async def condition(context: Context, value: Any) -> Where:
        return related(table, key, _seen(context, table, await _where_of(context, table, value)))

    return condition


def on_linked(link: Link) -> Condition:
    """A condition that at least one row beside this one satisfies."""

    async def condition(context: Context, value: Any) -> Where:
        return linked(link, _seen(context, link.table, await _where_of(context, link.table, value)))

    return condition


def on_children(table: Table, children_of: str | Link) -> Condition:
    """A condition on the rows of ``table`` that are this row's children: `some`, `every` or `none` of them.

    Args:
        children_of: their column that names this row, or what links them to it.
    """

    async def condition(context: Context, value: Any) -> Where:
        conditions = []
        for name, given in vars(value).items():
            if given is UNSET or given is None:
                continue
            where = await _where_of(context, table, given)
            found = negate(where) if name == "every" else where
            seen = _seen(context, table, found)
            one = (
                linked(children_of, seen) if isinstance(children_of, Link) else some(table, children_of, seen)
            )
            conditions.append(one if name == "some" else negate(one))
        return all_of(*conditions)

    return condition
