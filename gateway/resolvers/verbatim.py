"""What a row's `extra` keeps of objects as they were read; a change of a column invalidates it, member by member.

`extra` shows a member as it was read for as long as it renders as it did then. That is no proof that nothing changed:
another instant of the same day renders as the first one did, and a value may come back. So a write drops what is kept
of the members that say a column, when it changes that.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from gateway.db.statements import Row

Touched = Callable[[Row, Mapping[str, Any]], frozenset[str]]
"""``(row, changes)`` -> the members of an object that say one of the changed columns; the row is whole."""

_TOUCHED: Final[defaultdict[str, list[Touched]]] = defaultdict(list)

# The parts of an entry that are kept by member (gateway/shapes/lossless.py).
_BY_MEMBER: Final = ("members", "absent", "nested")


def learn(shape: str, touched: Touched) -> None:
    """Tell what changes of columns mean to the objects of a shape, by the name under which `extra` keeps them."""
    _TOUCHED[shape].append(touched)


def still_kept(row: Row, changes: Mapping[str, Any]) -> str | None:
    """What a row's `extra` is beside its changed columns; null where nothing is left of it."""
    if row.extra is None:
        return None
    left: dict[str, Any] = {}
    for shape, entry in orjson.loads(row.extra).items():
        over = frozenset[str]().union(*(touched(row, changes) for touched in _TOUCHED.get(shape, ())))
        kept = {part: _without(value, over) if part in _BY_MEMBER else value for part, value in entry.items()}
        if kept := {part: value for part, value in kept.items() if value}:
            left[shape] = kept
    return orjson.dumps(left).decode() if left else None


def _without(members: Mapping[str, Any], over: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in over}
