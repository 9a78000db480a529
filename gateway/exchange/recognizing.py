"""What a file is that was taken for another: a vendor's by its members, or the answer to a call that failed."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.exchange.formats import Format, Layout
from gateway.exchange.places import shown_text
from gateway.shapes.json_text import NotWritable, dumps

# Members of a record by which a vendor is named: fewer may be a coincidence.
ENOUGH = 3
_ENVELOPE = 1000


def other_vendors(members: Mapping[str, Any], own: Layout, formats: Sequence[Format]) -> str | None:
    """A sentence that names the vendor whose object has these members, where it is clearly not this one's.

    Args:
        own: the layout by which the file was read.
        formats: of every vendor.
    """
    known = {each.name: _known(members, each.layout) for each in formats if each.layout is not own}
    best = max(known.values(), default=0)
    if best < ENOUGH or best <= _known(members, own):
        return None
    [format, *others] = [each for each in formats if known.get(each.name) == best]
    return None if others else f"This is {format.title}'s: `gateway import {format.name}` reads it."


def _known(members: Mapping[str, Any], layout: Layout) -> int:
    """How many of the members a vendor's object has; an answer counts more, and by its first object."""
    counts = [len(shape.body.__annotations__.keys() & members) for shape in layout.shapes]
    for name in {*layout.lists, *layout.single, *layout.whole} & members.keys():
        value = members[name]
        first = value[0] if isinstance(value, list) and value else value
        counts.append(_ENVELOPE + (_known(first, layout) if isinstance(first, dict) else 0))
    return max(counts, default=0)


def failed_call(members: Mapping[str, Any], own: Layout, formats: Sequence[Format]) -> str | None:
    """A sentence that shows the answer to a call that failed, where the object is one, and no record."""
    failures = own.failures.union(*(each.layout.failures for each in formats))
    is_record = any(shape.key_member in members for shape in own.shapes)
    if is_record or failures.isdisjoint(members):
        return None
    try:
        text = dumps(members)
    except NotWritable:
        text = "{}"
    return f"This is the answer to a call that failed, and holds no records: {shown_text(text, 200)}"
