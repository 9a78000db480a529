"""The gateway with the demo's data, as a process of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


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
        env={**environment, "PYTHONPATH": str(ROOT), **settings},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        greeting = server.stderr.readline()  # it comes when the port is open
        found = re.search(r"http://127\.0\.0\.1:\d+", greeting)
        assert found is not None, greeting
        yield found[0]
    finally:
        server.kill()
        server.communicate()
