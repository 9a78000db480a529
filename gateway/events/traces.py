"""Traces of a person: the texts by which somebody is known, found in JSON and taken out of it."""

from dataclasses import dataclass
from typing import Any, Final

import orjson

from gateway.db.statements import Row

_SHORTEST_PART: Final = 5  # characters of a text that is looked for inside of others


@dataclass(frozen=True, slots=True)
class Traces:
    """What somebody is known by.

    Attributes:
        whole: texts that are taken out where they stand alone: names, addresses, numbers.
        parts: those that are looked for inside of longer texts as well, which are taken out with them.
    """

    whole: frozenset[str]
    parts: tuple[str, ...]

    @classmethod
    def of(cls, person: Row) -> "Traces":
        """Those of a row of people."""
        names = [name for name in (person.first_name, person.last_name) if name]
        parts = [person.email, person.phone, *([" ".join(names)] if len(names) == 2 else [])]
        long = tuple(part for part in parts if part and len(part) >= _SHORTEST_PART)
        return cls(frozenset(each for each in (*names, *parts) if each), long)

    @property
    def pieces(self) -> tuple[str, ...]:
        """What stands in a JSON text that has to be looked at; in the JSON inside of JSON, too."""
        found = []
        for text in sorted(self.whole):
            quoted = orjson.dumps(text).decode()
            found += [quoted, orjson.dumps(quoted).decode()[1:-1]]
        for text in self.parts:
            inner = orjson.dumps(text).decode()[1:-1]
            found += [inner, orjson.dumps(inner).decode()[1:-1]]
        return tuple(dict.fromkeys(found))

    def are_in(self, text: str) -> bool:
        """Whether a JSON text has to be looked at."""
        return any(piece in text for piece in self.pieces)

    def without(self, value: Any, blank: str | None) -> Any:
        """A JSON value with something else in the place of each text by which the person is known.

        Args:
            value: of Python's own objects.
            blank: what comes in its place.
        """
        if isinstance(value, str):
            return blank if self._names(value) else value
        if isinstance(value, list):
            return [self.without(each, blank) for each in value]
        if isinstance(value, dict):
            return {key: self.without(each, blank) for key, each in value.items()}
        return value

    def without_text(self, text: str, blank: str | None) -> str:
        """A JSON text likewise; texts inside of it that are JSON themselves are read, too."""
        return orjson.dumps(self.without(orjson.loads(text), blank)).decode()

    def _names(self, text: str) -> bool:
        return text in self.whole or any(part in text for part in self.parts)
