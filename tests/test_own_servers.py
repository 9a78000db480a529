"""The tests' own PostgreSQL servers: none outlives the run that made it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import ENOUGH

SERVER = """
import os, signal, sys
from pathlib import Path
from tests.postgresql import own_server

with own_server(Path(sys.argv[1])) as server:
    folder = Path(server._server.pgdata)
    print(folder, (folder / "postmaster.pid").read_text().split()[0], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_run_that_is_killed_leaves_no_server_behind(tmp_path: Path) -> None:
    # What the server and the one who watches over it write ends with them: so does the wait for it.
    killed = subprocess.run(
        [sys.executable, "-c", SERVER, str(tmp_path)],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        text=True,
        timeout=2 * ENOUGH,
    )
    folder, pid = killed.stdout.split()
    assert killed.returncode == -signal.SIGKILL
    assert not Path(folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
