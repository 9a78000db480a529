"""A server that dies between the commit of a mutation and its answer; its arguments are a URL and a socket's number."""

import os
import signal
import sys

import uvicorn

from gateway.app import create_app
from gateway.observe.observers import Observers
from gateway.settings import Settings


class Deadly(Observers):
    """Kills its own process when a mutation has ended, which is told before it is answered."""

    def operation(self, record) -> None:
        if record.type == "mutation":
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    settings = Settings(database_url=sys.argv[1])
    uvicorn.run(create_app(settings, observer=Deadly(())), fd=int(sys.argv[2]), log_level="critical")
