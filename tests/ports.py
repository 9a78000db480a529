"""Ports that are named before they are listened at."""

import random
import socket
from contextlib import suppress


def free_port() -> int:
    """A port that nobody listens at.

    It lies below those that systems give whoever asks for any port, of which Linux's begin at 32768: no other test gets
    it before it is listened at.
    """
    chosen = random.SystemRandom()
    while True:
        port = chosen.randrange(10_000, 32_000)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
