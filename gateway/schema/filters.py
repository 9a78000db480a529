"""Filters: from an input type, with the members of `gateway.schema.rows`, to a condition on rows."""

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
from gateway.db.sort_keys import narrowed
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Invalid
from gateway.resolvers.lists import require_unmasked
from gateway.schema.comparisons import StringFilter, inside

_camel_case = cache(to_camel_case)

Condition = Callable[[Context, Any], Awaitable[Where]]

MEMBER: Final = "member"
"""The key of a filter's member in Strawberry's `metadata`."""

IS_NULL: Final = "is_null"
"""The member of a filter that requires that a related row does not exist."""

MAX_CONDITIONS = 200
MAX_DEPTH = 18
DEPTHS = {"not": 1, "all": 1, "any": 1, "some": 3, "related": 3, "linked": 3, "word": 3}
"""By how many levels a condition deepens the SQL. SQLite's parser has the lowest limit: 21 in a page of children."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a filter.

    Attributes:
        kind: the input type of its value; None for the type that fits the declaring field.
        condition: makes the condition from the value; None if the value compares ``column``.
        column: the column of the row, if there is one.
        cost: the number of plain comparisons that it counts as.
        is_relation: whether it concerns a related row that may be missing. Null would be ambiguous there.
        deprecation_reason: why it is deprecated; None if it is not.
    """

    kind: Any = None
    condition: Condition | None = None
    column: str = ""
    cost: int = 1
    is_relation: bool = False
    deprecation_reason: str | None = None


async def where_of(context: Context, table: Table, given: Any) -> Where:
    """The condition on rows of ``table`` that a filter expresses. All its members must hold.

    Raises:
        Invalid: the filter has too many conditions, or nests them too deeply.
        Forbidden: it filters by a text that is masked for the viewer.
    """
    if given is None or given is UNSET:
        return EVERYTHING
    with inside("filter"):
        if _cost(given) > MAX_CONDITIONS:
            raise Invalid(f"A filter takes at most {MAX_CONDITIONS} conditions.")
        where = await _where_of(context, table, given)
        if _depth(where.shape) > MAX_DEPTH:
            raise Invalid("The filter nests its conditions too deeply.")
    return where


def _cost(given: Any) -> int:
    """The number of conditions in a filter. It is checked before any of them is evaluated, which may be expensive."""
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


async def _where_of(context: Context, table: Table, given: Any, *, is_of_relation: bool = False) -> Where:
    conditions = []
    for field in type(given).__strawberry_definition__.fields:
        value = getattr(given, field.python_name)
        if value is UNSET or (field.python_name == IS_NULL and is_of_relation):
            continue
        if value is not None:
            with inside(_written(field)):
                conditions.append(await _member(context, table, field, value))
        elif MEMBER in field.metadata and field.metadata[MEMBER].is_relation:
            name = _written(field)
            raise Invalid(
                f"`{name}: null` could mean two things: leave `{name}` out, or say `{name}: {{isNull: true}}` for what "
                "has none."
            ).at(name)
    return all_of(*conditions)


async def _each(context: Context, table: Table, given: list[Any]) -> list[Where]:
    found = []
    for index, each in enumerate(given):
        with inside(index):
            found.append(await _where_of(context, table, each))
    return found


def _written(field: Any) -> str:
    return field.graphql_name or _camel_case(field.python_name)


async def _member(context: Context, table: Table, field: Any, value: Any) -> Where:
    match field.python_name:
        case "and_":
            return all_of(*await _each(context, table, value))
        case "or_":
            return any_of(*await _each(context, table, value))
        case "not_":
            return negate(await _where_of(context, table, value))
    return await _condition(context, table, field.metadata[MEMBER], _written(field), value)


async def _condition(context: Context, table: Table, member: Member, written: str, value: Any) -> Where:
    if member.condition is not None:
        return await member.condition(context, value)
    require_unmasked(context, table, member.column, written)
    compared: Where = value.where(member.column)
    equal = value.equal_texts() if isinstance(value, StringFilter) else None
    return compared if equal is None else all_of(compared, narrowed(table, member.column, equal))


def _seen(context: Context, table: Table, where: Where) -> Where:
    """The condition, limited to the rows that the viewer sees: nobody may guess the content of other rows."""
    visible = context.visible(table)
    if visible is None:
        return NOTHING
    return where if visible == EVERYTHING else all_of(where, visible)


async def misplaced_null(context: Context, value: bool) -> Where:
    """Refuse `isNull` on a row that exists.

    Raises:
        Invalid: always.
    """
    raise Invalid(
        "`isNull` stands directly in what is said of another object, as in `requester: {isNull: true}`; around it "
        "there may be `and`, `or` and `not`."
    )


def _on_relation(table: Table, there_is: Callable[[Where], Where]) -> Condition:
    """A condition on a related row, or that the viewer sees none.

    Args:
        table: the table of the related row.
        there_is: turns a condition on the related row into the condition that a row exists which satisfies it.
    """

    async def condition(context: Context, value: Any) -> Where:
        found = there_is(_seen(context, table, await _where_of(context, table, value, is_of_relation=True)))
        if not getattr(value, IS_NULL, UNSET):  # unset, null or false
            return found
        is_alone = all(each in (UNSET, None, True) for each in vars(value).values())
        return negate(there_is(_seen(context, table, EVERYTHING))) if is_alone else NOTHING

    return condition


def on_parent(table: Table, key: str) -> Condition:
    """A condition on the row of ``table`` that the column ``key`` names."""

    def there_is(where: Where) -> Where:
        operator, *of = where.shape
        if operator in ("eq", "in") and of == ["id"]:
            # A reference holds, so that the row itself need not be looked at, and an index of the column may serve.
            return Where((operator, key), where.values)
        return related(table, key, where)

    return _on_relation(table, there_is)


def on_linked(link: Link) -> Condition:
    """The condition that at least one linked row satisfies another condition."""
    return _on_relation(link.table, lambda where: linked(link, where))


def on_only_child(table: Table, key: str) -> Condition:
    """A condition on the row of ``table`` whose column ``key`` names this row. There is at most one."""
    return _on_relation(table, lambda where: some(table, key, where))


def through(table: Table, key: str, member: Member, written: str) -> Condition:
    """A member of a filter for rows of ``table``, applied to the row that the column ``key`` names."""

    async def condition(context: Context, value: Any) -> Where:
        where = await _condition(context, table, member, written, value)
        return related(table, key, _seen(context, table, where))

    return condition


def on_children(table: Table, children_of: str | Link) -> Condition:
    """A condition on the children of this row in ``table``: `some`, `every` or `none` of them.

    Args:
        children_of: the children's column that names this row, or the link to them.
    """

    async def condition(context: Context, value: Any) -> Where:
        conditions = []
        for name, given in vars(value).items():
            if given is UNSET or given is None:
                continue
            with inside(name):
                where = await _where_of(context, table, given)
            found = negate(where) if name == "every" else where
            seen = _seen(context, table, found)
            one = (
                linked(children_of, seen) if isinstance(children_of, Link) else some(table, children_of, seen)
            )
            conditions.append(one if name == "some" else negate(one))
        return all_of(*conditions)

    return condition
