"""Format: all that reading and writing a vendor's files has to know of the vendor, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.db.cursors import Order
from gateway.db.filters import EVERYTHING, Where
from gateway.shapes.shape import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a vendor's answers hold its objects.

    Attributes:
        lists: the member of a list answer that holds the objects, by name: ``{"requests": REQUEST}``.
        single: the member that wraps one object: ``{"connection": CONNECTION}``.
        bare: the shape of an object that stands alone, in an array or on a line; None where there is none.
        repairs: whether to read trailing commas, and an object whose last brace is missing at the end of the file.
    """

    lists: Mapping[str, Shape] = field(default_factory=dict)
    single: Mapping[str, Shape] = field(default_factory=dict)
    bare: Shape | None = None
    repairs: bool = False

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Each shape once, that of bare objects first."""
        found = [self.bare, *self.lists.values(), *self.single.values()]
        return tuple(dict.fromkeys(each for each in found if each is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Objects that `gateway export` writes.

    Attributes:
        shape: of the objects; importing it must read what it writes.
        order: of the lines.
        where: which of the table's rows are this vendor's.
    """

    shape: Shape
    order: Order
    where: Where = EVERYTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What a vendor's files are like.

    Attributes:
        name: of the vendor's package, and on the command line.
        layout: how the vendor's answers hold its objects, for `gateway import`.
        exports: what `gateway export` writes.
        examples: the vendor's documented answers, files of ``gateway/demo/``, in the order in which they are imported.
    """

    name: str
    layout: Layout = field(default_factory=Layout)
    exports: tuple[Export, ...] = ()
    examples: tuple[str, ...] = ()
