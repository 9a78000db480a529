"""JSON values from a stream of bytes, one after another. The memory depends only on the longest value."""

import codecs
import re
from collections.abc import Callable
from json.decoder import JSONDecodeError
from typing import Any, NamedTuple, Protocol

from gateway.shapes.json_text import Ambiguous, Number, scan, skip_space
from gateway.shapes.repairs import repaired_end, without_trailing_commas

CHUNK = 1 << 18  # bytes
MAX_VALUE = 1 << 24  # characters
# A value that the end of what was read cuts off fails this close to it, or in an unfinished string.
CUT_OFF = 64
NUMBER_TAIL = 2  # characters of a number that are none by themselves: the `e+` of 1e+5

_NAMES = re.compile(r'"([^"\\\n]{1,80})"[ \t]*:')
_FIRST_NAME = re.compile(r'\{[ \t\n\r]*"([^"\\]*)"')


class Readable(Protocol):
    """A source of bytes."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""


class Spot(NamedTuple):
    """The position of a character in the stream: line and column, both from 1."""

    line: int
    column: int


class NotJson(ValueError):
    """The stream is not JSON from here on.

    Attributes:
        spot: the position of the error.
    """

    def __init__(self, spot: Spot, message: str) -> None:
        super().__init__(message)
        self.spot = spot


class JsonStream:
    """A cursor in a stream of JSON text.

    Args:
        repairs: whether to accept the typical faults of printed documents; see `repaired_value`.
    """

    def __init__(self, stream: Readable, *, repairs: bool) -> None:
        self.repairs = repairs
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._text = ""
        self._at = 0
        self._ended = False
        self._counted = 0  # characters of the text whose line ends are counted
        self._line = 1
        self._line_start = 0  # where that line begins in the text; below 0 in what is forgotten
        self._first_start = 0  # where the text's first line begins: at 0 or below

    # Where it stands

    def peek(self, space: Callable[..., Any] = skip_space) -> str:
        """The next character that is not white space, to which the cursor moves; "" at the end of the stream."""
        while True:
            self._at = space(self._text, self._at).end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def starts_with(self, text: str) -> bool:
        """Whether the stream continues with this text."""
        while len(self._text) - self._at < len(text) and self._more():
            pass
        return self._text.startswith(text, self._at)

    def first_name(self) -> str | None:
        """The name of the first member of the object here; None if there is none, or if it has an escape."""
        while (found := _FIRST_NAME.match(self._text, self._at)) is None and len(
            self._text
        ) - self._at < CHUNK:
            if not self._more():
                break
        return found[1] if found else None

    def names_ahead(self) -> set[str]:
        """The names of members, at whatever depth, in what was read and lies ahead, be it JSON or not."""
        return set(_NAMES.findall(self._text, self._at, self._at + CHUNK))

    def spot(self, position: int | None = None) -> Spot:
        """The line and column of the cursor, or of another position in the text."""
        position = self._at if position is None else position
        if position >= self._counted:
            self._line += self._text.count("\n", self._counted, position)
            if (end := self._text.rfind("\n", self._counted, position)) >= 0:
                self._line_start = end + 1
            self._counted = position
            return Spot(self._line, position - self._line_start + 1)
        line = self._line - self._text.count("\n", position, self._counted)
        if (end := self._text.rfind("\n", 0, position)) >= 0:
            return Spot(line, position - end)
        return Spot(line, position - self._first_start + 1)

    def wrong(self, message: str) -> NotJson:
        """An error at the cursor."""
        return NotJson(self.spot(), message)

    # What stands there

    def step(self) -> None:
        """Move past the character that `peek` returned."""
        self._at += 1

    def expect(self, character: str) -> None:
        """Move past a required character.

        Raises:
            NotJson: another character is next.
        """
        if self.peek() != character:
            raise self.wrong(self._expected(f"“{character}”"))
        self._at += 1

    def next_or(self, end: str) -> bool:
        """Move past a comma, or past the end of an object or array; true if it was the end.

        Raises:
            NotJson: it is neither.
        """
        found = self.peek()
        if found not in (",", end):
            raise self.wrong(self._expected(f"“,” or “{end}”"))
        self._at += 1
        if found == "," and self.peek() == end and not self.repairs:
            raise self.wrong("There is an extra comma.")
        return found == end

    def _expected(self, what: str) -> str:
        return f"{what} was expected here." if self.peek() else "The file ends too early: it is cut off."

    def value(self) -> tuple[Any, str]:
        """The value at the cursor and its text.

        Raises:
            NotJson: there is no valid value.
        """
        while True:
            try:
                value, end = scan(self._text, self._at)
            except JSONDecodeError as error:
                if self._is_cut_off(error) and not self._ended:
                    self._more()
                    continue
                raise self._failure() from None
            except (Ambiguous, RecursionError) as error:
                message = str(error) if isinstance(error, Ambiguous) else "It is nested too deeply."
                raise self.wrong(message) from None
            if isinstance(value, Number) and end >= len(self._text) - NUMBER_TAIL and not self._ended:
                self._more()  # it may go on
                continue
            text = self._text[self._at : end]
            self._at = end
            return value, text

    def repaired_value(self, required: frozenset[str]) -> tuple[Any, str]:
        """The object at the cursor and its text; accepts trailing commas, and a missing last brace at the file's end.

        Args:
            required: members that must all be present if the brace is missing.

        Raises:
            NotJson: the object is invalid for other reasons.
        """
        try:
            return self.value()
        except NotJson:
            repaired = self._repaired(required) if self.repairs else None
            if repaired is None:
                raise
            return repaired

    def _repaired(self, required: frozenset[str]) -> tuple[Any, str] | None:
        while (end := repaired_end(self._text, self._at)) is None and not self._ended:
            self._more()
        # What is missing at the very end of the file is one brace at most, and no member.
        text = self._text[self._at : end] if end is not None else self._text[self._at :].rstrip() + "}"
        try:
            value, _ = scan(without_trailing_commas(text), 0)
        except (JSONDecodeError, Ambiguous, RecursionError):
            return None
        if end is None and not (text[-2:-1] == "}" and required <= value.keys()):
            return None
        self._at = len(self._text) if end is None else end
        return value, text

    def _failure(self) -> NotJson:
        """The error of the value at the cursor."""
        try:
            scan(self._text, self._at)
        except JSONDecodeError as error:
            is_end = error.pos >= len(self._text.rstrip()) or error.msg.startswith("Unterminated string")
            message = (
                "The file ends too early: it is cut off." if is_end else f"This is not JSON: {error.msg}."
            )
            return NotJson(self.spot(error.pos), message)
        raise AssertionError("only called for what cannot be read")

    def _is_cut_off(self, error: JSONDecodeError) -> bool:
        return error.pos >= len(self._text) - CUT_OFF or error.msg.startswith("Unterminated string")

    # Text

    def _more(self) -> bool:
        """Read more, and drop the text before the cursor; False at the end of the stream."""
        if self._ended:
            return False
        if len(self._text) - self._at > MAX_VALUE:
            raise self.wrong(f"A value here is longer than {MAX_VALUE} characters.")
        # As much again as is held, so that a long value is not scanned from its start too often.
        data = self._stream.read(max(CHUNK, len(self._text) - self._at))
        self._line, column = self.spot()
        self._line_start = self._first_start = 1 - column
        self._text = self._text[self._at :] + self._decoded(data)
        self._at = self._counted = 0
        self._ended = not data
        return bool(data)

    def _decoded(self, data: bytes) -> str:
        try:
            return self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            read = self._text[self._at :] + error.object[: error.start].decode()
            line, column = self._line + read.count("\n"), len(read) - read.rfind("\n")
            if "\n" not in read:
                column -= self._line_start
            is_wide = error.object.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            told = "in UTF-16, not" if is_wide and (line, column) == (1, 1) else "not"
            raise NotJson(Spot(line, column), f"The file is {told} in UTF-8.") from None
