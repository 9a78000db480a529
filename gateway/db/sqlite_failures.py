"""What SQLite says when a statement fails, as `gateway.db.failures` has it."""

import sqlite3

from gateway.db.failures import Busy, Refused, Rule, Unreachable

RULES = {
    "SQLITE_CONSTRAINT_UNIQUE": Rule.UNIQUE,
    "SQLITE_CONSTRAINT_PRIMARYKEY": Rule.UNIQUE,
    "SQLITE_CONSTRAINT_FOREIGNKEY": Rule.FOREIGN_KEY,
    "SQLITE_CONSTRAINT_CHECK": Rule.CHECK,
    "SQLITE_CONSTRAINT_NOTNULL": Rule.NOT_NULL,
}


STOOD_IN_THE_WAY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")
FILE_FAILED = (
    *("SQLITE_AUTH", "SQLITE_CANTOPEN", "SQLITE_CORRUPT", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_NOMEM"),
    *("SQLITE_NOTADB", "SQLITE_PERM", "SQLITE_READONLY"),
)


def is_lost(failure: BaseException) -> bool:
    """Whether the file failed, so that its connection may hold pages that are none: a new one has to be made."""
    return isinstance(failure, sqlite3.Error) and _name(failure).startswith(FILE_FAILED)


def translated(failure: sqlite3.Error) -> Exception:
    """The failure as `gateway.db.failures` names it; itself where it is a mistake of the program."""
    name = _name(failure)
    if name in RULES:
        rule = RULES[name]
        # NOT NULL constraint failed: comments.body
        column = str(failure).rpartition(".")[2] if rule is Rule.NOT_NULL else None
        return Refused(rule, str(failure), column)
    if name.startswith(STOOD_IN_THE_WAY):
        return Busy("Another process kept the database file locked for too long.")
    if is_lost(failure):
        return Unreachable(f"The database file cannot be used: {failure}.")
    return failure


def _name(failure: sqlite3.Error) -> str:
    return getattr(failure, "sqlite_errorname", "")
