"""The gateway with the demo's data, as a process of its own."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]
PATIENT = {
    "GATEWAY_COUNT_SECONDS": "60",
    "GATEWAY_DATABASE_SECONDS": "3600",
    "GATEWAY_HEADER_SECONDS": "3600",
    "GATEWAY_LIMIT_SECONDS": "off",
    "GATEWAY_LIMIT_TRANSFER_SECONDS": "off",
    "GATEWAY_LIMIT_WAITING_SECONDS": "off",
}
"""Settings of a gateway that is to answer on a machine which is busy with something else, too."""


@contextmanager
def demo(folder: Path, port: str = "0", **settings: str) -> Iterator[str]:
    """A gateway with the demo's data in a folder, which is killed in the end; its address.

    Args:
        folder: where its store is, and stays.
        port: where it listens; 0 for a free one.
        settings: variables of its environment.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    server = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", "serve", "--demo", "--port", port],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT), **PATIENT, **settings},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        yield address_said(server.stderr)
    finally:
        server.kill()
        server.wait()


def address_said(lines: IO[str]) -> str:
    """The first address of this machine that a process says, which it does when the port is open.

    What it says later is read, too: a pipe that nobody reads is full one day, and who writes into it waits.
    """
    said = ""
    while (found := re.search(r"http://127\.0\.0\.1:\d+", said)) is None:
        line = lines.readline()
        assert line, said
        said += line
    threading.Thread(target=_read_on, args=[lines], daemon=True).start()
    return found[0]


def _read_on(lines: IO[str]) -> None:
    with lines:
        lines.read()
