"""Collecting what is wrong with a change, so that its caller is told all of it at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from gateway.resolvers.errors import (
    ChangeProblem,
    Conflict,
    ErrorCode,
    GatewayError,
    Invalid,
    NotFound,
    PersonRequired,
    Rejected,
)

TOLD = (Rejected, Invalid, NotFound, Conflict, PersonRequired)
"""The errors that are answers to a change; any other one ends the request."""


class Problems:
    """What is wrong with one change.

    Attributes:
        path: where in the rule's input the looking is done (see `ChangeProblem`); what is noted is noted below it.
        is_legacy: whether the caller is a legacy path, whose contract takes texts verbatim that mean nothing.
    """

    def __init__(self, *, is_legacy: bool = False) -> None:
        self.is_legacy = is_legacy
        self.path: tuple[str, ...] = ()
        self._found: list[ChangeProblem] = []

    def below(self, *path: str) -> "Problems":
        """The same problems, seen from a member of what is looked at."""
        inside = Problems(is_legacy=self.is_legacy)
        inside.path, inside._found = (*self.path, *path), self._found
        return inside

    def add(self, message: str, *path: str, code: ErrorCode = ErrorCode.BAD_USER_INPUT) -> None:
        """Note a problem at a path below this one."""
        self._found.append(ChangeProblem(code, message, (*self.path, *path)))

    @contextmanager
    def at(self, *path: str) -> Iterator[None]:
        """Note what a block raises, as a problem at this path; the block ends there."""
        try:
            yield
        except TOLD as error:
            self._found += [
                replace(each, path=(*self.path, *path, *each.path)) for each in problems_of(error)
            ]

    def settle(self) -> None:
        """Go on if nothing is wrong.

        Raises:
            Rejected: something is.
        """
        if self._found:
            raise Rejected(self._found)


def problems_of(error: GatewayError) -> tuple[ChangeProblem, ...]:
    """What an error says of a change; it is one of TOLD."""
    return (
        error.problems if isinstance(error, Rejected) else (ChangeProblem(ErrorCode(error.code), str(error)),)
    )
