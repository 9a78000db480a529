"""What a transaction of SQLite does at once, and whether it is little enough for the event loop itself.

Handing a statement to the writer's thread and back costs several times what a row takes that is written by its id.
"""

import sqlite3
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, Final, Generic, TypeVar

from gateway.db.database import Step
from gateway.db.metering import Meter
from gateway.db.sqlite_reading import read_measured
from gateway.db.statements import Row, Statement

T = TypeVar("T")

HERE_SECONDS: Final = 0.002
"""How long a statement may hold up the event loop before it moves to a thread."""
HERE_CHARACTERS: Final = 32_000
"""Of all texts that are given there; what a long one takes, its index of words for one, is not known before."""
HERE_ROWS: Final = 64
"""That are given there at once."""
LOOK: Final = 5_000
"""Instructions of SQLite's virtual machine between two looks at the time."""


class NotHere(Exception):
    """The work is to be done on a thread: nothing of it was done."""


class SqliteWork(Generic[T]):
    """Statements that run one behind the other on the writer's connection.

    Args:
        statements: all of them.
        do: runs them.
        is_little: whether they are given little enough.

    Attributes:
        is_little: whether they may be run on the event loop: not where one of them took long before.
    """

    __slots__ = ("_do", "_is_given_little", "is_little", "statements")

    def __init__(
        self,
        statements: Sequence[Statement],
        do: Callable[[sqlite3.Connection], T],
        *,
        is_little: bool = True,
    ) -> None:
        self.statements = statements
        self._do = do
        self._is_given_little = is_little
        self.is_little = is_little and not any(each.is_slow for each in statements)

    def __call__(self, connection: sqlite3.Connection) -> T:
        """Run them, wherever that is; what takes long is noted, and what no longer does."""
        begun = perf_counter()
        result = self._do(connection)
        seconds = perf_counter() - begun
        if seconds > HERE_SECONDS:
            self._note(is_slow=self._is_given_little)
        elif not self.is_little and seconds < HERE_SECONDS / 2:
            self._note(is_slow=False)
        return result

    def run_here(self, connection: sqlite3.Connection) -> T:
        """Run them on the event loop.

        Raises:
            NotHere: reading took too long.
        """
        if not (self.statements and self.statements[0].reads):
            return self(connection)  # a change that is interrupted undoes its whole transaction
        until = perf_counter() + HERE_SECONDS
        connection.set_progress_handler(lambda: perf_counter() > until, LOOK)
        try:
            return self(connection)
        except sqlite3.OperationalError as failure:
            if failure.sqlite_errorcode & 0xFF != sqlite3.SQLITE_INTERRUPT:
                raise
        finally:
            connection.set_progress_handler(None, 0)
        self._note(is_slow=True)
        raise NotHere

    def _note(self, *, is_slow: bool) -> None:
        for each in self.statements:
            each.is_slow = is_slow


def reading(statement: Statement, arguments: Sequence[Any], meter: Meter | None) -> SqliteWork[list[Row]]:
    """One statement, and the rows that it returns."""
    return SqliteWork(
        [statement],
        lambda connection: statement.rows(read_measured(connection, statement, arguments, meter)),
        is_little=_characters(arguments) <= HERE_CHARACTERS,
    )


def writing(steps: Sequence[Step]) -> SqliteWork[None]:
    """Statements with their parameters, which return nothing."""
    statements = [statement for statement, _ in steps]
    is_little = sum([len(parameters) for _, parameters in steps]) <= HERE_ROWS
    if not is_little:  # their arguments are made on the thread, too
        given: Any = [
            (statement.sql, map(statement.arguments, parameters)) for statement, parameters in steps
        ]
    else:
        given = [(each.sql, [*map(each.arguments, parameters)]) for each, parameters in steps]
        is_little = sum([_characters(row) for _, rows in given for row in rows]) <= HERE_CHARACTERS

    def run(connection: sqlite3.Connection) -> None:
        for sql, arguments in given:
            connection.executemany(sql, arguments)

    return SqliteWork(statements, run, is_little=is_little)


def _characters(arguments: Sequence[Any]) -> int:
    """How many their texts have."""
    return sum([len(each) for each in arguments if type(each) is str])
