"""Recognizes files of another kind: another vendor's by their members, or the response to a failed call."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.exchange.formats import Format, Layout
from gateway.exchange.places import shown_text
from gateway.shapes.json_text import NotWritable, dumps

# Members of a record by which a vendor is named: fewer may be a coincidence.
ENOUGH = 3
_ENVELOPE = 1000


def other_vendors(members: Mapping[str, Any], own: Layout, formats: Sequence[Format]) -> str | None:
    """A sentence that names the vendor whose object clearly has these members, if it is another vendor.

    Args:
        own: the layout that was used to read the file.
        formats: the formats of all vendors.
    """
    known = {each.name: _known(members, each.layout) for each in formats if each.layout is not own}
    best = max(known.values(), default=0)
    if best < ENOUGH or best <= _known(members, own):
        return None
    [format, *others] = [each for each in formats if known.get(each.name) == best]
    return None if others else f"This is {format.title}'s: `gateway import {format.name}` reads it."


def _known(members: Mapping[str, Any], layout: Layout) -> int:
    """How many of the members a vendor's object has. A response counts more, and is compared by its first object."""
    counts = [len(shape.body.__annotations__.keys() & members) for shape in layout.shapes]
    for name in {*layout.lists, *layout.single, *layout.whole} & members.keys():
        value = members[name]
        first = value[0] if isinstance(value, list) and value else value
        counts.append(_ENVELOPE + (_known(first, layout) if isinstance(first, dict) else 0))
    return max(counts, default=0)


def failed_call(members: Mapping[str, Any], own: Layout, formats: Sequence[Format]) -> str | None:
    """A sentence with the response to a failed call, if the object is one and not a record."""
    failures = own.failures.union(*(each.layout.failures for each in formats))
    is_record = any(shape.key_member in members for shape in own.shapes)
    if is_record or failures.isdisjoint(members):
        return None
    try:
        text = dumps(members)
    except NotWritable:
        text = "{}"
    return f"This is the answer to a call that failed, and holds no records: {shown_text(text, 200)}"
