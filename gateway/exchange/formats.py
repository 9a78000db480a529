"""Format: all that reading and writing a vendor's files has to know of the vendor, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.db.cursors import Order
from gateway.db.filters import EVERYTHING, Where
from gateway.resolvers.context import Context
from gateway.shapes.shape import Shape


@dataclass(frozen=True, slots=True)
class Either:
    """Objects of several shapes in lists of one name: each is of the first whose identifying member it has."""

    shapes: tuple[Shape, ...]

    def of(self, members: Mapping[str, Any]) -> Shape:
        """The shape of an object; the first one for an object without any of these members."""
        return next((each for each in self.shapes if each.key_member in members), self.shapes[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a vendor's answers hold its objects.

    Attributes:
        lists: the member of a list answer that holds the objects, by name: ``{"requests": REQUEST}``; a layout
            where each of them is wrapped once more: ``{"edges": Layout(single={"node": REQUEST})}``.
        single: the member that wraps one object: ``{"connection": CONNECTION}``.
        whole: the member of an answer that is one object, the list in it included: ``{"comments": COMMENTS}``.
        bare: the shape of an object that stands alone, in an array or on a line; None where there is none.
        without_records: members of answers that hold nothing to keep: an object of these alone is such an answer.
        failures: members that an answer to a call that failed has, and no record.
        repairs: whether to read trailing commas, and an object whose last brace is missing at the end of the file.
    """

    lists: Mapping[str, "Shape | Either | Layout"] = field(default_factory=dict)
    single: Mapping[str, Shape] = field(default_factory=dict)
    whole: Mapping[str, Shape] = field(default_factory=dict)
    bare: Shape | None = None
    without_records: frozenset[str] = frozenset()
    failures: frozenset[str] = frozenset()
    repairs: bool = False

    def line(self, shape: Shape, members: Mapping[str, Any], text: str) -> str:
        """The line by which an object is read back as this shape: the object alone, in a list where that is ambiguous.

        Args:
            text: of the object.
        """
        is_plain = shape is self.bare and next(iter(members), None) in shape.body.__annotations__
        if is_plain or (shape is self.bare and not self._is_answer(members)):
            return text
        names = (name for name, each in self.lists.items() if _shape_in(each, members) is shape)
        return self.wrapped(next(names), text)

    def wrapped(self, name: str, text: str) -> str:
        """An object, given as its text, as the answer that holds it in this member."""
        if name in self.whole:
            return text
        return f'{{"{name}":{text}}}' if name in self.single else f'{{"{name}":[{text}]}}'

    def _is_answer(self, members: Mapping[str, Any]) -> bool:
        """Whether an object with these members may be taken for an answer that holds objects, or for an empty one."""
        answers = (*self.lists, *self.single, *self.whole)
        return any(name in members for name in answers) or members.keys() <= self.without_records

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Each shape once, that of bare objects first."""
        found = [] if self.bare is None else [self.bare]
        for each in (*self.lists.values(), *self.single.values(), *self.whole.values()):
            found += [each] if isinstance(each, Shape) else each.shapes
        return tuple(dict.fromkeys(found))


def _shape_in(element: Shape | Either | Layout, members: Mapping[str, Any]) -> Shape | None:
    """The shape that an object of a list is read as."""
    if isinstance(element, Either):
        return element.of(members)
    return element if isinstance(element, Shape) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Another shape of rows that are exported, which keeps members of its own.

    Attributes:
        member: of the layout, that wraps an object of this shape, or its list.
    """

    shape: Shape
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Objects that `gateway export` writes.

    Attributes:
        shape: of the objects; importing it must read what it writes.
        order: of the lines.
        where: which of the table's rows are this vendor's.
        finish: makes of the objects what the operator's settings ask for.
        also: other shapes of the same rows; an object of one is written where it has kept something.
    """

    shape: Shape
    order: Order
    where: Where = EVERYTHING
    finish: Callable[[Context, list[Any]], None] | None = None
    also: tuple[Form, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What a vendor's files are like.

    Attributes:
        name: of the vendor's package, and on the command line.
        title: the vendor's own name.
        layout: how the vendor's answers hold its objects, for `gateway import`.
        exports: what `gateway export` writes.
        examples: the vendor's documented answers, files of ``gateway/demo/``, in the order in which they are imported.
    """

    name: str
    title: str
    layout: Layout = field(default_factory=Layout)
    exports: tuple[Export, ...] = ()
    examples: tuple[str, ...] = ()
