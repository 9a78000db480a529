"""A record taken apart: one item for each object in it that is a row, ready to be written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import partial
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Table

from gateway.db.statements import Row, row_class
from gateway.db.types import Timestamp, finite_or_none, instant_columns, narrow_columns
from gateway.db.values import NO_CREDENTIAL, concealing
from gateway.exchange.places import RecordPlace
from gateway.shapes.given import Given, Path, Problem
from gateway.shapes.json_text import NotWritable, dumps, parse
from gateway.shapes.lossless import Entry, remainder, restore
from gateway.shapes.shape import ASIDE, Beside, Child, Children, Linked, Nested, Owner, Parent, Shape

# Stands for a nested object or list that is rows of its own, on both sides of a comparison.
ELSEWHERE = "…"


class Host(NamedTuple):
    """Where a shared object stands.

    Attributes:
        item: the index of the one that it is nested in.
        member: of that item's object.
        column: of that item's row, which names the shared object's; "" where a row between the two names both.
    """

    item: int
    member: str
    column: str = ""


@dataclass(slots=True)
class Item:
    """One object that is a row.

    Attributes:
        shape: index among the import's shapes.
        columns: what the object says, and what its place says; never null where the column takes none.
        parents: columns that name other rows of the record, each with that row's index in it.
        placed: the columns that the object's place says, not its members.
        once: what its place says of a new row, and not of one that is there.
        own: its members as JSON text, those that are rows of their own replaced by ELSEWHERE.
        elsewhere: of each nested member, whether it was replaced.
        unsaid: members that it lacks and therefore says nothing of; see `Shape.left_out`.
        beside: by column, the row that it names, where members are written with it; found in the store.
        place: identifies an object that has no id of its own: its parent's id and its index; "" outside of lists.
        alike: columns by which an object without an id of its own is found among its parent's rows.
        child_of: the column that names the parent that the object belongs to alone: another parent's object of the
            same id is another row. "" where there is none.
        part_of: of an object that other records may name and describe, too, where this one does.
        again_in: of an object that its list names again, where that is: it is a row of its own.
        lists: by member, a list whose rows know no place in it, as the record's items.
        out_of_order: those of these lists that stand in another order than their rows are read in.
        linked: by member, a list of rows that may stand in other records, too, as the record's items.
        said: by member, what the object says of one that is shared otherwise than that one is; null where it has
            something else in its place.
        otherwise: what the object, being shared, says otherwise than its row. Both are found out when it is written.
        entry: of `extra`, should the row be a new one, without what it says of lists and of shared objects.
    """

    shape: int
    columns: dict[str, Any]
    parents: dict[str, int] = field(default_factory=dict)
    placed: frozenset[str] = frozenset()
    once: dict[str, Any] = field(default_factory=dict)
    own: str = ""
    elsewhere: tuple[bool, ...] = ()
    unsaid: frozenset[str] = frozenset()
    beside: dict[str, Row] = field(default_factory=dict)
    place: str = ""
    alike: tuple[str, ...] = ()
    child_of: str = ""
    part_of: Host | None = None
    again_in: Host | None = None
    lists: dict[str, list[Any]] = field(default_factory=dict)
    out_of_order: frozenset[str] = frozenset()
    linked: dict[str, list[int]] = field(default_factory=dict)
    said: dict[str, Entry | None] = field(default_factory=dict)
    otherwise: Entry | None = None
    entry: Entry | None = None

    def __reduce__(self) -> Any:
        # What dataclasses do by themselves takes three times as long.
        return Item, _all_of_item(self)


_all_of_item = attrgetter(*(each.name for each in fields(Item)))


@dataclass(slots=True)
class Taken:
    """A record's items, its own first, each followed by those nested in it; and what is wrong with the record.

    Attributes:
        place: where the record stands in its file.
    """

    place: RecordPlace
    items: list[Item] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Shapes:
    """The shapes of one import, with those nested in others, and the rows that their objects make.

    Args:
        outermost: the shapes of whole records.
        at: the instant that a row gets where its object states none.
        organization: the row of the organization that all of them belong to.

    Attributes:
        outermost: the tables of whole records.
        shared: the tables of what several records may describe.
    """

    def __init__(self, outermost: Sequence[Shape], at: datetime, organization: Row) -> None:
        self.at = at
        self._organization = organization
        self.shapes: list[Shape] = []
        self.outermost = {each.table for each in outermost}
        for shape in outermost:
            self._add(shape)
            assert not any(
                isinstance(inner, Child | Children | Linked)
                for each in shape.nested
                if not isinstance(each, ASIDE)
                for inner in each.shape.nested
            ), "rows belong to the row of a record, or are shared"
        self.shared = {
            each.shape.table
            for shape in self.shapes
            for each in shape.nested
            if isinstance(each, Parent | Linked)
        }
        self._row_classes = [row_class(shape.columns) for shape in self.shapes]
        self._indexes = {shape: index for index, shape in enumerate(self.shapes)}
        self._blanks = [_blank(shape, at, organization.id) for shape in self.shapes]
        self._required = [
            {column.name for column in shape.table.c if not column.nullable} for shape in self.shapes
        ]
        self._demanded = [
            set[str]() if shape.is_part else _without_default(shape.table) - blanks.keys()
            for shape, blanks in zip(self.shapes, self._blanks, strict=True)
        ]

    def __getitem__(self, index: int) -> Shape:
        return self.shapes[index]

    def _add(self, shape: Shape) -> None:
        if shape not in self.shapes:
            self.shapes.append(shape)
            for nested in shape.nested:
                if not isinstance(nested, ASIDE):
                    self._add(nested.shape)

    def take(self, shape: Shape, members: dict[str, Any], place: RecordPlace) -> Taken:
        """Take a record apart."""
        taken = Taken(place)
        self._take(taken, shape, members, (), Item(self._indexes[shape], {}))
        return taken

    def _take(self, taken: Taken, shape: Shape, members: dict[str, Any], path: Path, item: Item) -> int:
        """Add an object and what is nested in it, and return the object's index; ``item`` knows its place."""
        index = len(taken.items)
        taken.items.append(item)
        said = _said(shape, Given(members, path, taken.problems))
        required = self._required[item.shape]
        item.placed = frozenset(item.columns)
        item.columns = {
            **{name: value for name, value in said.items() if value is not None or name not in required},
            **item.columns,
        }
        if item.place and shape.key == "id":
            item.columns.setdefault("id", item.place)
        item.unsaid = (shape.left_out | shape.on_request) - members.keys()
        item.elsewhere = tuple(self._take_nested(taken, index, each, members, path) for each in shape.nested)
        if not taken.problems:
            self._demand(taken, shape, members, path, item)
        if not taken.problems:
            self._compare(taken, item, members, path)
        return index

    def _demand(self, taken: Taken, shape: Shape, members: dict[str, Any], path: Path, item: Item) -> None:
        """Note the members without which there is no row, where nothing else has."""
        for column in sorted(self._demanded[item.shape] - item.columns.keys() - item.once.keys()):
            member = shape.member(column)
            told = "It must have a value." if member in members else "It is missing."
            taken.problems.append(Problem((*path, member), told))

    def _take_nested(
        self, taken: Taken, index: int, nested: Nested, members: dict[str, Any], path: Path
    ) -> bool:
        """Add what is nested in one member of the object ``index``, and say whether that makes rows of its own."""
        if isinstance(nested, ASIDE):
            return False
        value, here, item = members.get(nested.member), (*path, nested.member), taken.items[index]
        if isinstance(nested, Children | Linked):
            if not isinstance(value, list) or not value:
                return False  # an empty list is rendered as if there were none
            if isinstance(nested, Linked):
                self._take_linked(taken, nested, value, here, index)
            else:
                self._take_list(taken, nested, value, here, index)
            return True
        if isinstance(nested, Child):
            if isinstance(value, dict):
                self._take(taken, nested.shape, value, here, self._child(taken, nested, index))
            return isinstance(value, dict)
        other = None
        if isinstance(value, dict):
            shared = Item(self._indexes[nested.shape], {}, part_of=Host(index, nested.member, nested.column))
            other = self._take(taken, nested.shape, value, here, shared)
        if not nested.is_named:
            self._place(taken, item, nested, other, here)
        elif other is None and nested.member in members:
            item.said[nested.member] = None
        return other is not None

    def _take_list(self, taken: Taken, nested: Children, objects: list[Any], path: Path, parent: int) -> None:
        listed: list[int] = []
        for position, members in _objects(taken, objects, path):
            child = self._child(taken, nested, parent)
            child.alike = nested.alike
            child.place = f"{taken.items[parent].columns.get('id')}/{position}"
            if nested.is_positioned:
                child.columns["position"] = position
            listed.append(self._take(taken, nested.shape, members, (*path, position), child))
        if not nested.is_positioned:
            host = taken.items[parent]
            host.lists[nested.member] = listed
            if not _is_ascending([taken.items[each] for each in listed], nested):
                host.out_of_order |= {nested.member}

    def _take_linked(self, taken: Taken, nested: Linked, objects: list[Any], path: Path, parent: int) -> None:
        host, linked = Host(parent, nested.member), taken.items[parent].linked.setdefault(nested.member, [])
        named: set[Any] = set()
        for position, members in _objects(taken, objects, path):
            item = Item(self._indexes[nested.shape], {}, once={"position": position})
            linked.append(self._take(taken, nested.shape, members, (*path, position), item))
            if item.columns["id"] in named:
                item.again_in = host
            else:
                item.part_of = host
            named.add(item.columns["id"])

    def _child(self, taken: Taken, nested: Children | Child, parent: int) -> Item:
        """An item that names its parent. Where the parent has an id of its own in the document, it is known already."""
        key = {nested.key: taken.items[parent].columns.get("id")}
        return Item(self._indexes[nested.shape], key, parents={nested.key: parent}, child_of=nested.key)

    def _place(self, taken: Taken, item: Item, nested: Parent, index: int | None, path: Path) -> None:
        """Write the nested row, or null where there is none, into the item's column that names it."""
        item.placed |= {nested.column}
        if index is not None:
            item.parents[nested.column] = index
            item.columns[nested.column] = taken.items[index].columns.get("id")
        elif self.shapes[item.shape].table.c[nested.column].nullable:
            item.columns[nested.column] = None
        else:
            taken.problems.append(Problem(path, "It must be an object."))

    def _compare(self, taken: Taken, item: Item, members: dict[str, Any], path: Path) -> None:
        """Note for `extra` what a row of the item's columns would not give back."""
        own = dict(members)
        for nested, is_elsewhere in zip(self.shapes[item.shape].nested, item.elsewhere, strict=True):
            if is_elsewhere and not isinstance(nested, ASIDE):
                own[nested.member] = ELSEWHERE
        try:
            item.own = dumps(own)
            item.entry = self.entry(item, own, self.new_row(item), item.own)
        except NotWritable as error:
            taken.problems.append(Problem(path, str(error)))

    def new_row(self, item: Item) -> dict[str, Any]:
        """Every column that a new row of this item has, except `extra`."""
        return {**self._blanks[item.shape], **item.once, **item.columns}

    def entry(
        self,
        item: Item,
        own: dict[str, Any],
        columns: Mapping[str, Any],
        text: str | None = None,
        *,
        without: frozenset[str] = frozenset(),
    ) -> Entry | None:
        """What `extra` has to keep beside these columns so that the item's own members come back.

        Args:
            text: of ``own``, where it is written already.
            without: members of which nothing is kept.
        """
        rendered = self._rendered(item, columns)
        if left_out := without | (self.shapes[item.shape].on_request - own.keys()):
            rendered = {name: value for name, value in rendered.items() if name not in left_out}
        return remainder(own, rendered, text)

    def _rendered(self, item: Item, columns: Mapping[str, Any]) -> Mapping[str, Any]:
        """The object that these columns would be rendered as, its nested members replaced as the item's are."""
        shape = self.shapes[item.shape]
        row = tuple.__new__(self._row_classes[item.shape], map(columns.get, shape.columns))
        if not shape.nested:
            return shape.outgoing(row)
        return shape.outgoing(row, *map(partial(self._nested_value, item), shape.nested, item.elsewhere))

    def _nested_value(self, item: Item, nested: Nested, is_elsewhere: bool) -> Any:
        if isinstance(nested, Owner):
            return getattr(self._organization, nested.column)
        if isinstance(nested, Beside):
            return item.beside.get(nested.column)
        return ELSEWHERE if is_elsewhere else nested.nothing

    def shown(self, item: Item, columns: Mapping[str, Any]) -> Mapping[str, Any]:
        """The object that a row of these columns, with its `extra`, is shown as.

        Its nested members are replaced as the item's are.
        """
        members = self._rendered(item, columns)
        if columns["extra"] is not None:
            members = restore(members, columns["extra"], self.shapes[item.shape].name)
        return members

    def read_back(self, item: Item, columns: Mapping[str, Any]) -> dict[str, Any]:
        """The columns that importing reads of the object that a row of these columns, with its `extra`, is shown as."""
        return _said(self.shapes[item.shape], Given(parse(dumps(self.shown(item, columns))), (), []))


def _said(shape: Shape, given: Given) -> dict[str, Any]:
    """The columns that an object states, as their types hold them; what identifies it must not hold a credential.

    A number that its column has no room for counts as null; its digits are kept in `extra`.
    """
    columns = shape.said(given)
    if bad := concealing(shape.table, columns):
        given.wrong(shape.member(bad), f"It {NO_CREDENTIAL}")
    for name, type_ in narrow_columns(shape.table):
        if (number := columns.get(name)) is not None and not type_.holds(number):
            columns[name] = None
    for name in columns.keys() & instant_columns(shape.table):
        columns[name] = finite_or_none(columns[name])
    return columns


def _without_default(table: Table) -> set[str]:
    """The columns that an object has to say: nothing else gives them a value."""
    wanted = {column.name for column in table.c if not column.nullable and column.server_default is None}
    return wanted - {"id"}


def _objects(taken: Taken, listed: list[Any], path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a list with their places; whatever else stands in it is a problem."""
    for position, members in enumerate(listed):
        if isinstance(members, dict):
            yield position, members
        else:
            taken.problems.append(Problem((*path, position), "It must be an object."))


def _is_ascending(listed: Sequence[Item], nested: Children) -> bool:
    """Whether a list certainly is read in the order in which it stands: all of its items differ in the order's keys."""
    names = [name for name, _ in nested.order if name != "id"]
    keys = [[child.columns.get(name) for name in names] for child in listed]
    return all(None not in [*one, *next_] and one < next_ for one, next_ in pairwise(keys))


def _blank(shape: Shape, at: datetime, organization_id: str) -> dict[str, Any]:
    """The columns that a new row of a shape has before its object states any."""
    instants = {
        column.name: at
        for column in shape.table.c
        if isinstance(column.type, Timestamp) and not column.nullable
    }
    return {"organization_id": organization_id, **instants, **shape.defaults, **shape.fixed}
