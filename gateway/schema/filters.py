"""Filters: input types that say a condition, and what condition they say."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

import strawberry
from sqlalchemy import Table
from strawberry import UNSET
from strawberry.types import has_object_definition

from gateway.db import filters
from gateway.db.filters import (
    EVERYTHING,
    NOTHING,
    Where,
    all_of,
    any_of,
    is_in,
    is_null,
    negate,
    related,
    some,
)
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Invalid
from gateway.resolvers.lists import require_unmasked
from gateway.schema.scalars import BigInt

T = TypeVar("T")
Condition = Callable[[Context, Any], Awaitable[Where]]

MAX_CONDITIONS = 200
MAX_VALUES = 1000
MAX_DEPTH = 18
DEPTHS = {"not": 1, "all": 1, "any": 1, "some": 3, "related": 3}
"""How much deeper a condition makes the SQL. SQLite's parser, the narrowest, ends at 21 in a page of children."""


def option(
    description: str, *, condition: Condition | None = None, name: str | None = None, cost: int = 1
) -> Any:
    """A member of a filter; by default it compares the column of its own Python name.

    Args:
        cost: how many plain comparisons it counts as.
    """
    return strawberry.field(
        default=UNSET, description=description, name=name, metadata={"condition": condition, "cost": cost}
    )


class Comparison:
    """Input types whose members compare one column."""

    def where(self, column: str) -> Where:
        """All members that are given must hold. Null as an operand of eq and ne means that there is no value."""
        given = {name: value for name, value in vars(self).items() if value is not UNSET}
        return all_of(*[_compared(name, column, value) for name, value in given.items()])


def _compared(name: str, column: str, value: Any) -> Where:
    match name, value:
        case "eq", None:
            return is_null(column)
        case "ne", None:
            return negate(is_null(column))
        case _, None:
            return EVERYTHING
        case "is_null", _:
            return is_null(column) if value else negate(is_null(column))
        case "in_", _:
            return is_in(column, _checked(value))
        case "not_in", _:
            return negate(is_in(column, _checked(value)))
    [value] = _checked([value])
    return filters.compare(name, column, value)


def _checked(values: list[Any]) -> list[Any]:
    if len(values) > MAX_VALUES:
        raise Invalid(f"A list in a filter takes at most {MAX_VALUES} values.")
    for value in values:
        try:
            filters.check_text(value)
        except filters.BadText as bad:
            raise Invalid(str(bad)) from None
    return [getattr(value, "value", value) for value in values if value is not None]


@strawberry.input(description="Conditions on a text.")
class StringFilter(Comparison):
    eq: str | None = option("Equals it; null: there is none.")
    ne: str | None = option("Differs from it; null: there is one.")
    in_: list[str] | None = option("Equals one of them.", name="in")
    not_in: list[str] | None = option("Equals none of them.")
    contains: str | None = option("Contains it, in upper or lower case.")
    starts_with: str | None = option("Starts with it, in upper or lower case.")
    is_null: bool | None = option("Whether there is none.")


@strawberry.input(description="Conditions on an instant.")
class DateTimeFilter(Comparison):
    eq: datetime | None = option("Equals it; null: there is none.")
    ne: datetime | None = option("Differs from it; null: there is one.")
    in_: list[datetime] | None = option("Equals one of them.", name="in")
    lt: datetime | None = option("Is earlier.")
    lte: datetime | None = option("Is not later.")
    gt: datetime | None = option("Is later.")
    gte: datetime | None = option("Is not earlier.")
    is_null: bool | None = option("Whether there is none.")


@strawberry.input(description="Conditions on a whole number.")
class IntFilter(Comparison):
    eq: int | None = option("Equals it; null: there is none.")
    ne: int | None = option("Differs from it; null: there is one.")
    in_: list[int] | None = option("Equals one of them.", name="in")
    lt: int | None = option("Is smaller.")
    lte: int | None = option("Is not greater.")
    gt: int | None = option("Is greater.")
    gte: int | None = option("Is not smaller.")
    is_null: bool | None = option("Whether there is none.")


@strawberry.input(description="Conditions on a whole number of up to 64 bits.")
class BigIntFilter(Comparison):
    eq: BigInt | None = option("Equals it; null: there is none.")
    ne: BigInt | None = option("Differs from it; null: there is one.")
    in_: list[BigInt] | None = option("Equals one of them.", name="in")
    lt: BigInt | None = option("Is smaller.")
    lte: BigInt | None = option("Is not greater.")
    gt: BigInt | None = option("Is greater.")
    gte: BigInt | None = option("Is not smaller.")
    is_null: bool | None = option("Whether there is none.")


@strawberry.input(description="Conditions on a yes or no.")
class BooleanFilter(Comparison):
    eq: bool | None = option("Equals it; null: there is none.")
    ne: bool | None = option("Differs from it; null: there is one.")


@strawberry.input(name="Filter", description="Conditions on a value of a closed set.")
class EnumFilter(Comparison, Generic[T]):
    eq: T | None = option("Equals it.")
    ne: T | None = option("Differs from it.")
    in_: list[T] | None = option("Equals one of them.", name="in")
    not_in: list[T] | None = option("Equals none of them.")


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
        (member.metadata.get("cost", 1), value)
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
    for member in type(given).__strawberry_definition__.fields:
        value = getattr(given, member.python_name)
        if value is not UNSET and value is not None:
            conditions.append(await _member(context, table, member, value))
    return all_of(*conditions)


async def _member(context: Context, table: Table, member: Any, value: Any) -> Where:
    match member.python_name:
        case "and_":
            return all_of(*[await _where_of(context, table, each) for each in value])
        case "or_":
            return any_of(*[await _where_of(context, table, each) for each in value])
        case "not_":
            return negate(await _where_of(context, table, value))
    if (condition := member.metadata["condition"]) is not None:
        where: Where = await condition(context, value)
        return where
    require_unmasked(context, table, member.python_name)
    compared: Where = value.where(member.python_name)
    return compared


def _seen(context: Context, table: Table, where: Where) -> Where:
    """The condition, on the rows alone that the viewer sees: nobody may guess at the others."""
    visible = context.visible(table)
    if visible is None:
        return NOTHING
    return where if visible == EVERYTHING else all_of(where, visible)


def on_id(column: str = "id") -> Condition:
    """A comparison of the column that holds a record's own id."""

    async def condition(context: Context, value: Comparison) -> Where:
        return value.where(column)

    return condition


def on_parent(table: Table, key: str) -> Condition:
    """A condition on the row of ``table`` that the column ``key`` names."""

    async def condition(context: Context, value: Any) -> Where:
        return related(table, key, _seen(context, table, await _where_of(context, table, value)))

    return condition


def on_children(table: Table, key: str) -> Condition:
    """A condition on the rows of ``table`` whose column ``key`` names this row: `some`, `every` or `none` of them."""

    async def condition(context: Context, value: Any) -> Where:
        conditions = []
        for name, given in vars(value).items():
            if given is UNSET or given is None:
                continue
            where = await _where_of(context, table, given)
            found = negate(where) if name == "every" else where
            one = some(table, key, _seen(context, table, found))
            conditions.append(one if name == "some" else negate(one))
        return all_of(*conditions)

    return condition
