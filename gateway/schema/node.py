"""Node: objects with a global id, and finding them by it (GraphQL Global Object Identification)."""

import base64
import binascii
from binascii import b2a_base64
from typing import Any

import strawberry
from sqlalchemy import Table

from gateway.db.tables import NODES
from gateway.execution import RowType, Selection, Typed, computed, relation
from gateway.resolvers.context import Context


def global_id(id: str, *, type_name: str) -> str:
    return b2a_base64(f"{type_name}:{id}".encode(), newline=False).decode()


def from_global_id(text: str) -> tuple[str, str] | None:
    """The type's name and the record's own id; None where the text is no global id of a known type."""
    try:
        type_name, colon, record_id = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (type_name, record_id) if colon and record_id and type_name in NODES else None


def record_id(text: str, type_name: str) -> str | None:
    """The record's own id in a global id of this type; None where it is none."""
    found = from_global_id(text)
    return found[1] if found and found[0] == type_name else None


@strawberry.interface(description="An object with a global id.")
class Node(RowType):
    id: strawberry.ID = computed(global_id, description="The object's global id, opaque to clients.")


def to_one(table: Table, key: str, *, by: str = "id", description: str) -> Any:
    """A relation to the row of ``table`` whose unique column ``by`` equals this row's column ``key``."""

    async def load(keys: list[str], context: Context, selection: Selection) -> list[Any]:
        return await context.row(table, by).load_many(keys)

    return relation(load, key=key, description=description)


async def find_nodes(context: Context, ids: list[str]) -> list[Typed | None]:
    """The visible objects by global id, in order; None for what is unknown, malformed or another organization's."""
    parsed = [from_global_id(each) for each in ids]
    wanted: dict[str, list[str]] = {}
    for each in parsed:
        if each is not None:
            wanted.setdefault(each[0], []).append(each[1])
    rows: dict[tuple[str, str], Any] = {}
    for type_name, record_ids in wanted.items():
        distinct = list(dict.fromkeys(record_ids))
        loaded = await context.row(NODES[type_name]).load_many(distinct)
        rows.update({(type_name, found): row for found, row in zip(distinct, loaded, strict=True)})
    return [
        Typed(each[0], row) if each is not None and (row := rows[each]) is not None else None
        for each in parsed
    ]
