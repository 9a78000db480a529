"""Node: objects with a global id, and finding them by it (GraphQL Global Object Identification)."""

import base64
import binascii
import inspect
from binascii import b2a_base64
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Annotated, Any

import strawberry
from sqlalchemy import Table

from gateway.db.cursors import Order
from gateway.db.filters import UUID, eq
from gateway.db.pages import Window
from gateway.db.tables import NODES, events, file_uploads, webhook_attempts
from gateway.execution import RowType, Selection, Typed, computed, field, relation
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Conflict, Invalid
from gateway.resolvers.inputs import of_another_type
from gateway.schema.filters import MEMBER, Member, on_parent


def global_id(id: str, *, type_name: str) -> str:
    return b2a_base64(f"{type_name}:{id}".encode(), newline=False).decode()


def from_global_id(text: str) -> tuple[str, str] | None:
    """The type's name and the record's own id; None if the text is not a global id of a known type."""
    try:
        type_name, colon, record_id = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (type_name, record_id) if colon and record_id and type_name in NODES else None


VARYING = (events, file_uploads, webhook_attempts)
"""Tables whose rows appear, disappear or change without a new data version. For example, events are pruned."""


def any_varies(ids: Any) -> bool:
    """Whether any of these global ids belongs to a type whose changes do not change the data version.

    Args:
        ids: the argument as given. A value that is not a list counts as a list of one (GraphQL, section 3.11).
    """
    each_given = ids if isinstance(ids, list) else [ids]
    found = [from_global_id(each) for each in each_given if isinstance(each, str)]
    return any(each is not None and NODES[each[0]] in VARYING for each in found)


UniqueKey = tuple[str, Any]
"""A unique column and its value; or `UUID` and the vendor's id, which several rows may have."""


def global_key(text: str, type_name: str) -> UniqueKey | None:
    """The key in a global id of this type; None if the text is not a global id.

    Raises:
        Invalid: it is the global id of another type.
    """
    found = from_global_id(text)
    if found is not None and found[0] != type_name:
        raise Invalid(of_another_type(found[0], type_name))
    return found and ("id", found[1])


def key_of_id(id: str, type_name: str) -> UniqueKey | None:
    """The key in the argument `id`; see `global_key`.

    Raises:
        Invalid: it is the global id of another type.
    """
    try:
        return global_key(id, type_name)
    except Invalid as error:
        raise error.at("id") from None


@strawberry.interface(
    description="An object with a global id. `Query.node` finds it by this id (Relay Global Object Identification)."
)
class Node(RowType):
    id: strawberry.ID = computed(
        global_id, description="The object's global id: opaque, and unique in the whole graph."
    )


def to_one(table: Table, key: str, *, by: str = "id", description: str, filters: bool = False) -> Any:
    """A relation to the row of ``table`` whose unique column ``by`` equals this row's column ``key``.

    Args:
        filters: whether lists can be filtered by the related row, with the filter of its type. Then ``by`` must be its
            id.
    """

    async def load(keys: list[str], context: Context, selection: Selection) -> list[Any]:
        return await context.row(table, by).load_many(keys)

    def expect(keys: list[str], context: Context) -> None:
        context.row(table, by).expect(keys)

    member = Member(condition=on_parent(table, key), is_relation=True) if filters else None
    return relation(load, key=key, expect=expect, description=description, metadata={MEMBER: member})


def root_row(table: Table, key_of: Callable[..., UniqueKey | None], *, description: str) -> Any:
    """A root field with the visible row that its arguments name.

    Args:
        table: the table of the row.
        key_of: makes the row's unique key from the field's arguments, which are its keyword-only parameters. None means
            that there is no such row.
        description: the description in the schema.
    """

    async def load(context: Context, selection: Selection, **given: Any) -> Any:
        found = key_of(**given)
        if found is not None and found[0] == UUID:
            return await _only_row(context, table, found[1], selection.columns)
        return None if found is None else await context.row(table, found[0]).load_at_once(found[1])

    def expect(context: Context, **given: Any) -> None:
        if (found := key_of(**given)) is not None and found[0] != UUID:
            context.row(table, found[0]).expect([found[1]])

    leading = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("context", "selection")
    ]
    signature = inspect.signature(key_of, eval_str=True)
    load.__signature__ = inspect.Signature([*leading, *signature.parameters.values()])  # type: ignore[attr-defined]
    return field(load, expect=expect, description=description)


async def _only_row(context: Context, table: Table, uuid: str, columns: tuple[str, ...]) -> Any:
    """The visible row with a vendor's id; None if there is none.

    Raises:
        Conflict: there are several.
    """
    order = Order.of(table, (("created_at", False),))
    page = await context.page(table, order, Window(2), columns=columns, where=eq(UUID, uuid))
    if len(page.rows) > 1:
        raise Conflict(
            f"Several {table.name} have this uuid. Ask for one by its `id`, or for all by "
            f"`{table.name}(filter: {{uuid: …}})`."
        )
    return page.rows[0] if page.rows else None


def key_by_uuid(type_name: str, column: str) -> Callable[..., UniqueKey | None]:
    """A function that makes the key of a row from the one argument that names it: its global id, or its own id.

    Callers who know a record from its vendor's API can give its own id as `id`, too.

    Args:
        type_name: the public name of the row's type.
        column: the column with the row's own id, or `UUID` for the vendor's id, which is not unique.
    """

    def key_of(
        *,
        id: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="The global `id` of the object. A text that is not a global id is looked up as `uuid`."
            ),
        ] = None,
        uuid: Annotated[
            str | None,
            strawberry.argument(description="The record's own id, exactly as the vendor's API writes it."),
        ] = None,
    ) -> UniqueKey | None:
        if (id is None) == (uuid is None):
            raise Invalid("Give exactly one of `id` and `uuid`.")
        return (column, uuid) if id is None else key_of_id(id, type_name) or (column, id)

    return key_of


Finder = Callable[[list[str], Context], Awaitable[Sequence[Any]]]

_FINDERS: dict[str, Finder] = {}


def found_by(type_name: str, finder: Finder) -> None:
    """Register how to find objects of a type whose ids are not the ids of rows.

    Args:
        type_name: the public name of the type.
        finder: called as `finder(ids, context)`; it returns one object or None for each id, in order.
    """
    _FINDERS[type_name] = finder


def expect_nodes(context: Context, ids: list[str]) -> None:
    """Announce that these nodes will be loaded soon."""
    for type_name, record_ids in _by_type(map(from_global_id, ids)).items():
        if type_name not in _FINDERS:
            context.row(NODES[type_name]).expect(record_ids)


async def find_node(context: Context, id: str) -> Typed | None:
    """The visible object with a global id; None in the same cases as in `find_nodes`."""
    parsed = from_global_id(id)
    if parsed is None:
        return None
    if (finder := _FINDERS.get(parsed[0])) is not None:
        [row] = await finder([parsed[1]], context)
    else:
        row = await context.row(NODES[parsed[0]]).load_at_once(parsed[1])
    return None if row is None else Typed(parsed[0], row)


async def find_nodes(context: Context, ids: list[str]) -> list[Typed | None]:
    """The visible objects with global ids, in order; None for an id that is unknown, malformed or not visible."""
    parsed = [from_global_id(each) for each in ids]
    rows: dict[tuple[str, str], Any] = {}
    for type_name, record_ids in _by_type(parsed).items():
        distinct = list(dict.fromkeys(record_ids))
        finder = _FINDERS.get(type_name) or _row_finder(type_name)
        loaded = await finder(distinct, context)
        rows.update({(type_name, found): row for found, row in zip(distinct, loaded, strict=True)})
    return [
        Typed(each[0], row) if each is not None and (row := rows[each]) is not None else None
        for each in parsed
    ]


def _row_finder(type_name: str) -> Finder:
    return lambda ids, context: context.row(NODES[type_name]).load_many(ids)


def _by_type(parsed: Iterable[tuple[str, str] | None]) -> dict[str, list[str]]:
    """The records' own ids by the name of their type."""
    wanted: dict[str, list[str]] = {}
    for each in parsed:
        if each is not None:
            wanted.setdefault(each[0], []).append(each[1])
    return wanted
