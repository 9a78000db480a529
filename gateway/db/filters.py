"""Conditions on rows as data: a shape that identifies the SQL text, and the values bound to it.

Null equals nothing and is contained in nothing; `negate` is true for every row that its condition is not true for.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Table, and_, bindparam, exists, false, func, literal_column, not_, or_, select, true
from sqlalchemy.sql.expression import ColumnElement, FromClause

from gateway.db import tables
from gateway.db.folding import fold, position_of
from gateway.db.links import Link
from gateway.db.tables.columns import HOLDS_CREDENTIAL, full_name_of, holding_index, uuid_of
from gateway.db.types import OrderedText, among, operand_type

UUID = "uuid"
"""Stands for a column in conditions on rows with a `vendor_uuid`: that, and the id where it is null."""

FULL_NAME = "full_name"
"""Stands for a column in conditions on people: first and last name, as far as they are known and not empty."""

COMPUTED: Mapping[str, tuple[str, ...]] = {UUID: ("vendor_uuid",), FULL_NAME: ("first_name", "last_name")}
"""What stands for columns, each with the columns that it is computed from."""

Value = str | int | bool | datetime
Shape = tuple[Any, ...]


class BadText(ValueError):
    """A text, integer or instant that no column of either database can hold; the message is public.

    Attributes:
        column: that was to hold it; null where it was to be compared.
    """

    def __init__(self, message: str, column: str | None = None) -> None:
        super().__init__(message)
        self.column = column


def check_text(value: object) -> None:
    """Refuse what one of the databases could not store or compare, so that both answer alike.

    Raises:
        BadText: a text with a NUL character (PostgreSQL has none) or a lone surrogate (UTF-8 has none), an integer
            beyond 64 bits, an instant without an offset or beyond the years 1 to 9999 in UTC.
    """
    if isinstance(value, str):
        if not is_text(value):
            raise BadText("Text must contain neither NUL characters nor lone surrogates.")
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise BadText("Integers have at most 64 bits.")
    elif isinstance(value, datetime) and value.tzinfo is not UTC:
        try:
            if value.tzinfo is None or value.utcoffset() is None:
                raise BadText("Instants carry their offset from UTC.")
            value.astimezone(UTC)
        except OverflowError:
            raise BadText("Instants lie between the years 1 and 9999.") from None


def is_text(text: str) -> bool:
    """Whether both databases can hold the text."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def storable(values: Sequence[Any]) -> Sequence[Any]:
    """Those of the values that a column can hold; no row has any of the others."""
    with contextlib.suppress(TypeError):  # not all of them are texts
        text = "".join(values)
        if text.isascii() and "\0" not in text:
            return values
    return [value for value in values if _is_held(value)]


def _is_held(value: object) -> bool:
    try:
        check_text(value)
    except BadText:
        return False
    return True


class Where(NamedTuple):
    """A condition. Two with equal shapes have the same SQL text."""

    shape: Shape
    values: tuple[Any, ...] = ()


EVERYTHING = Where(("all",))
NOTHING = Where(("any",))


def clean(table: Table) -> Where:
    """No credential is in the row's short columns; on a list's rows alone, and on what stands beside them."""
    return Where(("clean", table.name))


COMPARISONS = ("eq", "ne", "lt", "lte", "gt", "gte", "contains", "starts_with", "eq_ignore_case")


def compare(operator: str, column: str, value: Value) -> Where:
    """The condition that a column's value compares with another one.

    Args:
        operator: one of COMPARISONS.
        column: by name.
        value: what it is compared with.

    Raises:
        BadText: as `check_text`; so do the other conditions with values.
    """
    assert operator in COMPARISONS
    check_text(value)
    return Where((operator, column), (value,))


def eq(column: str, value: Value) -> Where:
    check_text(value)
    return Where(("eq", column), (value,))


def is_in(column: str, values: Iterable[Value]) -> Where:
    listed = list(values)
    for value in listed:
        check_text(value)
    return Where(("in", column), (listed,))


def is_null(column: str) -> Where:
    return Where(("null", column))


def all_of(*conditions: Where) -> Where:
    return _combined("all", conditions)


def any_of(*conditions: Where) -> Where:
    return _combined("any", conditions)


def negate(condition: Where) -> Where:
    return Where(("not", condition.shape), condition.values)


def some(children: Table, key: str, condition: Where = EVERYTHING) -> Where:
    """At least one row of ``children``, whose column ``key`` holds this row's id, satisfies ``condition``."""
    return Where(("some", children.name, key, condition.shape), condition.values)


def linked(link: Link, condition: Where = EVERYTHING) -> Where:
    """At least one row that stands beside this one by ``link`` satisfies ``condition``."""
    named = (link.between.name, link.parent, link.child, link.table.name)
    return Where(("linked", *named, condition.shape), condition.values)


def related(parents: Table, key: str, condition: Where = EVERYTHING) -> Where:
    """The row of ``parents`` that this row's column ``key`` names satisfies ``condition``."""
    return Where(("related", parents.name, key, condition.shape), condition.values)


def _combined(operator: str, conditions: tuple[Where, ...]) -> Where:
    if len(conditions) == 1:
        return conditions[0]
    shape = (operator, *(condition.shape for condition in conditions))
    return Where(shape, tuple(value for condition in conditions for value in condition.values))


def parameters(condition: Where) -> dict[str, Any]:
    """The values under the names that `clause` gives them."""
    return {f"w{index}": value for index, value in enumerate(condition.values)}


def clause(condition: Where, table: FromClause) -> ColumnElement[bool]:
    """The SQL condition on ``table``, its parameters named w0, w1, … in the order of the values."""
    return _clause(condition.shape, table, (f"w{index}" for index in range(len(condition.values))))


def _clause(shape: Shape, table: FromClause, names: Iterator[str]) -> ColumnElement[bool]:
    operator = shape[0]
    if operator == "all":
        return and_(true(), *[_clause(each, table, names) for each in shape[1:]])
    if operator == "any":
        return or_(false(), *[_clause(each, table, names) for each in shape[1:]])
    if operator == "not":
        return not_(func.coalesce(_clause(shape[1], table, names), false()))
    if operator in ("some", "related"):
        return _exists(shape, table, names)
    if operator == "clean":
        return _clean(table, shape[1])
    if operator == "word":
        return _has_word(table, shape[1], names)
    if operator == "linked":
        return _exists_beside(shape, table, names)
    column = _column(table, shape[1])
    if operator == "null":
        return column.is_(None)
    if operator == "in":
        return among(column, next(names))
    return _comparison(operator, column, bindparam(next(names), type_=operand_type(column)))


def _column(table: FromClause, name: str) -> ColumnElement[Any]:
    if name == UUID:
        return uuid_of(table)
    return full_name_of(table) if name == FULL_NAME else table.c[name]


def _comparison(operator: str, column: ColumnElement[Any], value: ColumnElement[Any]) -> ColumnElement[bool]:
    match operator:
        case "eq":
            return column == value
        case "ne":
            return column.is_distinct_from(value)
        case "lt":
            return column < value
        case "lte":
            return column <= value
        case "gt":
            return column > value
        case "gte":
            return column >= value
        case "contains":
            return position_of(fold(column), fold(value)) > 0
        case "starts_with":
            return position_of(fold(column), fold(value)) == 1
        case "eq_ignore_case":
            return fold(column) == fold(value)
    raise AssertionError(operator)


def _exists(shape: Shape, table: FromClause, names: Iterator[str]) -> ColumnElement[bool]:
    operator, other_name, key, inner = shape
    other = tables.metadata.tables[other_name].alias()
    joined = other.c[key] == table.c.id if operator == "some" else other.c.id == table.c[key]
    return exists().where(
        other.c.organization_id == table.c.organization_id, joined, _clause(inner, other, names)
    )


def _exists_beside(shape: Shape, table: FromClause, names: Iterator[str]) -> ColumnElement[bool]:
    _, between_name, parent, child, other_name, inner = shape
    between = tables.metadata.tables[between_name].alias()
    conditions = [between.c.organization_id == table.c.organization_id, between.c[parent] == table.c.id]
    if inner != EVERYTHING.shape:
        other = tables.metadata.tables[other_name].alias()
        conditions += [
            other.c.organization_id == between.c.organization_id,
            other.c.id == between.c[child],
            _clause(inner, other, names),
        ]
    return exists().where(*conditions)


def _has_word(table: FromClause, name: str, names: Iterator[str]) -> ColumnElement[bool]:
    """The rows that have a word in a range, found by the words' own index, whichever rows are looked at."""
    word = tables.search_words.alias()
    low, high = (bindparam(next(names), type_=OrderedText()) for _ in range(2))
    having = select(word.c.row_id).where(
        word.c.organization_id == bindparam("organization_id", type_=OrderedText()),
        word.c.table_name == literal_column(f"'{name}'"),
        word.c.word >= low,
        word.c.word < high,
    )
    return table.c.id.in_(having)


def _clean(table: FromClause, name: str) -> ColumnElement[bool]:
    """Where an index knows the few rows that are not, by these: lists and counts read no more of a row for it."""
    own = tables.metadata.tables[name]
    if not any(each.name == holding_index(own) for each in own.indexes):
        return table.c[HOLDS_CREDENTIAL].is_(false())
    holding = own.alias()
    ids = select(holding.c.id).where(
        holding.c.organization_id == bindparam("organization_id", type_=OrderedText()),
        holding.c[HOLDS_CREDENTIAL].is_(true()),
    )
    return table.c.id.not_in(ids)
