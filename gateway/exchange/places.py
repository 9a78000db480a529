"""Where something stands in a file, and how it is shown: in words that fit on one line and give no secret away."""

from typing import Any, NamedTuple

from gateway.masking import mask_credentials
from gateway.resolvers.errors import printable
from gateway.shapes.given import Path
from gateway.shapes.json_text import NotWritable, dumps

SHOWN = 60  # characters of a value


class RecordPlace(NamedTuple):
    """Where a record stands. As text: ``line 1, connections[12] (id 7)``.

    Attributes:
        line: of the file, where the record begins.
        path: the names and indexes that lead to it in its answer; empty where it stands alone.
        answer: which one of those that stand one behind the other on the same line, from 1.
        name: of the member that identifies the record, as its vendor has it.
        id: what that member says; "" where it says nothing.
    """

    line: int
    path: Path = ()
    answer: int = 1
    name: str = ""
    id: str = ""

    def __str__(self) -> str:
        return self.of()

    def of(self, path: Path = (), below: int = 0) -> str:
        """The place of what is nested in the record.

        Args:
            path: leads there, from the record on.
            below: how many lines below the record's first it is.
        """
        words = [f"line {self.line + below}"]
        if self.answer > 1:
            words.append(f"answer {self.answer}")
        if steps := (*self.path, *path):
            words.append(written(steps))
        told = ", ".join(words)
        return f"{told} ({self.name} {shown_text(self.id)})" if self.id and path != (self.name,) else told


def written(path: Path) -> str:
    """A path as one writes it: ``integrations[0].record_uuid``."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return shown_text(text.removeprefix("."))


def shown(value: Any) -> str:
    """A value of a record as JSON text, what is nested in it left out."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    try:
        return shown_text(dumps(mask_credentials(value) if isinstance(value, str) else value))
    except NotWritable:  # never of a scalar
        return "a value"


def shown_text(text: str, length: int = SHOWN) -> str:
    """A text with its credentials masked, without what a terminal would obey, and cut."""
    masked = mask_credentials(text)
    return printable(masked) if len(masked) <= length else f"{printable(masked[:length])}…"
