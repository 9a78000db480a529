"""What published clients need: the gateway with its demonstration as a process, and the packages they come in."""

import os
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.demonstration import ROOT, demo
from tests.loopback import past_proxies

past_proxies()

EXAMPLES = ROOT / "examples"
PYTHON = EXAMPLES / ".venv" / "bin" / "python"
PROGRAMS = {".py": PYTHON, ".mjs": "node", ".sh": "sh"}
TOKEN = "demo-token"
# What programs print is read, and colours would stand in the middle of it.
PLAIN = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
ENOUGH = 600  # seconds: many times what it takes, since a machine may be busy

Run = Callable[..., str]


def pytest_sessionstart() -> None:
    for needed in (PYTHON, EXAMPLES / "node_modules"):
        if not needed.exists():
            pytest.exit(f"{needed.relative_to(ROOT)} is missing: `make clients` installs it.", returncode=1)


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demonstration that the tests use together; its address."""
    folder = tmp_path_factory.mktemp("demo")
    with demo(folder, GATEWAY_OPAL_STATUS_CASE="upper") as address:  # as Opal's published client knows it
        yield address


@pytest.fixture
def run(gateway: str) -> Run:
    """Runs a program in the folder of the examples, which must end well; what it prints."""

    def run(*command: str, **more: str) -> str:
        done = subprocess.run(
            command,
            cwd=EXAMPLES,
            env={**PLAIN, "GATEWAY_URL": gateway, "GATEWAY_TOKEN": TOKEN, "CI": "true", **more},
            capture_output=True,
            text=True,
            timeout=ENOUGH,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture
def example(run: Run, gateway: str) -> Run:
    """Runs an example as its first lines say; what it prints."""

    def example(name: str) -> str:
        program = PROGRAMS[f".{name.rpartition('.')[2]}"]
        return run(str(program), name, gateway, TOKEN)

    return example
