"""The build backend: flit's, after the pages are built, which a wheel holds as they lie in `gateway/pages/static/`.

PEP 517's hooks run in the source tree. `pip install --editable .` builds nothing: there `make pages` does.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from flit_core import buildapi
from flit_core.buildapi import (
    build_editable,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

UI = Path("ui")
STATIC = Path("gateway/pages/static")
OLDEST_NODE = 18
WITHOUT = (
    "To take the pages as they lie in gateway/pages/static/, or none where there are none "
    "(browsers get plain pages then), add -C pages=as-is."
)


def build_wheel(
    wheel_directory: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    _refuse_strays()
    _build_pages(config_settings)
    return buildapi.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory: str, config_settings: dict[str, Any] | None = None) -> str:
    _refuse_strays()
    _build_pages(config_settings)
    return buildapi.build_sdist(sdist_directory, config_settings)


def _refuse_strays() -> None:
    """Whatever lies in the package goes into the wheel: a server that ran there may have left its store, and its key.

    Raises:
        SystemExit: something lies there that git ignores, but for what is built.
    """
    if not Path(".git").exists() or shutil.which("git") is None:
        return  # an sdist, or a copy
    command = ["git", "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "gateway"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    ignored = [Path(name) for name in told.split("\0") if name]
    strays = [
        str(path) for path in ignored if not path.is_relative_to(STATIC) and "__pycache__" not in path.parts
    ]
    if strays:
        raise SystemExit(f"These are no part of the package, remove them first: {', '.join(strays)}.")


def _build_pages(config_settings: dict[str, Any] | None) -> None:
    """Build them, unless the caller or an sdist, which has no `ui/`, brings them as they are to be.

    Raises:
        SystemExit: they cannot be built; with one sentence why, and how to go without.
    """
    match (config_settings or {}).get("pages", "build"):
        case "as-is":
            return
        case "build":
            pass
        case unknown:
            raise SystemExit(f"The setting pages is build or as-is, not {unknown!r}.")
    if not UI.is_dir():
        return
    if (reason := _missing()) is not None:
        raise SystemExit(f"The pages cannot be built: {reason}. {WITHOUT}")
    installed, locked = UI / "node_modules" / ".package-lock.json", UI / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < locked.stat().st_mtime:
        _npm("ci")
    _npm("run", "--silent", "build")


def _missing() -> str | None:
    """Why there is no Node.js to build with; None where there is."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return f"Node.js {OLDEST_NODE} or newer, with npm, is needed, and is not on the PATH"
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.", told)
    if version is None or int(version[1]) < OLDEST_NODE:
        return f"Node.js {OLDEST_NODE} or newer is needed, and {node} is {told.strip() or 'none'}"
    return None


def _npm(*arguments: str) -> None:
    """Run npm in `ui/`; what it says goes where this says it."""
    if subprocess.run([shutil.which("npm") or "npm", *arguments], cwd=UI, check=False).returncode:
        raise SystemExit(f"The pages cannot be built: npm {arguments[0]} failed (see above). {WITHOUT}")
