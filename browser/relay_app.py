"""The Relay application as `npm start` runs it, in front of a gateway of its own."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.demonstration import ROOT

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
        said = ""
        while (found := re.search(r"http://127\.0\.0\.1:\d+", said)) is None:
            line = app.stdout.readline()
            assert line, said
            said += line
        yield found[0]
    finally:
        os.killpg(app.pid, signal.SIGTERM)
        app.communicate(timeout=30)
