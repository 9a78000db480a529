"""Reads records from a file, one at a time: list responses, single objects, JSON Lines, several pages.

The memory depends on the longest record, not on the file.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.exchange.formats import Either, Layout
from gateway.exchange.json_stream import JsonStream, NotJson, Readable, Spot
from gateway.exchange.places import RecordPlace, written
from gateway.shapes.given import Path
from gateway.shapes.json_text import NotWritable, Number, dumps, repeated
from gateway.shapes.shape import Shape

_BETWEEN = re.compile(r"[ \t\n\r\ufeff]*")

AN_OBJECT = "An object was expected here."
_OTHER_KINDS = {
    "<": "This is HTML or XML, not JSON: perhaps the page of a server that was not reached.",
    "HTTP/": "These are the header fields of an answer, as `curl -i` prints them: leave them out.",
}


@dataclass(frozen=True, slots=True)
class Record:
    """An object as it stands in the file.

    Attributes:
        text: its text in the file, in which invalid members are located.
    """

    shape: Shape
    members: dict[str, Any]
    place: RecordPlace
    text: str


class NotReadable(ValueError):
    """The file is not JSON from here on, or not this vendor's.

    Attributes:
        members: the members that the surrounding object seems to have, even if it is invalid JSON for this vendor: it
            may be another vendor's. Nested values are reduced to the names of their members.
    """

    def __init__(self, spot: Spot, path: Path, message: str, members: Mapping[str, Any]) -> None:
        where = [f"line {spot.line}, column {spot.column}", *([written(path)] if path else [])]
        super().__init__(f"{', '.join(where)}: {message}")
        self.members = members


class Scanner:
    """Scans one file."""

    def __init__(self, stream: Readable, layout: Layout) -> None:
        self._json = JsonStream(stream, repairs=layout.repairs)
        self._layout = layout
        self._path: list[str | int] = []
        self._names: set[str] = set()  # of the envelope that is being read
        self._answer = 0
        self._last_line = 0

    def records(self) -> Iterator[Record]:
        """All records of the file, in order.

        Raises:
            NotReadable: the file is not JSON, or has a value that is not an object of this vendor.
        """
        try:
            yield from self._answers()
        except NotJson as error:
            raise NotReadable(error.spot, tuple(self._path), str(error), self._seeming_members()) from None

    def _seeming_members(self) -> dict[str, Any]:
        inside = dict.fromkeys(self._json.names_ahead() - self._names)
        return inside | dict.fromkeys(self._names, inside)

    def _answers(self) -> Iterator[Record]:
        while first := self._json.peek(_BETWEEN.match):
            line = self._json.spot().line
            self._answer = self._answer + 1 if line == self._last_line else 1
            self._names.clear()
            if first == "{":
                yield from self._object(self._layout)
            elif first == "[":
                yield from self._elements(self._layout)
            else:
                raise self._json.wrong(self._kind() or AN_OBJECT)
            self._last_line = self._json.spot().line

    def _kind(self) -> str | None:
        """The kind of a file that is not JSON, if its beginning shows it."""
        return next((told for start, told in _OTHER_KINDS.items() if self._json.starts_with(start)), None)

    def _object(self, layout: Layout) -> Iterator[Record]:
        """A response, or a record that stands alone."""
        first = self._json.first_name()
        if layout.bare is not None and first in layout.bare.body.__annotations__:
            yield self._record(layout.bare)
            return
        start, path, members, streamed = self._json.spot(), tuple(self._path), {}, False
        for name in self._members():
            element, wrapped = layout.lists.get(name), layout.single.get(name)
            if element is not None and self._json.peek() == "[":
                streamed = True
                yield from self._elements(element)
            elif wrapped is not None and self._json.peek() == "{":
                streamed = True
                yield self._record(wrapped)
            elif (whole := layout.whole.get(name)) is not None and self._json.peek() == "[":
                streamed = True
                yield from self._whole(whole, name)
            elif name in members:
                raise self._json.wrong(str(repeated(name)))
            else:
                members[name] = self._json.value()[0]
        bare = layout.bare
        if streamed:
            if bare is not None and bare.key_member in members:
                raise NotJson(start, "This has the members of an answer and of a record: it could be either.")
            return
        if layout.without_records and members.keys() <= layout.without_records:
            return
        if bare is None:
            known = ", ".join((*layout.lists, *layout.single, *layout.whole))
            raise NotJson(start, f"An object with one of these members was expected: {known}.")
        try:
            text = dumps(members)
        except NotWritable as error:
            raise NotJson(start, str(error)) from None
        yield Record(bare, members, self._place(start.line, path, bare, members), text)

    def _members(self) -> Iterator[str]:
        """The names of an object's members; each is returned before its value is read."""
        self._json.step()
        while self._json.peek() != "}":
            spot = self._json.spot()
            name, _ = self._json.value()
            if not isinstance(name, str):
                raise NotJson(spot, "A member's name was expected here.")
            self._json.expect(":")
            self._json.peek()
            self._names.add(name)
            self._path.append(name)
            yield name
            self._path.pop()
            if self._json.next_or("}"):
                return
        self._json.step()

    def _elements(self, element: Shape | Either | Layout) -> Iterator[Record]:
        """The objects of a list."""
        self._json.step()
        self._path.append(0)
        index = 0
        while self._json.peek() != "]":
            self._path[-1] = index
            if self._json.peek() != "{":
                raise self._json.wrong(AN_OBJECT)
            if isinstance(element, Layout):
                yield from self._object(element)
            else:
                yield self._record(element)
            index += 1
            if self._json.next_or("]"):
                break
        else:
            self._json.step()
        self._path.pop()

    def _record(self, shape: Shape | Either) -> Record:
        line = self._json.spot().line
        first = shape.shapes[0] if isinstance(shape, Either) else shape
        members, text = self._json.repaired_value(first.body.__required_keys__)
        shape = shape.of(members) if isinstance(shape, Either) else shape
        return Record(shape, members, self._place(line, tuple(self._path), shape, members), text)

    def _whole(self, shape: Shape, name: str) -> Iterator[Record]:
        """A response that is itself a record. If its list is empty, its subject is unknown, and it is none."""
        line = self._json.spot().line
        listed, text = self._json.value()
        if listed:
            members = {name: listed}
            first = listed[0] if isinstance(listed[0], dict) else {}
            place = self._place(line, tuple(self._path[:-1]), shape, first)
            yield Record(shape, members, place, f'{{"{name}":{text}}}')

    def _place(self, line: int, path: Path, shape: Shape, members: dict[str, Any]) -> RecordPlace:
        id = members.get(shape.key_member)
        text = id if isinstance(id, str) else id.text if isinstance(id, Number) else ""
        return RecordPlace(line, path, self._answer, shape.key_member, text)
