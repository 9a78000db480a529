"""The errors of one run: where they stand, which positions they null, and which of them are reported."""

from collections.abc import Sequence
from typing import Any

from graphql import FieldNode, GraphQLError, located_error

Path = tuple[Any, str | int] | None
"""A position in the answer: the parent's path and a key or index; None is the whole answer."""


class FailedValue:
    """Stands for a value that failed where the type forbids null, until it reaches a nullable position."""

    __slots__ = ("error",)

    def __init__(self, error: GraphQLError) -> None:
        self.error = error


def flatten(path: Path) -> list[str | int]:
    """Return a path as GraphQL responses show it (GraphQL, section 7.1.2)."""
    parts: list[str | int] = []
    while path is not None:
        path, part = path
        parts.append(part)
    parts.reverse()
    return parts


class Errors:
    """Collects the errors of one run by the position that each one nulls."""

    def __init__(self) -> None:
        self._by_position: dict[tuple[str | int, ...], GraphQLError] = {}

    def __bool__(self) -> bool:
        return bool(self._by_position)

    def land(self, failure: FailedValue, path: Path) -> None:
        """Record that `failure` nulls the position `path`."""
        self._by_position[tuple(flatten(path))] = failure.error

    def reported(self) -> list[GraphQLError]:
        """Return the errors, but none from below a position that another one nulled.

        (GraphQL, section 6.4.4: what was discarded with its parent needs no error of its own.)
        """
        return [error for _, error in self.landed()]

    def landed(self) -> list[tuple[tuple[str | int, ...], GraphQLError]]:
        """Return the reported errors, each with the position that it nulls."""
        nulled = self._by_position
        return [
            (position, error)
            for position, error in nulled.items()
            if not any(position[:length] in nulled for length in range(len(position)))
        ]

    def null(self, position: tuple[str | int, ...]) -> bool:
        """Tell whether a position is null, or something that it is inside of."""
        nulled = self._by_position
        return bool(nulled) and any(position[:length] in nulled for length in range(len(position) + 1))


def fail(error: Exception, nodes: Sequence[FieldNode], path: Path) -> FailedValue:
    """Return the failure of the position `path`, located as graphql-core locates it."""
    return FailedValue(located_error(error, nodes, flatten(path)))
