"""Members that no column holds: stored as JSON text beside the row, and restored in the vendor's own object.

A row's `extra` is a JSON object with one entry for each shape name. Its members:

``members`` maps a name to ``[verbatim]`` if the rendering had no such member, or to ``[verbatim, rendered]`` if it had
another value. Both are JSON texts, so that numbers and nested names stay exact.

``absent`` maps each member that the object did not have to its rendered value.

``order`` has the object's names in order, if their order differs from the rendering.

``lists`` maps a list of rows to their ids, if the list had another order than the rows are read in.

``nested`` maps a shared nested object to an entry like this one: the differences between the object here and the shared
row. It maps the object to null if another value stood in its place, which is then in ``members``.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.masking import mask_credentials, mask_json, may_hold
from gateway.shapes.json_text import dumps

Entry = dict[str, Any]


def remainder(given: Mapping[str, Any], rendered: Mapping[str, Any], text: str | None = None) -> Entry | None:
    """The data to store so that `restore` turns ``rendered`` into ``given``; None if they are equal to the byte.

    Args:
        text: the JSON text of ``given``, if it is already written.

    Raises:
        NotWritable: ``given`` cannot be written.
    """
    if (dumps(given) if text is None else text) == dumps(rendered):
        return None
    members: dict[str, list[str]] = {}
    for name, value in given.items():
        verbatim = dumps(value)
        if name not in rendered:
            members[name] = [verbatim]
        elif (now := dumps(rendered[name])) != verbatim:
            members[name] = [verbatim, now]
    absent = {name: dumps(value) for name, value in rendered.items() if name not in given}
    kept = [name for name in rendered if name in given]
    kept += [name for name in given if name not in rendered]
    entry: Entry = {}
    if members:
        entry["members"] = members
    if absent:
        entry["absent"] = absent
    if kept != list(given):
        entry["order"] = list(given)
    return entry


def restore(
    rendered: Mapping[str, Any], extra: str, shape: str, *, is_masked: bool = False
) -> dict[str, Any]:
    """The object as it was read, except members whose rendering has changed since.

    A member whose column has changed renders differently from the recorded value, so the new value is used.

    Args:
        extra: the row's `extra`, not null.
        is_masked: whether to mask credentials in free text, as in ``rendered``.
    """
    entry = entry_of(extra, shape)
    return dict(rendered) if entry is None else restored(rendered, entry, is_masked=is_masked)


def entry_of(extra: str | None, shape: str) -> Entry | None:
    """The entry of a shape in a row's `extra`."""
    entry: Entry | None = None if extra is None else orjson.loads(extra).get(shape)
    return entry


def restored(rendered: Mapping[str, Any], entry: Entry, *, is_masked: bool = False) -> dict[str, Any]:
    """The object as it was read, from its rendering and the stored entry; see `restore`."""
    members: dict[str, Any] = dict(rendered)
    for name, pair in entry.get("members", {}).items():
        if name not in members if len(pair) == 1 else _is(members, name, pair[1], is_masked):
            members[name] = orjson.Fragment(mask_json(pair[0], name) if is_masked else pair[0])
    for name, recorded in entry.get("absent", {}).items():
        if _is(members, name, recorded, is_masked):
            del members[name]
    if (order := entry.get("order")) is not None:
        placed = {name: members.pop(name) for name in order if name in members}
        members = {**placed, **members}
    if is_masked and may_hold("\n".join(members)):
        return {mask_credentials(name): value for name, value in members.items()}
    return members


def listed(extra: str | None, member: str) -> list[str] | None:
    """The ids of a row's children in the stored order; None if it equals the order in which they are read."""
    if extra is None or '"lists"' not in extra:
        return None
    entries: Mapping[str, Entry] = orjson.loads(extra)
    return next((each["lists"][member] for each in entries.values() if member in each.get("lists", {})), None)


def said_of_nested(extra: str | None) -> Mapping[str, Entry | None]:
    """By member, the differences between a row's nested object and the shared row.

    Null if the row's object had no object there.
    """
    if extra is None or '"nested"' not in extra:
        return {}
    entries: Mapping[str, Entry] = orjson.loads(extra)
    return {member: said for each in entries.values() for member, said in each.get("nested", {}).items()}


def kept_with(extra: str | None, shape: str, entry: Entry | None) -> str | None:
    """A row's `extra` with a new entry for this shape; null if nothing is left."""
    kept: dict[str, Entry] = orjson.loads(extra) if extra else {}
    if kept.get(shape) == entry:
        return extra
    kept.pop(shape, None)
    if entry is not None:
        kept[shape] = entry
    return orjson.dumps(kept).decode() if kept else None


def _is(members: Mapping[str, Any], name: str, recorded: str, is_masked: bool) -> bool:
    """Whether a member still renders as recorded."""
    if name not in members:
        return False
    now = dumps(members[name])
    return now == recorded or (is_masked and now == mask_json(recorded, name))
