"""Who is told of operations that did not run the usual way."""

from typing import Protocol


class Watcher(Protocol):
    """Is told at once, while the operation runs: it must return at once and never raise."""

    def fallback(self, reason: str) -> None:
        """graphql-core's own executor runs an operation, for a reason in a few words."""

    def rerun(self, reason: str) -> None:
        """A root field runs again the exact way, since generated code met an exception of this class."""


class Nobody:
    """A watcher that does nothing."""

    def fallback(self, reason: str) -> None:
        """Nothing."""

    def rerun(self, reason: str) -> None:
        """Nothing."""
