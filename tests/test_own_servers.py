"""The tests' own PostgreSQL servers: none outlives the run that made it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import ENOUGH

SERVER = """
import os, signal
from pathlib import Path
from tests.postgresql import own_server

with own_server() as server:
    folder = Path(server._server.pgdata)
    runtime = os.environ["XDG_RUNTIME_DIR"]
    print(folder, runtime, (folder / "postmaster.pid").read_text().split()[0], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_run_that_is_killed_leaves_no_server_behind() -> None:
    # What the server and the one who watches over it write ends with them: so does the wait for it.
    killed = subprocess.run(
        [sys.executable, "-c", SERVER],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        text=True,
        timeout=2 * ENOUGH,
    )
    folder, runtime, pid = killed.stdout.split()
    assert killed.returncode == -signal.SIGKILL
    assert not any(map(os.path.exists, (folder, runtime)))
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
