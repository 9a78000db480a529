"""Takes records apart: one item for each object that is a row, ready to be written."""

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
    """The place of a shared object.

    Attributes:
        item: the index of the item in which it is nested.
        member: the member of that item's object.
        column: the column of that item's row that names the shared object; "" if a link row names both.
    """

    item: int
    member: str
    column: str = ""


@dataclass(slots=True)
class Item:
    """An object that is a row.

    Attributes:
        shape: the index of its shape in the import.
        columns: the columns from the object and from its place. Columns that are not nullable are never null.
        parents: columns that name other rows of the record, each with that row's index in the record.
        placed: the columns that come from the object's place, not from its members.
        once: columns from its place that apply only to a new row.
        own: its members as JSON text. Members that are rows of their own are replaced by ELSEWHERE.
        elsewhere: for each nested member, whether it was replaced.
        unsaid: absent members whose stored values stay; see `Shape.left_out`.
        beside: by column, the stored row that it names, if members are rendered with it.
        place: the identity of an object without an id: its parent's id and its index; "" outside of lists.
        alike: the columns by which an object without an id is matched to its parent's rows.
        child_of: the column that names the parent to which the object exclusively belongs. An object of another parent
            with the same id is another row. "" if there is no such parent.
        part_of: the host of an object that other records can also name and describe.
        again_in: the list that contains the object more than once: then it is a row of its own.
        lists: by member, the record's items in a list whose rows have no position.
        out_of_order: the lists among these whose order differs from the order in which their rows are read.
        linked: by member, the record's items in a list of rows that other records can also have.
        said: by member, how the object describes a shared object differently; null if another value stands there.
        otherwise: how a shared object itself differs from its row. Both are determined when it is written.
        entry: the entry of `extra` for a new row, without its data on lists and shared objects.
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
    """The items of a record, its own first, each followed by its nested items; and the problems of the record.

    Attributes:
        place: the place of the record in its file.
    """

    place: RecordPlace
    items: list[Item] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Shapes:
    """The shapes of one import and their nested shapes, and the rows made from their objects.

    Args:
        outermost: the shapes of whole records.
        at: the time for rows whose object has none.
        organization: the row of the organization that owns all rows.

    Attributes:
        outermost: the tables of whole records.
        shared: the tables of objects that several records can describe.
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
        """Add an object and its nested objects, and return the object's index. ``item`` knows its place."""
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
        """Note missing members that a row requires, unless there is another problem already."""
        for column in sorted(self._demanded[item.shape] - item.columns.keys() - item.once.keys()):
            member = shape.member(column)
            told = "It must have a value." if member in members else "It is missing."
            taken.problems.append(Problem((*path, member), told))

    def _take_nested(
        self, taken: Taken, index: int, nested: Nested, members: dict[str, Any], path: Path
    ) -> bool:
        """Add the objects nested in one member of the object ``index``; true if they are rows of their own."""
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
        """An item that names its parent. If the parent has an id in the document, the parent's id is already known."""
        key = {nested.key: taken.items[parent].columns.get("id")}
        return Item(self._indexes[nested.shape], key, parents={nested.key: parent}, child_of=nested.key)

    def _place(self, taken: Taken, item: Item, nested: Parent, index: int | None, path: Path) -> None:
        """Write the nested row, or null if there is none, into the item's column that names it."""
        item.placed |= {nested.column}
        if index is not None:
            item.parents[nested.column] = index
            item.columns[nested.column] = taken.items[index].columns.get("id")
        elif self.shapes[item.shape].table.c[nested.column].nullable:
            item.columns[nested.column] = None
        else:
            taken.problems.append(Problem(path, "It must be an object."))

    def _compare(self, taken: Taken, item: Item, members: dict[str, Any], path: Path) -> None:
        """Note for `extra` the parts that a row with the item's columns would not render."""
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
        """All columns of a new row of this item, except `extra`."""
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
        """The entry of `extra` with which these columns render the item's own members exactly.

        Args:
            text: the text of ``own``, if it is already written.
            without: members that are left out of the entry.
        """
        rendered = self._rendered(item, columns)
        if left_out := without | (self.shapes[item.shape].on_request - own.keys()):
            rendered = {name: value for name, value in rendered.items() if name not in left_out}
        return remainder(own, rendered, text)

    def _rendered(self, item: Item, columns: Mapping[str, Any]) -> Mapping[str, Any]:
        """The object that these columns render to, with nested members replaced as in the item."""
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
        """The object that a row with these columns and its `extra` renders to.

        Nested members are replaced as in the item.
        """
        members = self._rendered(item, columns)
        if columns["extra"] is not None:
            members = restore(members, columns["extra"], self.shapes[item.shape].name)
        return members

    def read_back(self, item: Item, columns: Mapping[str, Any]) -> dict[str, Any]:
        """The columns that an import reads from the object that a row with these columns and its `extra` renders to."""
        return _said(self.shapes[item.shape], Given(parse(dumps(self.shown(item, columns))), (), []))


def _said(shape: Shape, given: Given) -> dict[str, Any]:
    """The columns of an object in the types of their columns. An identifying value must not hold a credential.

    A number that does not fit its column becomes null, and its digits are kept in `extra`.
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
    """The columns that an object must have, because they have no other source."""
    wanted = {column.name for column in table.c if not column.nullable and column.server_default is None}
    return wanted - {"id"}


def _objects(taken: Taken, listed: list[Any], path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a list with their places. Any other element is a problem."""
    for position, members in enumerate(listed):
        if isinstance(members, dict):
            yield position, members
        else:
            taken.problems.append(Problem((*path, position), "It must be an object."))


def _is_ascending(listed: Sequence[Item], nested: Children) -> bool:
    """Whether a list is certainly read in its own order: all items differ in the sort keys."""
    names = [name for name, _ in nested.order if name != "id"]
    keys = [[child.columns.get(name) for name in names] for child in listed]
    return all(None not in [*one, *next_] and one < next_ for one, next_ in pairwise(keys))


def _blank(shape: Shape, at: datetime, organization_id: str) -> dict[str, Any]:
    """The columns of a new row of a shape before any come from its object."""
    instants = {
        column.name: at
        for column in shape.table.c
        if isinstance(column.type, Timestamp) and not column.nullable
    }
    return {"organization_id": organization_id, **instants, **shape.defaults, **shape.fixed}
