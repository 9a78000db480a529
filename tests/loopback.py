"""This machine, with which alone tests speak."""

import os


def past_proxies() -> None:
    """Have it asked directly, whatever proxy reaches others from here."""
    for variable in ("no_proxy", "NO_PROXY"):
        os.environ[variable] = ",".join(filter(None, (os.environ.get(variable), "127.0.0.1", "localhost")))
