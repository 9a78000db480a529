"""Shapes: how rows become a vendor's objects, with the objects nested in them; read and rendered batch by batch."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from operator import attrgetter
from types import CodeType, NoneType, UnionType
from typing import Any, Final, get_args, get_type_hints

from sqlalchemy import Table

from gateway.db.cursors import Order
from gateway.db.links import EXTRA, Link
from gateway.db.statements import Row
from gateway.db.tables import organizations
from gateway.resolvers.context import Context
from gateway.resolvers.verbatim import learn
from gateway.resolvers.viewer import Scope
from gateway.shapes.given import Given
from gateway.shapes.lossless import Entry, listed, restore, restored, said_of_nested
from gateway.shapes.shadows import touched

Columns = tuple[str, ...]
_extra: Final = attrgetter("extra")
Reader = Callable[[Given, str], Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shape:
    """One object of a vendor's JSON that is a row of a table.

    Attributes:
        name: under which the row's `extra` keeps what this shape read and no column holds: ``crux.request``.
        body: the object's TypedDict.
        outgoing: ``(row, *nested)`` -> dict in the vendor's key order; each nested object or list comes rendered,
            in the order of ``nested``. The columns that it names of its first parameter are those that are read.
        incoming: the columns that the object's own members say; notes what is wrong with them. A null for a column
            that takes none says nothing. Members that have a column's own name and that it does not name itself are
            read as their types in ``body`` say.
        nested: the members that are rows of their own.
        key: the column that the object is identified by; every row has an id of ours beside it where it is another.
        names: the member that says a column, where it has another name than the column: for messages.
        fixed: columns that an object of this shape has by being one; a row that has others is none of this shape.
        defaults: columns of a new row whose object says nothing of them, where they take no null.
        references: columns whose value names a row of a table that the object does not hold: a bare one is made.
        left_out: members that some of the vendor's answers leave out: an object without them says nothing of them, and
            what the store holds of them stays. What was read without them comes back without them.
        is_part: whether an object says some of what a row is, and makes no row.
        on_request: members that an answer has only where they were asked for: an object without them says nothing of
            them, and what the store holds of them stays.
        more_columns: columns that ``outgoing`` shows where a row has them, and that import and export read therefore.
        restores: whether what `extra` keeps is put back; see `without_extra`.
        columns: read of the row; derived from ``outgoing``.
        plain: how each member that ``incoming`` leaves out is read; derived from ``body``.
    """

    name: str
    table: Table
    body: Any
    outgoing: Callable[..., Mapping[str, Any]]
    incoming: Callable[[Given], dict[str, Any]] = lambda given: {}
    nested: tuple["Nested", ...] = ()
    key: str = "id"
    names: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    references: Mapping[str, Table] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    is_part: bool = False
    on_request: frozenset[str] = frozenset()
    more_columns: Columns = ()
    restores: bool = True
    columns: Columns = field(init=False)
    plain: tuple[tuple[str, Reader], ...] = field(init=False)

    def __post_init__(self) -> None:
        named = _names(self.outgoing.__code__)
        own = {each.column for each in self.nested if isinstance(each, Parent)}
        wanted = named | own | {"id", "extra", *self.more_columns}
        object.__setattr__(self, "columns", tuple(each.key for each in self.table.c if each.key in wanted))
        object.__setattr__(self, "plain", tuple(_plain(self)))
        if self.restores:
            learn(self.name, partial(touched, self))

    def said(self, given: Given) -> dict[str, Any]:
        """The columns that an object states: what ``incoming`` makes of it, and its plain members."""
        columns = self.incoming(given)
        for name, read in self.plain:
            columns[name] = read(given, name)
        return columns

    def without_extra(self) -> "Shape":
        """The shape of what the columns alone say: nothing that `extra` keeps is put back, at any level."""
        nested = (
            each if isinstance(each, ASIDE) else replace(each, shape=each.shape.without_extra())
            for each in self.nested
        )
        return replace(self, nested=tuple(nested), restores=False)

    @property
    def key_member(self) -> str:
        """The member that identifies the object."""
        return self.member(self.key)

    def member(self, column: str) -> str:
        """The member that says a column, by its vendor's name."""
        return self.names.get(column, column)

    def members_of_parents(self, columns: Iterable[str]) -> list[str]:
        """The members that show rows which one of these columns names."""
        return [each.member for each in self.nested if isinstance(each, Parent) and each.column in columns]

    async def render(self, context: Context, rows: Sequence[Row]) -> list[Any]:
        """The objects of these rows, in their order, complete with all that is nested in them.

        Each nested shape takes one statement, however many rows there are. The rows must have ``columns``.
        """
        if not rows:
            return []
        nested = [await each.values(context, rows) for each in self.nested]
        made: list[Any] = list(map(self.outgoing, rows, *nested))
        if self.restores:
            kept = list(map(_extra, rows))
            if kept.count(None) != len(kept):
                is_masked = not context.viewer.may(Scope.SECRETS)
                for index, extra in enumerate(kept):
                    if extra is not None:
                        made[index] = restore(made[index], extra, self.name, is_masked=is_masked)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Children:
    """A list of the rows that name this row as their parent.

    Attributes:
        member: of the parent's object.
        key: the children's column that names the parent.
        order: pairs of column and whether it descends; the id comes last.
        alike: columns by which an object that has no id of its own is found among the rows: the one with these values.
    """

    member: str
    shape: Shape
    key: str
    order: tuple[tuple[str, bool], ...] = (("position", False),)
    alike: Columns = ()

    @property
    def nothing(self) -> list[Any]:
        """What is rendered for a row without children."""
        return []

    @property
    def is_positioned(self) -> bool:
        """Whether the children keep the order in which a document has them."""
        return self.order[0][0] == "position"

    def is_in_order(self, children: Sequence[Mapping[str, Any]]) -> bool:
        """Whether rows, given as their columns, are certainly read in the order in which they are given."""
        names = [name for name, _ in self.order if name != "id"]
        keys = [[each.get(name) for name in (*names, "id")] for each in children]
        return all(None not in [*one, *next_] and one < next_ for one, next_ in pairwise(keys))

    async def values(self, context: Context, rows: Sequence[Row]) -> list[list[Any]]:
        grouped: dict[str, list[Any]] = {row.id: [] for row in rows}
        order = Order.of(self.shape.table, self.order)
        columns = (*self.shape.columns, self.key)
        children = await context.children(self.shape.table, self.key, list(grouped), order, columns=columns)
        rendered = await self.shape.render(context, children)
        parent_ids = map(attrgetter(self.key), children)
        if self.is_positioned:
            for parent_id, value in zip(parent_ids, rendered, strict=True):
                grouped[parent_id].append(value)
            return list(grouped.values())
        for parent_id, child, value in zip(parent_ids, children, rendered, strict=True):
            grouped[parent_id].append((child.id, value))
        return [self._as_listed(row, grouped[row.id]) for row in rows]

    def in_order(self, row: Row, children: Sequence[Row]) -> list[Row]:
        """Sort the rows that are a row's children, which must be whole, into the order of its list."""
        rows = sorted(children, key=attrgetter("id"))
        for column, descends in reversed(self.order):
            rows.sort(key=attrgetter(column), reverse=descends)
        return self._as_listed(row, [(each.id, each) for each in rows])

    def _as_listed(self, row: Row, found: list[tuple[str, Any]]) -> list[Any]:
        """The values in the order that the parent's `extra` keeps, if any; values that it does not name come last."""
        extra = row.extra if self.shape.restores else None
        if not self.is_positioned and (ids := listed(extra, self.member)) is not None:
            ranks = {id: rank for rank, id in enumerate(ids)}
            found.sort(key=lambda each: ranks.get(each[0], len(ranks)))
        return [value for _, value in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A list of rows that stand beside this row, in the list's order; they may stand beside others, too.

    What this row's object says of one of them otherwise than that one is, the `extra` of the row between keeps.
    """

    member: str
    shape: Shape
    link: Link

    @property
    def nothing(self) -> list[Any]:
        """What is rendered where there are none."""
        return []

    async def values(self, context: Context, rows: Sequence[Row]) -> list[list[Any]]:
        grouped: dict[str, list[Any]] = {row.id: [] for row in rows}
        table, parent = self.shape.table, self.link.parent
        columns = (*self.shape.columns, parent, EXTRA)
        order = Order.of(table, (("position", False),))
        linked = await context.children(table, self.link, list(grouped), order, columns=columns)
        rendered = await self.shape.render(context, linked)
        if self.shape.restores:
            is_masked = not context.viewer.may(Scope.SECRETS)
            for index, said in enumerate(map(attrgetter(EXTRA), linked)):
                if said is not None:
                    rendered[index] = restore(rendered[index], said, self.shape.name, is_masked=is_masked)
        for parent_id, value in zip(map(attrgetter(parent), linked), rendered, strict=True):
            grouped[parent_id].append(value)
        return list(grouped.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """The one row that names this row as its parent, or null.

    Attributes:
        key: the child's unique column that names the parent.
    """

    member: str
    shape: Shape
    key: str
    nothing: None = None

    async def values(self, context: Context, rows: Sequence[Row]) -> list[Any]:
        columns = (*self.shape.columns, self.key)
        found = await context.rows(self.shape.table, [row.id for row in rows], columns=columns, key=self.key)
        rendered = await self.shape.render(context, list(found.values()))
        by_parent = dict(zip(found, rendered, strict=True))
        return [by_parent.get(row.id) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The row that a column of this row names, or null. Other rows may name it, too, and say other things of it.

    Attributes:
        column: of this row, holding the id of the other.
        through_visible_row: whether the other row is a part of this one, so that everybody who sees this one sees it
            here, even where they could not list it.
        is_named: whether the row's own members give the column, and the nested object only describes the row that it
            names; where there is no such object, the column and the row stay as they are.
    """

    member: str
    shape: Shape
    column: str
    through_visible_row: bool = False
    is_named: bool = False
    nothing: None = None

    async def values(self, context: Context, rows: Sequence[Row]) -> list[Any]:
        ids = [getattr(row, self.column) for row in rows]
        found = await context.rows(
            self.shape.table,
            [each for each in ids if each is not None],
            columns=self.shape.columns,
            through_visible_row=self.through_visible_row,
        )
        rendered = await self.shape.render(context, list(found.values()))
        by_id = dict(zip(found, rendered, strict=True))
        values = [by_id.get(each) for each in ids]
        if self.shape.restores:
            for index, row in enumerate(rows):
                value, said = values[index], said_of_nested(row.extra)
                if value is not None and self.member in said:
                    values[index] = self._as_said(value, said[self.member], context)
        return values

    def _as_said(self, value: Any, said: Entry | None, context: Context) -> Any:
        if said is None:
            return self.nothing
        return restored(value, said, is_masked=not context.viewer.may(Scope.SECRETS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A value of the organization that the rows belong to. It is no member itself, but members are written with it.

    Attributes:
        column: of `organizations`; its value is null for a viewer who does not see the organization.
        unless: the rows' own column whose value comes before the organization's. An import makes the one that it reads
            last the organization's, so that rows without one are written as those that were read.
    """

    column: str
    unless: str = ""

    async def values(self, context: Context, rows: Sequence[Row]) -> list[Any]:
        if self.unless and all(getattr(row, self.unless) is not None for row in rows):
            return [None] * len(rows)
        own = context.viewer.organization_id
        found = await context.rows(organizations, [own], columns=("id", self.column))
        return [getattr(found[own], self.column) if found else None] * len(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The row that a column of this row names, or null. It is no member itself, but members are written with it.

    Attributes:
        columns: of the other row, that are read.
    """

    column: str
    table: Table
    columns: Columns

    async def values(self, context: Context, rows: Sequence[Row]) -> list[Row | None]:
        ids = [getattr(row, self.column) for row in rows]
        named = [each for each in ids if each is not None]
        found = await context.rows(self.table, named, columns=self.columns)
        return [found.get(each) for each in ids]


Nested = Children | Linked | Child | Parent | Owner | Beside
ASIDE = (Owner, Beside)
"""What members are written with and that is none itself."""


def _plain(shape: Shape) -> Iterator[tuple[str, Reader]]:
    """The members that have a column's own name, the key's left out, and that nothing else reads."""
    named = _texts(shape.incoming.__code__) | {
        each.member for each in shape.nested if not isinstance(each, ASIDE)
    }
    for member, kind in get_type_hints(shape.body).items():
        column = shape.table.c.get(member)
        if column is None or column.primary_key or member in named:
            continue
        kinds = set(get_args(kind) if isinstance(kind, UnionType) else (kind,)) - {NoneType}
        if kinds == {str} and not column.nullable:
            yield member, Given.required
        elif reader := READERS.get(frozenset(kinds)):
            yield member, reader
        else:
            raise TypeError(f"{shape.name}: nothing reads {member}, and its type does not say how.")


READERS: Mapping[frozenset[Any], Reader] = {
    frozenset((str,)): Given.text,
    frozenset((int,)): Given.integer,
    frozenset((bool,)): Given.flag,
}


def _texts(code: CodeType) -> set[str]:
    """Every text constant in a function's code, and in that of the functions and comprehensions inside of it."""
    found: set[str] = set()
    for each in code.co_consts:
        if isinstance(each, CodeType):
            found |= _texts(each)
        else:
            found.update(
                text for text in (each if isinstance(each, tuple) else (each,)) if isinstance(text, str)
            )
    return found


def _names(code: CodeType) -> set[str]:
    """Every attribute that a function's code reads, and that of the functions and comprehensions inside of it."""
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return set(code.co_names).union(*map(_names, inner))
