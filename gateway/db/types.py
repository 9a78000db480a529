"""Column types and SQL constructs: what a value or an operation is in Python and in each of the two databases.

Tables use these types and no others: each says what its columns hold, what a cursor may say of them, and as what an
operand is bound that is compared with them.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, TypeVar

import orjson
import sqlalchemy
from sqlalchemy import ARRAY, BigInteger, Integer, SmallInteger, Table
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import BindParameter, ColumnElement
from sqlalchemy.types import TypeDecorator, TypeEngine

T = TypeVar("T")


class ColumnType(TypeDecorator[T]):
    """The type of a column of ours."""

    impl: type[TypeEngine[Any]] = sqlalchemy.Text
    cache_ok = True

    @property
    def operand(self) -> TypeEngine[Any]:
        """The type as which a caller's value is bound for comparisons: it accepts more than the column holds."""
        return self

    def decoded(self, value: Any) -> T:
        """The value of a column in its JSON form, as a cursor has it.

        Raises:
            ValueError: no column of the type holds such a value.
        """
        raise NotImplementedError


class Text(ColumnType[str]):
    """Text that nothing is ordered by."""

    def decoded(self, value: Any) -> str:
        if isinstance(value, str) and "\0" not in value:
            return value
        raise ValueError("It must be a text without NUL characters.")


class OrderedText(Text):
    """Text that sorts by code point on both databases: `COLLATE "C"` on PostgreSQL, BINARY on SQLite."""

    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sqlalchemy.Text(collation="C"))
        return dialect.type_descriptor(sqlalchemy.Text())


class Boolean(ColumnType[bool]):
    """Yes or no."""

    impl = sqlalchemy.Boolean
    cache_ok = True

    def decoded(self, value: Any) -> bool:
        if type(value) is bool:
            return value
        raise ValueError("It must be true or false.")


class WholeNumber(ColumnType[int]):
    """An integer of so many bits, its sign included."""

    cache_ok = True
    bits: int

    @property
    def operand(self) -> TypeEngine[Any]:
        return BigInt()

    def holds(self, value: int) -> bool:
        """Whether the integer is in the type's range."""
        return -(1 << self.bits - 1) <= value < 1 << self.bits - 1

    def decoded(self, value: Any) -> int:
        if type(value) is int and self.holds(value):
            return value
        raise ValueError(f"It must be an integer of at most {self.bits} bits.")


class SmallInt(WholeNumber):
    """An integer of 16 bits: -32,768 to 32,767."""

    impl = SmallInteger
    cache_ok = True
    bits = 16


class Int(WholeNumber):
    """An integer of 32 bits, as GraphQL's Int: about two thousand million either way."""

    impl = Integer
    cache_ok = True
    bits = 32


class BigInt(WholeNumber):
    """An integer of 64 bits."""

    impl = BigInteger
    cache_ok = True
    bits = 64


@cache
def narrow_columns(table: Table) -> tuple[tuple[str, WholeNumber], ...]:
    """The columns that hold fewer integers than a caller may name, and their types."""
    return tuple(
        (column.name, column.type)
        for column in table.c
        if isinstance(column.type, WholeNumber) and column.type.bits < BigInt.bits
    )


class Timestamp(ColumnType[datetime]):
    """An instant in UTC with microseconds: `timestamptz` on PostgreSQL, sortable ISO 8601 text on SQLite."""

    cache_ok = True

    def decoded(self, value: Any) -> datetime:
        try:
            instant = datetime.fromisoformat(value)
            if instant.tzinfo is not None:
                return instant.astimezone(UTC)
        except (TypeError, OverflowError):  # overflow: before year 1 or after 9999 in UTC
            pass
        raise ValueError("It must be an instant with its offset from UTC.")

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(sqlalchemy.Text())

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return finite_or_none if dialect.name == "postgresql" else _instant_or_none

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        return None if dialect.name == "postgresql" else parsed_or_none


@cache
def instant_columns(table: Table) -> frozenset[str]:
    """The columns that hold instants."""
    return frozenset(column.name for column in table.c if isinstance(column.type, Timestamp))


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


@lru_cache(maxsize=256)  # the rows of one change have few instants
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


class Array(TypeDecorator[list[Any]]):
    """Many values in one parameter: an array on PostgreSQL, JSON text for `json_each` on SQLite.

    Texts go to PostgreSQL as one text that is read as an array there: asyncpg looks at every value of an array.
    """

    impl = sqlalchemy.Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql" and not self._holds_texts:
            return dialect.type_descriptor(ARRAY(self.item.dialect_impl(dialect)))
        return dialect.type_descriptor(sqlalchemy.Text())

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        if dialect.name == "postgresql":
            return _array_literal if self._holds_texts else None  # asyncpg takes any sequence
        item = self.item.dialect_impl(dialect).bind_processor(dialect)
        return _json_array if item is None else lambda values: _json_array([item(each) for each in values])

    def bind_expression(self, bindparam: BindParameter[Any]) -> ColumnElement[Any]:
        return _TextArray(bindparam) if self._holds_texts else bindparam

    @property
    def _holds_texts(self) -> bool:
        return isinstance(self.item, Text | sqlalchemy.String)


class _TextArray(ColumnElement[Any]):
    inherit_cache = False

    def __init__(self, value: ColumnElement[Any]) -> None:
        self.value = value


@compiles(_TextArray, "sqlite")
def _text_array_sqlite(element: _TextArray, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.value, **kw))


@compiles(_TextArray, "postgresql")
def _text_array_postgresql(element: _TextArray, compiler: Any, **kw: Any) -> str:
    return f"{compiler.process(element.value, **kw)}::TEXT[]"


def _array_literal(values: Sequence[str]) -> str:
    """The text of an array of texts (PostgreSQL, section 8.15.6)."""
    if not values:
        return "{}"
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') != 2 * (len(values) - 1):
        joined = '","'.join([each.replace("\\", r"\\").replace('"', r"\"") for each in values])
    return f'{{"{joined}"}}'


def _json_array(values: Any) -> str:
    return orjson.dumps(values, default=list).decode()


def operand_type(column: ColumnElement[Any]) -> TypeEngine[Any]:
    """The type as which a value is bound that is compared with the column."""
    return column.type.operand if isinstance(column.type, ColumnType) else column.type


class among(ColumnElement[bool]):  # noqa: N801  # reads as an operator
    """``column`` equals one of the values of one array parameter; null is among nothing."""

    inherit_cache = False
    type = sqlalchemy.Boolean()
    _is_implicitly_boolean = True  # or SQLite gets `… = 1`, which no index serves

    def __init__(self, column: ColumnElement[Any], parameter: str) -> None:
        self.column = column
        self.values: BindParameter[Any] = BindParameter(
            parameter, type_=Array(operand_type(column)), required=True
        )


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: Any, **kw: Any) -> str:
    column, values = compiler.process(element.column, **kw), compiler.process(element.values, **kw)
    return f"{column} IN (SELECT value FROM json_each({values}))"


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: Any, **kw: Any) -> str:
    column, values = compiler.process(element.column, **kw), compiler.process(element.values, **kw)
    return f"{column} = ANY ({values})"


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
