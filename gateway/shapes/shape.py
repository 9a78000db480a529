"""Shapes: how rows become a vendor's objects and their nested objects. They are read and rendered in batches."""

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
    """A JSON object of a vendor that corresponds to a row of a table.

    Attributes:
        name: the key of this shape's entry in the row's `extra`, such as ``crux.request``.
        body: the object's TypedDict.
        outgoing: ``(row, *nested)`` -> dict in the vendor's order of members. Nested objects and lists are passed
            already rendered, in the order of ``nested``. The columns that the code reads from its first parameter are
            selected.
        incoming: the columns from the object's own members; it notes problems. Null for a column that is not nullable
            is ignored. Members that have a column's name and that this function does not read are read according to
            their types in ``body``.
        nested: the members that are rows of their own.
        key: the column that identifies the object. If it is not `id`, every row also has an `id` of the gateway.
        names: for messages, the member of each column that has another name.
        fixed: columns with fixed values in all rows of this shape. A row with other values does not have this shape.
        defaults: for new rows, values of columns that are not nullable and that the object does not have.
        references: columns that name a row which the object does not contain. A row with only an id is created.
        left_out: members that some of the vendor's responses leave out. If one is absent, the stored value stays, and
            an object that was read without it is returned without it.
        is_part: whether the object has only some columns of a row, and does not create the row.
        on_request: members that a response has only on request. If one is absent, the stored value stays.
        more_columns: columns that ``outgoing`` shows if the row has them. Import and export therefore read them.
        restores: whether to restore what is in `extra`; see `without_extra`.
        columns: the columns to read from the row; derived from ``outgoing``.
        plain: how to read each member that ``incoming`` does not read; derived from ``body``.
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
        """The columns that an object has: from ``incoming`` and from its plain members."""
        columns = self.incoming(given)
        for name, read in self.plain:
            columns[name] = read(given, name)
        return columns

    def without_extra(self) -> "Shape":
        """The shape that renders only columns: nothing from `extra` is restored, at any level."""
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
        """The vendor's name of the member for a column."""
        return self.names.get(column, column)

    def members_of_parents(self, columns: Iterable[str]) -> list[str]:
        """The members with rows that one of these columns names."""
        return [each.member for each in self.nested if isinstance(each, Parent) and each.column in columns]

    async def render(self, context: Context, rows: Sequence[Row]) -> list[Any]:
        """The complete objects of these rows, in order, with all nested objects.

        Each nested shape takes one statement, whatever the number of rows. The rows must have ``columns``.
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
        member: the member of the parent's object.
        key: the children's column that names the parent.
        order: pairs of a column and whether it descends; the id comes last.
        alike: the columns by which an object without an id is matched to a row: the row must have the same values.
    """

    member: str
    shape: Shape
    key: str
    order: tuple[tuple[str, bool], ...] = (("position", False),)
    alike: Columns = ()

    @property
    def nothing(self) -> list[Any]:
        """The rendered value for a row without children."""
        return []

    @property
    def is_positioned(self) -> bool:
        """Whether the children keep the order of the document."""
        return self.order[0][0] == "position"

    def is_in_order(self, children: Sequence[Mapping[str, Any]]) -> bool:
        """Whether rows with these columns are certainly read in the order in which they are given."""
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
        """All children of a row, sorted into the order of its list."""
        rows = sorted(children, key=attrgetter("id"))
        for column, descends in reversed(self.order):
            rows.sort(key=attrgetter(column), reverse=descends)
        return self._as_listed(row, [(each.id, each) for each in rows])

    def _as_listed(self, row: Row, found: list[tuple[str, Any]]) -> list[Any]:
        """The values in the order in the parent's `extra`, if there is one. Values that it does not name come last."""
        extra = row.extra if self.shape.restores else None
        if not self.is_positioned and (ids := listed(extra, self.member)) is not None:
            ranks = {id: rank for rank, id in enumerate(ids)}
            found.sort(key=lambda each: ranks.get(each[0], len(ranks)))
        return [value for _, value in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A list of linked rows, in the list's order. Other rows can be linked to them, too.

    If this row's object describes a linked row differently, the differences are in the `extra` of the link.
    """

    member: str
    shape: Shape
    link: Link

    @property
    def nothing(self) -> list[Any]:
        """The rendered value if there are none."""
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
    """The row that a column of this row names, or null. Other rows can name it, too, and describe it differently.

    Attributes:
        column: the column of this row with the id of the other row.
        through_visible_row: whether the other row is a part of this one. Viewers of this row then see it here, even if
            they cannot list it.
        is_named: whether the row's own members give the column, and the nested object only describes the row. If there
            is no nested object, the column and the other row stay unchanged.
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
    """A value of the organization that owns the rows. It is not a member, but members are rendered with it.

    Attributes:
        column: a column of `organizations`. It is null for a viewer who does not see the organization.
        unless: the rows' own column, whose value takes precedence. An import stores the last value that it reads in the
            organization, so that rows without a value are rendered like those that were read.
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
    """The row that a column of this row names, or null. It is not a member, but members are rendered with it.

    Attributes:
        columns: the columns of the other row that are read.
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
"""The kinds of values that members are rendered with but that are not members."""


def _plain(shape: Shape) -> Iterator[tuple[str, Reader]]:
    """The members that have a column's name and that nothing else reads, without the key."""
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
    """All text constants in a function's code, including nested functions and comprehensions."""
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
    """All attributes that a function's code reads, including nested functions and comprehensions."""
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return set(code.co_names).union(*map(_names, inner))
