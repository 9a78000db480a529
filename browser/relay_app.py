"""The Relay application as `npm start` runs it, in front of a gateway of its own."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.demonstration import ROOT, address_said

FOLDER = ROOT / "examples" / "relay-app"


@contextmanager
def relay_app(gateway: str) -> Iterator[str]:
    """The application's address; it is compiled and served anew.

    Args:
        gateway: the address of the gateway that it asks.
    """
    app = subprocess.Popen(
        ["npm", "start", "--silent", "--", "--port", "0"],
        cwd=FOLDER,
        env={**os.environ, "GATEWAY_URL": gateway, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # npm starts others, which are to end with it
    )
    try:
        assert app.stdout is not None
        yield address_said(app.stdout)
    finally:
        os.killpg(app.pid, signal.SIGKILL)
        app.wait()
