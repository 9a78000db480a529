"""Outages: repeated failures are logged once, then once a minute, and when they are over."""

import time
from collections.abc import Callable
from logging import Logger
from typing import Final

SAID_AGAIN_AFTER: Final = 60.0  # seconds


class Outage:
    """Something that is tried every few seconds, and may fail for long.

    Args:
        logger: that says it.
        what: fails, a sentence without its end.
        clock: seconds, of which only differences count.
    """

    def __init__(self, logger: Logger, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._what = what
        self._clock = clock
        self._since: float | None = None
        self._said: tuple[float, str] | None = None  # when, and why

    def failed(self, reason: object) -> None:
        """It was tried, and failed."""
        now, why = self._clock(), str(reason)
        if self._since is None:
            self._since = now
        if self._said is None or why != self._said[1] or now - self._said[0] >= SAID_AGAIN_AFTER:
            self._said = now, why
            self._logger.warning("%s: %s", self._what, why)

    def ended(self) -> None:
        """It was tried, and did not fail."""
        if self._since is not None:
            since, self._since = self._since, None
            if self._said is not None and self._said[0] >= since:
                self._logger.warning("it is over, after %.0f s: %s", self._clock() - since, self._what)
