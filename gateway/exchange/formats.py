"""Format: a vendor's file format as data, for import and export."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.db.cursors import Order
from gateway.db.filters import EVERYTHING, Where
from gateway.resolvers.context import Context
from gateway.shapes.shape import Shape


@dataclass(frozen=True, slots=True)
class Either:
    """Objects of several shapes in a list. Each object has the first shape whose identifying member it has."""

    shapes: tuple[Shape, ...]

    def of(self, members: Mapping[str, Any]) -> Shape:
        """The shape of an object; the first shape if the object has none of these members."""
        return next((each for each in self.shapes if each.key_member in members), self.shapes[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the objects are in a vendor's responses.

    Attributes:
        lists: the member of a list response with the objects, by name: ``{"requests": REQUEST}``. The value is a layout
            if each object is wrapped once more: ``{"edges": Layout(single={"node": REQUEST})}``.
        single: the member that wraps one object: ``{"connection": CONNECTION}``.
        whole: the member of a response that is itself one object with a list: ``{"comments": COMMENTS}``.
        bare: the shape of an object that stands alone, in an array or on a line; None if there is none.
        without_records: members of responses without data. An object with only these members is such a response.
        failures: members of an error response that no record has.
        repairs: whether to accept trailing commas, and a missing last brace at the end of the file.
    """

    lists: Mapping[str, "Shape | Either | Layout"] = field(default_factory=dict)
    single: Mapping[str, Shape] = field(default_factory=dict)
    whole: Mapping[str, Shape] = field(default_factory=dict)
    bare: Shape | None = None
    without_records: frozenset[str] = frozenset()
    failures: frozenset[str] = frozenset()
    repairs: bool = False

    def line(self, shape: Shape, members: Mapping[str, Any], text: str) -> str:
        """The line that is read back as this shape: the object alone, or in a list if that would be ambiguous.

        Args:
            text: the text of the object.
        """
        is_plain = shape is self.bare and next(iter(members), None) in shape.body.__annotations__
        if is_plain or (shape is self.bare and not self._is_answer(members)):
            return text
        names = (name for name, each in self.lists.items() if _shape_in(each, members) is shape)
        return self.wrapped(next(names), text)

    def wrapped(self, name: str, text: str) -> str:
        """The response that has an object, given as its text, in this member."""
        if name in self.whole:
            return text
        return f'{{"{name}":{text}}}' if name in self.single else f'{{"{name}":[{text}]}}'

    def _is_answer(self, members: Mapping[str, Any]) -> bool:
        """Whether an object with these members can be a response with objects, or an empty response."""
        answers = (*self.lists, *self.single, *self.whole)
        return any(name in members for name in answers) or members.keys() <= self.without_records

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Each shape once; the shape of bare objects comes first."""
        found = [] if self.bare is None else [self.bare]
        for each in (*self.lists.values(), *self.single.values(), *self.whole.values()):
            found += [each] if isinstance(each, Shape) else each.shapes
        return tuple(dict.fromkeys(found))


def _shape_in(element: Shape | Either | Layout, members: Mapping[str, Any]) -> Shape | None:
    """The shape of an object in a list."""
    if isinstance(element, Either):
        return element.of(members)
    return element if isinstance(element, Shape) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Another shape of exported rows, with members of its own.

    Attributes:
        member: the member of the layout that wraps an object of this shape, or its list.
    """

    shape: Shape
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The objects that `gateway export` writes.

    Attributes:
        shape: the shape of the objects. Import must be able to read it.
        order: the order of the lines.
        where: the condition on rows that belong to this vendor.
        finish: changes the objects as the operator's settings require.
        also: other shapes of the same rows. An object is also written in such a shape if it has data for it.
    """

    shape: Shape
    order: Order
    where: Where = EVERYTHING
    finish: Callable[[Context, list[Any]], None] | None = None
    also: tuple[Form, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A vendor's file format.

    Attributes:
        name: the name of the vendor's package and on the command line.
        title: the vendor's own name.
        layout: where the objects are in the vendor's responses, for `gateway import`.
        exports: the objects that `gateway export` writes.
        examples: the vendor's documented responses: files of ``gateway/demo/``, in the order in which they are
            imported.
    """

    name: str
    title: str
    layout: Layout = field(default_factory=Layout)
    exports: tuple[Export, ...] = ()
    examples: tuple[str, ...] = ()
