"""A Core statement compiled once for one dialect, and run many times on the driver itself.

SQLAlchemy's own execution costs more than the query of a page; what it knows about the statement (parameter order,
types, column names) is asked once and kept here.
"""

from collections import namedtuple
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, Final

from sqlalchemy.engine import Dialect
from sqlalchemy.sql.expression import ClauseElement

from gateway.caches import Cache
from gateway.db.metering import weight
from gateway.db.types import Text, parsed_or_none

STATEMENTS_BYTES: Final = 16 << 20
STATEMENT_BYTES: Final = 8_000
BYTES_A_CHARACTER: Final = 4  # of its SQL: the text, the key that says as much, names and binders
Row = Any  # a named tuple whose fields are the statement's columns
Processor = Callable[[Any], Any]


class Statement:
    """SQL text with positional parameters, and how values go in and rows come out.

    Attributes:
        sql: text for the driver (`?` on SQLite, `$1` on PostgreSQL).
        names: of its parameters, in the order of the positional ones.
        reads: it is a SELECT that locks nothing.
        row: named tuple class of one result row; None where the statement returns no rows.
        is_slow: it took long when it last ran; noted here, so that it is forgotten with the statement.
    """

    __slots__ = (
        *("_binders", "_defaults", "_make", "_pick", "_readers", "_texts"),
        *("is_slow", "names", "reads", "row", "sql"),
    )

    def __init__(self, clause: ClauseElement, dialect: Dialect) -> None:
        compiled: Any = clause.compile(dialect=dialect)
        self.sql: str = str(compiled)
        self.reads = (
            bool(getattr(clause, "is_select", False)) and getattr(clause, "_for_update_arg", None) is None
        )
        self.is_slow = False
        names = self.names = tuple[str, ...](compiled.positiontup or ())
        self._pick: Callable[[Any], tuple[Any, ...]] = _picker(names)
        self._defaults = {
            name: compiled.params[name] for name in names if compiled.params.get(name) is not None
        }
        self._binders: tuple[tuple[int, Processor], ...] = tuple(
            (index, binder)
            for index, name in enumerate(names)
            if (binder := compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) is not None
        )
        selected: Any = getattr(clause, "selected_columns", None) or getattr(clause, "_returning", ())
        columns: list[Any] = list(selected)
        self._readers: tuple[tuple[int, Processor], ...] = tuple(
            (index, reader)
            for index, column in enumerate(columns)
            if (reader := _reader(column, dialect)) is not None
        )
        self._texts = tuple(index for index, column in enumerate(columns) if isinstance(column.type, Text))
        self.row = row_class(tuple(column.key for column in columns)) if columns else None
        self._make = partial(tuple.__new__, self.row) if self.row else None

    def arguments(self, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """The driver's positional arguments.

        Raises:
            KeyError: a parameter of the statement has no value.
        """
        values = self._pick({**self._defaults, **parameters} if self._defaults else parameters)
        if not self._binders:
            return values
        arguments = list(values)
        for index, binder in self._binders:
            arguments[index] = binder(arguments[index])
        return arguments

    def rows(self, records: Sequence[Sequence[Any]]) -> list[Row]:
        """The driver's records as named tuples, each value as its column's type has it in Python."""
        if not records or self._make is None:
            return []
        if not self._readers:
            return list(map(self._make, records))
        columns: list[Iterable[Any]] = list(zip(*records, strict=True))
        for index, reader in self._readers:
            columns[index] = map(reader, columns[index])
        return list(map(self._make, zip(*columns, strict=True)))

    def weight(self, records: Sequence[Sequence[Any]]) -> int:
        """About how many characters the texts of the driver's records have."""
        return weight(records, self._texts)


def _picker(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda parameters: tuple([parameters[name] for name in names])


def _reader(column: Any, dialect: Dialect) -> Processor | None:
    reader = column.type.dialect_impl(dialect).result_processor(dialect, None)
    if reader is parsed_or_none and not getattr(column, "nullable", True):
        return datetime.fromisoformat  # of C, so that a column of them is read without calling Python
    return reader  # type: ignore[no-any-return]


@lru_cache(maxsize=512)
def row_class(names: tuple[str, ...]) -> type[tuple[Any, ...]]:
    """One class for each list of column names, so that generated code can be keyed by it."""
    return namedtuple("Row", names)  # names are known at run time


class StatementCache:
    """The most recently used statements by key; what a key does not say must not change the SQL."""

    def __init__(self, dialect: Dialect, entries: int = 512) -> None:
        self.dialect = dialect
        self._statements: Cache[Hashable, Statement] = Cache(entries, STATEMENTS_BYTES)

    def get(self, key: Hashable, build: Callable[[], ClauseElement]) -> Statement:
        """The statement of ``key``, built and compiled if this is its first use."""
        statement = self._statements.get(key)
        if statement is None:
            statement = Statement(build(), self.dialect)
            self._statements.put(key, statement, STATEMENT_BYTES + BYTES_A_CHARACTER * len(statement.sql))
        return statement
