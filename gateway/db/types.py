"""Column types and SQL constructs: what a value or an operation is in Python and in each of the two databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import ARRAY, Boolean, Integer, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import BindParameter, ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class Timestamp(TypeDecorator[datetime]):
    """An instant in UTC with microseconds: `timestamptz` on PostgreSQL, sortable ISO 8601 text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(Text())

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return finite_or_none if dialect.name == "postgresql" else _instant_or_none

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        return None if dialect.name == "postgresql" else parsed_or_none


FIRST, LAST = (each.replace(tzinfo=UTC) for each in (datetime.min, datetime.max))


def finite_or_none(value: datetime | None) -> datetime | None:
    """The instant itself, but the first and the last of all moved by a microsecond: they are infinity to asyncpg."""
    if value is None or FIRST < value < LAST:
        return value
    return FIRST + timedelta.resolution if value <= FIRST else LAST - timedelta.resolution


def _instant_or_none(value: datetime | None) -> str | None:
    return None if value is None else instant_text(value)


def parsed_or_none(text: str | None) -> datetime | None:
    """The instant of a nullable column's text on SQLite."""
    return None if text is None else datetime.fromisoformat(text)


def instant_text(value: datetime) -> str:
    """Fixed width, so that text order is time order: ``2018-04-09T00:00:00.000000+00:00``.

    Raises:
        TypeError: the instant carries no offset.
    """
    if value.tzinfo is None:
        raise TypeError("Instants carry their offset; this one has none.")
    finite = finite_or_none(value.astimezone(UTC))
    assert finite is not None
    return finite.isoformat(timespec="microseconds")


class OrderedText(TypeDecorator[str]):
    """Text that sorts by code point on both databases: `COLLATE "C"` on PostgreSQL, BINARY on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Text(collation="C"))
        return dialect.type_descriptor(Text())


class Array(TypeDecorator[list[Any]]):
    """Many values in one parameter: an array on PostgreSQL, JSON text for `json_each` on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(ARRAY(self.item.dialect_impl(dialect)))
        return dialect.type_descriptor(Text())

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        if dialect.name == "postgresql":
            return None  # asyncpg takes any sequence
        item = self.item.dialect_impl(dialect).bind_processor(dialect)
        return _json_array if item is None else lambda values: _json_array([item(each) for each in values])


def _json_array(values: Any) -> str:
    return orjson.dumps(values, default=list).decode()


class among(ColumnElement[bool]):  # noqa: N801  # reads as an operator
    """``column`` equals one of the values of one array parameter; null is among nothing."""

    inherit_cache = False
    type = Boolean()
    _is_implicitly_boolean = True  # or SQLite gets `… = 1`, which no index serves

    def __init__(self, column: ColumnElement[Any], parameter: str) -> None:
        self.column = column
        self.values: BindParameter[Any] = BindParameter(parameter, type_=Array(column.type), required=True)


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: Any, **kw: Any) -> str:
    column, values = compiler.process(element.column, **kw), compiler.process(element.values, **kw)
    return f"{column} IN (SELECT value FROM json_each({values}))"


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: Any, **kw: Any) -> str:
    column, values = compiler.process(element.column, **kw), compiler.process(element.values, **kw)
    return f"{column} = ANY ({values})"


class fold(FunctionElement[str]):  # noqa: N801  # a SQL function
    """Text by Unicode's simple lower-case mapping, the one case rule of both databases."""

    inherit_cache = False
    type = Text()


@compiles(fold, "sqlite")
def _fold_sqlite(element: fold, compiler: Any, **kw: Any) -> str:
    return f"fold({compiler.process(element.clauses, **kw)})"


@compiles(fold, "postgresql")
def _fold_postgresql(element: fold, compiler: Any, **kw: Any) -> str:
    return f'lower({compiler.process(element.clauses, **kw)} COLLATE "{compiler.dialect.fold_collation}")'


class position_of(FunctionElement[int]):  # noqa: N801  # a SQL function
    """``position_of(text, part)``: where ``part`` starts in ``text``, from 1; 0 where it does not occur."""

    inherit_cache = False
    type = Integer()


@compiles(position_of, "sqlite")
def _position_sqlite(element: position_of, compiler: Any, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(position_of, "postgresql")
def _position_postgresql(element: position_of, compiler: Any, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"


class nulls_first(ColumnElement[Any]):  # noqa: N801  # a SQL clause
    """A nullable column in an index, its nulls smallest, as SQLite has them by itself."""

    inherit_cache = False

    def __init__(self, name: str) -> None:
        self.name = name


@compiles(nulls_first, "sqlite")
def _nulls_first_sqlite(element: nulls_first, compiler: Any, **kw: Any) -> str:
    return element.name


@compiles(nulls_first, "postgresql")
def _nulls_first_postgresql(element: nulls_first, compiler: Any, **kw: Any) -> str:
    return f"{element.name} NULLS FIRST"


def fold_text(text: str | None) -> str | None:
    """What SQLite's `fold` does, there registered as a function.

    Per character, the first code point of its lower-case form: that is Unicode's simple mapping, as
    PostgreSQL's `pg_c_utf8` collation applies it.
    """
    if text is None:
        return None
    return text.lower() if text.isascii() else "".join(character.lower()[0] for character in text)
