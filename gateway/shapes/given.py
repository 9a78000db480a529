"""Given: a vendor's object, read member by member; all problems are collected."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from gateway.db.filters import is_text
from gateway.instants import iso_instant
from gateway.shapes.json_text import Number, dumps

T = TypeVar("T")

Path = tuple[str | int, ...]

MAX_ID = 255  # characters


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem with a member.

    Attributes:
        path: the names and indexes of the member.
        message: the problem, one sentence.
    """

    path: Path
    message: str


class Given:
    """The members of one object. Reading a member notes its problems, and always returns a value of the right type.

    Attributes:
        members: the members; numbers are Number objects, so that reading changes none.
        path: the path of the object in its record.
        problems: the problems of the whole record.
    """

    __slots__ = ("members", "path", "problems")

    def __init__(self, members: dict[str, Any], path: Path, problems: list[Problem]) -> None:
        self.members = members
        self.path = path
        self.problems = problems

    def wrong(self, name: str, message: str, *below: str | int) -> None:
        """Note a problem with a member, or with a nested member ``below`` it."""
        self.problems.append(Problem((*self.path, name, *below), message))

    def id(self, name: str) -> str:
        """A text that identifies the object."""
        value = self.required(name)
        if len(value) > MAX_ID or self.members.get(name) == "":
            self.wrong(name, f"It must have 1 to {MAX_ID} characters.")
        return value

    def required(self, name: str) -> str:
        """A required text."""
        value = self.members.get(name)
        if not isinstance(value, str):
            self.wrong(name, "It must be a text." if name in self.members else "It is missing.")
            return ""
        return self._storable(name, value)

    def text(self, name: str) -> str | None:
        """A text, or null. A number becomes its digits. Any other value becomes null, and is kept verbatim."""
        value = self.members.get(name)
        if isinstance(value, str):
            return self._storable(name, value)
        return value.text if isinstance(value, Number) else None

    def flag(self, name: str) -> bool | None:
        """True or false, or null."""
        return self.read(name, bool, "true or false")

    def integer(self, name: str) -> int | None:
        """A 32-bit integer (GraphQL's Int), or null. Any other number becomes null, and its digits are kept."""
        value = self.members.get(name)
        if value is None:
            return None
        if not isinstance(value, Number):
            self.wrong(name, "It must be a number.")
            return None
        try:
            number = int(value.text) if len(value.text) <= 20 else None
        except ValueError:  # 1.0, 1e2
            return None
        return number if number is not None and -(2**31) <= number < 2**31 else None

    def instant(self, name: str, what: str) -> datetime | None:
        """An ISO 8601 time, or null. Without an offset it is UTC.

        Args:
            what: what the value must be, with an example in the vendor's form.
        """
        if (text := self.read(name, str, "a text")) is None:
            return None
        if (instant := iso_instant(text)) is None:
            self.wrong(name, f"It must be {what}.")
        return instant

    def one_of(self, name: str, choices: type[StrEnum]) -> str | None:
        """A value of a closed set, in upper or lower case, or null."""
        if (text := self.read(name, str, "a text")) is None:
            return None
        if text.lower() not in list(choices):
            self.wrong(name, f"It must be one of {', '.join(choices)}.")
            return None
        return text.lower()

    def read(self, name: str, kind: type[T], what: str) -> T | None:
        """A value of one of JSON's types, or null."""
        value = self.members.get(name)
        if value is None or isinstance(value, kind):
            return value
        self.wrong(name, f"It must be {what}.")
        return None

    def json(self, name: str) -> str | None:
        """Any value as its exact JSON text; null if it is null or absent."""
        value = self.members.get(name)
        return None if value is None else dumps(value)

    def _storable(self, name: str, value: str) -> str:
        if not is_text(value):
            self.wrong(name, "It holds U+0000 or half a surrogate pair, which no store takes.")
            return ""
        return value
