"""Places in a file, and how messages show them: on one line, without secrets."""

from typing import Any, NamedTuple

from gateway.masking import mask_credentials
from gateway.resolvers.errors import printable
from gateway.shapes.given import Path
from gateway.shapes.json_text import NotWritable, dumps

SHOWN = 60  # characters of a value


class RecordPlace(NamedTuple):
    """The place of a record. As text: ``line 1, connections[12] (id 7)``.

    Attributes:
        line: the line of the file where the record begins.
        path: the names and indexes of the record in its response; empty if it stands alone.
        answer: the number of the response among those on the same line, from 1.
        name: the vendor's name of the member that identifies the record.
        id: the value of that member; "" if there is none.
    """

    line: int
    path: Path = ()
    answer: int = 1
    name: str = ""
    id: str = ""

    def __str__(self) -> str:
        return self.of()

    def of(self, path: Path = (), below: int = 0) -> str:
        """The place of a nested element.

        Args:
            path: its path from the record on.
            below: the number of lines from the record's first line to it.
        """
        words = [f"line {self.line + below}"]
        if self.answer > 1:
            words.append(f"answer {self.answer}")
        if steps := (*self.path, *path):
            words.append(written(steps))
        told = ", ".join(words)
        return f"{told} ({self.name} {shown_text(self.id)})" if self.id and path != (self.name,) else told


def written(path: Path) -> str:
    """A path as text: ``integrations[0].record_uuid``."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return shown_text(text.removeprefix("."))


def shown(value: Any) -> str:
    """A value of a record as JSON text, without nested values."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    try:
        return shown_text(dumps(mask_credentials(value) if isinstance(value, str) else value))
    except NotWritable:  # never of a scalar
        return "a value"


def shown_text(text: str, length: int = SHOWN) -> str:
    """A text with credentials masked and control characters removed, truncated."""
    masked = mask_credentials(text)
    return printable(masked) if len(masked) <= length else f"{printable(masked[:length])}…"
