"""Records out of a file, one at a time: list answers, single objects, JSON Lines, pages one behind the other.

The memory that it takes depends on the longest record, not on the file.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from json.decoder import JSONDecodeError
from typing import Any, BinaryIO

from gateway.exchange.formats import Layout
from gateway.shapes.json_text import Ambiguous, dumps, repeated, scan, skip_space
from gateway.shapes.repairs import repaired_end, without_trailing_commas
from gateway.shapes.shape import Shape

CHUNK = 1 << 18  # bytes
MAX_RECORD = 1 << 24  # characters
# A value that the end of what was read cuts off fails this close to it, or in an unfinished string.
CUT_OFF = 64

_BETWEEN = re.compile(r"[ \t\n\r\ufeff]*")
_FIRST_NAME = re.compile(r'\{[ \t\n\r]*"([^"\\]*)"')


@dataclass(frozen=True, slots=True)
class Record:
    """An object as it stood in the file.

    Attributes:
        line: where it begins, from 1.
        text: of the file; what is wrong with a member is looked up in it.
    """

    shape: Shape
    members: dict[str, Any]
    line: int
    text: str


class NotReadable(ValueError):
    """The file is no JSON from here on, or none of this vendor's."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class Scanner:
    """Walks through one file.

    Args:
        progress: called with the number of bytes read since the call before.
    """

    def __init__(self, stream: BinaryIO, layout: Layout, progress: Callable[[int], object]) -> None:
        self._stream = stream
        self._layout = layout
        self._progress = progress
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._text = ""
        self._at = 0
        self._ended = False
        self._counted = 0  # characters of the text whose line ends are counted
        self._line = 1

    def records(self) -> Iterator[Record]:
        """Every record of the file, in order.

        Raises:
            NotReadable: the file is no JSON, or holds something that is no object of this vendor's.
        """
        bare = self._layout.bare
        while self._peek(_BETWEEN.match):
            if self._text[self._at] == "{":
                yield from self._object()
            elif self._text[self._at] == "[" and bare is not None:
                yield from self._elements(bare)
            else:
                raise NotReadable(self._line_at(self._at), "An object was expected here.")

    # Structure

    def _object(self) -> Iterator[Record]:
        """An envelope, or a record that stands alone."""
        bare, start = self._layout.bare, self._at
        first = self._first_name()
        if bare is not None and first in bare.body.__annotations__:
            yield self._record(bare)
            return
        line, members = self._line_at(start), {}
        streamed = False
        for name in self._names():
            shape = self._layout.lists.get(name)
            if shape is not None and self._peek() == "[":
                streamed = True
                yield from self._elements(shape)
            elif name in self._layout.single and self._peek() == "{":
                streamed = True
                yield self._record(self._layout.single[name])
            elif name in members:
                raise NotReadable(self._line_at(self._at), str(repeated(name)))
            else:
                members[name] = self._value()[0]
        if streamed:
            return
        if bare is None:
            known = ", ".join((*self._layout.lists, *self._layout.single))
            raise NotReadable(line, f"An object with one of these members was expected: {known}.")
        yield Record(bare, members, line, dumps(members))

    def _first_name(self) -> str | None:
        while (found := _FIRST_NAME.match(self._text, self._at)) is None and len(
            self._text
        ) - self._at < CHUNK:
            if not self._more():
                break
        return found[1] if found else None

    def _names(self) -> Iterator[str]:
        """The names of an object's members, each before its value is to be read."""
        self._at += 1
        while self._peek() != "}":
            line = self._line_at(self._at)
            name, _ = self._value()
            if not isinstance(name, str):
                raise NotReadable(line, "A member's name was expected here.")
            self._expect(":")
            self._peek()
            yield name
            if self._next_or("}"):
                return
        self._at += 1

    def _elements(self, shape: Shape) -> Iterator[Record]:
        self._at += 1
        while self._peek() != "]":
            if self._peek() != "{":
                raise NotReadable(self._line_at(self._at), "An object was expected here.")
            yield self._record(shape)
            if self._next_or("]"):
                return
        self._at += 1

    def _next_or(self, end: str) -> bool:
        """Step over a comma, or over the end, and say whether it was the end."""
        found = self._peek()
        if found not in (",", end):
            raise NotReadable(self._line_at(self._at), self._expected(f"“,” or “{end}”"))
        self._at += 1
        if found == "," and self._peek() == end and not self._layout.repairs:
            raise NotReadable(self._line_at(self._at), "There is a comma too many.")
        return found == end

    def _expect(self, character: str) -> None:
        if self._peek() != character:
            raise NotReadable(self._line_at(self._at), self._expected(f"“{character}”"))
        self._at += 1

    def _expected(self, what: str) -> str:
        return f"{what} was expected here." if self._peek() else "The file ends too early: it is cut off."

    # Values

    def _record(self, shape: Shape) -> Record:
        start_line = self._line_at(self._at)
        value, text = self._value(shape)
        return Record(shape, value, start_line, text)

    def _value(self, shape: Shape | None = None) -> tuple[Any, str]:
        """The value here and its text; an object of ``shape`` is repaired where the layout says so."""
        while True:
            try:
                value, end = scan(self._text, self._at)
            except JSONDecodeError as error:
                if self._is_cut_off(error) and not self._ended:
                    self._more()
                    continue
                if shape is not None and self._layout.repairs and (repaired := self._repaired(shape)):
                    return repaired
                raise self._failure() from None
            except (Ambiguous, RecursionError) as error:
                message = str(error) if isinstance(error, Ambiguous) else "It is nested too deeply."
                raise NotReadable(self._line_at(self._at), message) from None
            if end == len(self._text) and not self._ended:
                self._more()  # a number may go on
                continue
            text = self._text[self._at : end]
            self._at = end
            return value, text

    def _repaired(self, shape: Shape) -> tuple[Any, str] | None:
        """The object here and its text, its faults repaired; None where they are others."""
        while (end := repaired_end(self._text, self._at)) is None and not self._ended:
            self._more()
        # What is missing at the very end of the file is one brace at most, and no member.
        text = self._text[self._at : end] if end is not None else self._text[self._at :].rstrip() + "}"
        try:
            value, _ = scan(without_trailing_commas(text), 0)
        except (JSONDecodeError, Ambiguous, RecursionError):
            return None
        is_whole = text[-2:-1] == "}" and shape.body.__required_keys__ <= value.keys()
        if end is None and not is_whole:
            return None
        self._at = len(self._text) if end is None else end
        return value, text

    def _failure(self) -> NotReadable:
        """What is wrong with the value here."""
        try:
            scan(self._text, self._at)
        except JSONDecodeError as error:
            is_end = error.pos >= len(self._text.rstrip()) or error.msg.startswith("Unterminated string")
            message = (
                "The file ends too early: it is cut off." if is_end else f"This is no JSON: {error.msg}."
            )
            return NotReadable(self._line_at(error.pos), message)
        raise AssertionError("only called for what cannot be read")

    def _is_cut_off(self, error: JSONDecodeError) -> bool:
        return error.pos >= len(self._text) - CUT_OFF or error.msg.startswith("Unterminated string")

    # Text

    def _peek(self, space: Callable[..., Any] = skip_space) -> str:
        """The next character that is no white space, where the walk then stands; "" at the end of the file."""
        while True:
            self._at = space(self._text, self._at).end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _more(self) -> bool:
        """Read on, and forget what lies behind; False at the end of the file."""
        if self._ended:
            return False
        if len(self._text) - self._at > MAX_RECORD:
            raise NotReadable(
                self._line_at(self._at), f"A value here is longer than {MAX_RECORD} characters."
            )
        # As much again as is held, so that a long value is not scanned from its start too often.
        data = self._stream.read(max(CHUNK, len(self._text) - self._at))
        self._progress(len(data))
        self._line = self._line_at(self._at)
        self._text = self._text[self._at :] + self._decoded(data)
        self._at = self._counted = 0
        self._ended = not data
        return bool(data)

    def _decoded(self, data: bytes) -> str:
        try:
            return self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            line = self._line + self._text.count("\n", self._at) + error.object[: error.start].count(b"\n")
            raise NotReadable(line, "The file is not in UTF-8.") from None

    def _line_at(self, position: int) -> int:
        """The line, from 1, of a place in the text."""
        if position >= self._counted:
            self._line += self._text.count("\n", self._counted, position)
            self._counted = position
            return self._line
        return self._line - self._text.count("\n", position, self._counted)
