"""Scratch: values by key for the length of one task, on the disk, so that memory does not grow with their number."""

import sqlite3


class Scratch:
    """A nameless table of this process alone; it is gone once it is closed."""

    def __init__(self) -> None:
        # An empty name is a private file that SQLite deletes by itself: https://sqlite.org/inmemorydb.html#temp_db
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute(
            "CREATE TABLE kept (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"
        )
        self._connection.execute("BEGIN")  # never committed: nothing has to last

    def get(self, key: str) -> bytes | None:
        """The value of a key; None where there is none."""
        for (value,) in self._connection.execute("SELECT value FROM kept WHERE key = ?", (key,)):
            return bytes(value)
        return None

    def add(self, key: str, value: bytes) -> bool:
        """Keep a value unless the key has one; whether it had none."""
        statement = "INSERT INTO kept VALUES (?, ?) ON CONFLICT DO NOTHING"
        return self._connection.execute(statement, (key, value)).rowcount == 1

    def keep(self, key: str, value: bytes) -> None:
        """Keep a value, in the place of the one that the key has, if any."""
        self._connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (key, value))

    def replace(self, key: str, value: bytes) -> None:
        """Keep a value in the place of the one that the key has."""
        self._connection.execute("UPDATE kept SET value = ? WHERE key = ?", (value, key))

    def close(self) -> None:
        self._connection.close()
