"""Programs of Node.js, with the packages that the lock of their folder names."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

OLDEST = 18


def _is_there() -> bool:
    if shutil.which("npm") is None or (node := shutil.which("node")) is None:
        return False
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.", told)
    return version is not None and int(version[1]) >= OLDEST


needs_node = pytest.mark.skipif(
    not _is_there(), reason=f"no Node.js {OLDEST} or newer with npm on this machine"
)


def run(folder: Path, *command: str) -> str:
    """What a command prints in a folder; it has to end with 0."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def install(folder: Path) -> None:
    """Install the packages of a folder, unless they are there as its lock names them.

    npm writes its own list last: what was broken off is begun again.
    """
    installed, locked = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
        run(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=5")
