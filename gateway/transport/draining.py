"""Draining: what lasts is told that the process stops, and ends by itself."""

from collections.abc import Callable
from typing import Final

STATE: Final = "draining"
"""Its name in the state that an application's lifespan hands to the server (ASGI, lifespan protocol)."""

CONNECTIONS: Final = "connections"
"""The name there of a function that the server gives its set of connections to."""


class Draining:
    """The end of a process, announced.

    Attributes:
        is_begun: whether nothing that lasts may begin any more.
    """

    def __init__(self) -> None:
        self.is_begun = False
        self._told: dict[Callable[[], None], None] = {}

    def begin(self) -> None:
        """Tell everybody who listens; called once, by the server, when it takes no connections any more."""
        self.is_begun = True
        for end in list(self._told):
            end()

    def add(self, end: Callable[[], None]) -> None:
        """Have a function called when it begins."""
        self._told[end] = None

    def discard(self, end: Callable[[], None]) -> None:
        """Have it called no more."""
        self._told.pop(end, None)
