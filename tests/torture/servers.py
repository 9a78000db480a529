"""Real servers that are killed: `gateway serve` in processes of its own, and the processes of PostgreSQL."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import MappingProxyType

import httpx2
import psutil
from cryptography.fernet import Fernet

from tests.patience import ENOUGH
from tests.ports import free_port
from tests.torture.states import opened

ROOT = Path(__file__).parents[2]
# Nobody waits for others of the same organization before the store is reached.
ENVIRONMENT = {
    **{
        f"GATEWAY_LIMIT_{name}": "off"
        for name in ("ORGANIZATION_REQUESTS", "TOKEN_REQUESTS", "ADDRESS_REQUESTS")
    },
    "GATEWAY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "GATEWAY_LOG_LEVEL": "error",
    "GATEWAY_LOG_FORMAT": "json",
}


class Gateway:
    """A gateway at one loopback port, which can be killed and started again.

    Args:
        environment: settings beside the usual ones.

    Attributes:
        url: where it answers.
        ready: whether somebody may call it.
    """

    def __init__(
        self,
        database_url: str,
        log: Path,
        workers: int = 1,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.ready = asyncio.Event()
        self.log = log
        self._environment = {
            **os.environ,
            **ENVIRONMENT,
            "GATEWAY_STORAGE_URL": str(log.parent / "files"),
            **environment,
        }
        self._command = [
            *(sys.executable, "-m", "gateway.cli", "serve", "--host", "127.0.0.1", "--port", str(port)),
            *("--database", database_url, "--workers", str(workers)),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it, and wait until it is ready.

        Raises:
            RuntimeError: it ended, or did not answer.
        """
        self._launch()
        async with httpx2.AsyncClient(base_url=self.url, timeout=ENOUGH) as http:
            until = monotonic() + ENOUGH
            while not await self._is_ready(http):
                if monotonic() > until:
                    raise RuntimeError("The gateway does not answer.")
                await asyncio.sleep(0.02)
        self.ready.set()

    def _launch(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def _is_ready(self, http: httpx2.AsyncClient) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"The gateway did not start:\n{self.log.read_text()[-3000:]}")
        try:
            return (await http.get("/readyz")).status_code == 200
        except httpx2.TransportError:
            return False

    def kill(self) -> None:
        """Kill all of its processes, as the kernel does where memory is short."""
        self.ready.clear()
        if self._process is not None:
            workers = self._workers()
            self._process.kill()
            for each in workers:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            psutil.wait_procs(workers)
            self._process.wait()
            self._process = None

    def kill_a_worker(self) -> None:
        """Kill one of its processes; the others go on, and it makes another."""
        # The largest: multiprocessing has a small process of its own.
        max(self._workers(), key=lambda each: each.memory_info().rss).kill()

    def _workers(self) -> list[psutil.Process]:
        assert self._process is not None
        return psutil.Process(self._process.pid).children(recursive=True)


async def kill_a_backend(database_url: str) -> None:
    """Kill the process of PostgreSQL behind one connection, on which it ends all connections and recovers."""
    others = (
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    busy_first = "ORDER BY (state = 'idle'), pid LIMIT 1"
    async with opened(database_url) as run:
        [(pid,)] = await run(f"{others} AND datname = current_database() {busy_first}")
    os.kill(pid, signal.SIGKILL)
