"""The files of the embedded store."""

import contextlib
import os
import sqlite3
from urllib.parse import quote

PRIVATE = 0o600


def make_file(path: str) -> None:
    """Make an empty database that its user alone may read; one that is there keeps its mode.

    SQLite gives the write-ahead log and the index beside it the mode of the database (https://sqlite.org/wal.html).
    """
    with contextlib.suppress(OSError):  # SQLite says what is wrong with the place, and a file may be there
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE))


def address(path: str) -> str:
    """The URI of a database that is there (https://sqlite.org/uri.html)."""
    return f"file:{quote(path)}?mode=rw"


def write_nothing(path: str, seconds: float) -> None:
    """Commit a write that changes nothing, since nothing less detects a full disk; raises sqlite3's error if it fails.

    Args:
        seconds: how long another process's write is waited for.
    """
    connection = sqlite3.connect(address(path), uri=True, timeout=seconds, isolation_level=None)
    with contextlib.closing(connection):
        connection.execute("BEGIN IMMEDIATE")
        [version] = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {int(version)}")
        connection.execute("COMMIT")
