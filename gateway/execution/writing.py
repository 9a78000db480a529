"""Who writes the answer, as far as execution has parts of it written while the rest is still being fetched."""

from typing import Any, Protocol


class Writer(Protocol):
    """Writes values that stand in an answer many times once, and is told how much that makes."""

    def write(self, value: Any) -> tuple[Any, int]:
        """A complete value as the answer may hold it in its place, and how many bytes it is written with."""
        ...

    def wrote(self, size: int) -> None:
        """The answer has so many bytes so far, or more: whoever wants no more of it ends the operation."""
