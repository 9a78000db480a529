"""The files of the embedded store."""

import contextlib
import os

PRIVATE = 0o600


def make_file(path: str) -> None:
    """Make an empty database that its user alone may read; one that is there keeps its mode.

    SQLite gives the write-ahead log and the index beside it the mode of the database (https://sqlite.org/wal.html).
    """
    with contextlib.suppress(OSError):  # SQLite says what is wrong with the place, and a file may be there
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE))
