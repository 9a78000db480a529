"""Scratch: values by key for the length of one task, on the disk, so that memory does not grow with their number."""

import sqlite3
from typing import Any

from gateway.db.failures import NoRoom


class Scratch:
    """A nameless table of this process alone; it is gone once it is closed."""

    def __init__(self) -> None:
        # An empty name is a private file that SQLite deletes by itself: https://sqlite.org/inmemorydb.html#temp_db
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._execute("PRAGMA journal_mode = OFF")
        self._execute("CREATE TABLE kept (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
        self._execute("BEGIN")  # never committed: nothing has to last

    def get(self, key: str) -> bytes | None:
        """The value of a key; None where there is none."""
        found = self._execute("SELECT value FROM kept WHERE key = ?", key).fetchone()
        return bytes(found[0]) if found else None

    def add(self, key: str, value: bytes) -> bool:
        """Keep a value unless the key has one; whether it had none."""
        return (
            self._execute("INSERT INTO kept VALUES (?, ?) ON CONFLICT DO NOTHING", key, value).rowcount == 1
        )

    def keep(self, key: str, value: bytes) -> None:
        """Keep a value, in the place of the one that the key has, if any."""
        self._execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", key, value)

    def replace(self, key: str, value: bytes) -> None:
        """Keep a value in the place of the one that the key has."""
        self._execute("UPDATE kept SET value = ? WHERE key = ?", value, key)

    def _execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        """Run a statement.

        Raises:
            NoRoom: the disk is full, or fails.
        """
        try:
            return self._connection.execute(statement, arguments)
        except sqlite3.OperationalError as failure:
            raise NoRoom(str(failure)) from failure

    def close(self) -> None:
        self._connection.close()
