"""What a database answers instead of rows, the same for SQLite and PostgreSQL."""

from enum import StrEnum
from typing import TypeVar


class DatabaseFailure(Exception):
    """A statement did not run, or had no effect. The message is for the operator, not for callers."""


class InvalidUrl(DatabaseFailure):
    """The URL of the database cannot be read, or asks for what cannot be done; it holds no part of a password."""


class Unreachable(DatabaseFailure):
    """There is no database at the URL, or it refuses this process."""


class NoRoom(Unreachable):
    """Temporary files cannot be written."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Temporary files, whose folder TMPDIR names, cannot be written: {reason}.")


class TooSlow(DatabaseFailure):
    """It did not answer in time, or no connection was free in time."""


class TooLarge(DatabaseFailure):
    """A read was ended, since it had more bytes than its reader may have."""


class Busy(DatabaseFailure):
    """Other transactions were in the way; the same write may succeed now."""


class Rule(StrEnum):
    """What a refused row breaks."""

    UNIQUE = "unique"
    FOREIGN_KEY = "foreign key"
    CHECK = "check"
    NOT_NULL = "not null"


class Refused(DatabaseFailure):
    """A row breaks a rule of the schema; the transaction can only be rolled back.

    Attributes:
        rule: that is broken.
        column: that is null where it must not be; None for other rules.
        table: whose row it is, where the database says so.
        is_late: whether it is of a statement before the one that fails, or of any where the transaction ends.
    """

    def __init__(self, rule: Rule, message: str, column: str | None = None, table: str | None = None) -> None:
        super().__init__(message)
        self.table = table
        self.rule = rule
        self.column = column
        self.is_late = False


F = TypeVar("F", bound=Exception)


def another(failure: F) -> F:
    """The same failure as a new object, for another waiter: an error raised twice would hold the frames of both."""
    made = failure.__class__.__new__(failure.__class__, *failure.args)
    made.__dict__.update(failure.__dict__)
    made.__cause__ = failure
    return made


def ends_transaction(failure: Exception | None) -> bool:
    """Whether nothing of a transaction can go on after its last failure: a refused row ends a part of it alone."""
    return failure is not None and not isinstance(failure, Refused)
