"""The processes under measurement: starting them, what they consume, ending them."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil

HERE = Path(__file__).parent
MERCURIUS = HERE / "mercurius"
START_SECONDS = 30
POOL = 8  # database connections of every server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processor_seconds(process: psutil.Process) -> float:
    """User and system time of a process and all its descendants, those that have ended included."""
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += sum(each.cpu_times()[:4])
    return total


def resident_bytes(process: psutil.Process) -> int:
    """Resident memory of a process and its descendants."""
    total = 0
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += each.memory_info().rss
    return total


@dataclass(slots=True)
class Server:
    """A running server on a loopback port."""

    name: str
    database: str
    port: int
    process: psutil.Process
    popen: "subprocess.Popen[bytes]"

    def end(self) -> None:
        """End the process and its descendants, and wait until they are gone."""
        family = [*self.process.children(recursive=True), self.process] if self.process.is_running() else []
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.terminate()
        _, alive = psutil.wait_procs(family, timeout=5)
        for each in alive:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        self.popen.wait()


def launch(
    name: str, database: str, command: Sequence[str], port: int, environment: Mapping[str, str], log: Path
) -> Server:
    """Start a server's process; what it prints goes to ``log``."""
    with log.open("wb") as output:
        popen = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env={**os.environ, **environment}
        )
    return Server(name, database, port, psutil.Process(popen.pid), popen)


def wait_until_ready(server: Server, log: Path) -> None:
    """Wait until the server's port answers.

    Raises:
        RuntimeError: it ended, or its port stayed closed; the message holds the end of its log.
    """
    for _ in range(START_SECONDS * 10):
        if server.popen.poll() is not None:
            break
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=1):
            return
        time.sleep(0.1)
    server.end()
    raise RuntimeError(f"{server.name} did not start:\n{log.read_text(errors='replace')[-3000:]}")


def gateway_command(port: int, url: str) -> list[str]:
    return [
        *(sys.executable, "-m", "gateway.cli", "serve", "--host", "127.0.0.1"),
        *("--port", str(port), "--database", url),
    ]


def python_command(module: str, port: int, url: str, organization: str) -> list[str]:
    return [sys.executable, "-m", module, str(port), url, organization, str(POOL)]


def mercurius_command(port: int, organization: str) -> list[str] | str:
    """The command, or one line that says why there is none."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return "mercurius is left out: Node.js is not on the PATH."
    if not (MERCURIUS / "node_modules" / ".package-lock.json").exists():
        installed = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=MERCURIUS,
            capture_output=True,
            text=True,
            check=False,
        )
        if installed.returncode:
            return (
                f"mercurius is left out: npm ci failed: {(installed.stderr or 'no message').splitlines()[0]}"
            )
    return [node, str(MERCURIUS / "server.js"), str(port), organization, str(POOL)]


def libpq_environment(url: str) -> dict[str, str]:
    """A PostgreSQL URL as the environment variables that every PostgreSQL client reads."""
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or "127.0.0.1"])[0]
    found = {"PGHOST": host, "PGUSER": parts.username or "postgres", "PGDATABASE": parts.path.lstrip("/")}
    if parts.port:
        found["PGPORT"] = str(parts.port)
    if parts.password:
        found["PGPASSWORD"] = parts.password
    return found
