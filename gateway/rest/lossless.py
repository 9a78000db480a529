"""What no column holds: kept beside a row as JSON text, and given back in the vendor's own object.

`extra` is an object by shape name. Under it, ``members`` maps a name to ``[verbatim]`` where the rendering had no such
member, or to ``[verbatim, rendered]`` where it had another value; both as JSON text, so that numbers and nested
keys stay as they were. ``absent`` lists the members that the object did not have, each with what was rendered;
``order`` is the order of its keys where that is not the rendering's.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.resolvers.secrets import mask_credentials


def restore(
    rendered: Mapping[str, Any], extra: str, shape: str, *, is_masked: bool = False
) -> Mapping[str, Any]:
    """The object as it was read, as far as its rendering still is what it was then.

    A member whose column has changed renders differently from what was recorded, and so wins by itself.

    Args:
        is_masked: whether credentials in free text are to be masked, as they are in ``rendered``.
    """
    kept = orjson.loads(extra).get(shape)
    if kept is None:
        return rendered
    members: dict[str, Any] = dict(rendered)
    for name, pair in kept.get("members", {}).items():
        if name not in members if len(pair) == 1 else _is(members, name, pair[1], is_masked):
            members[name] = _verbatim(pair[0], is_masked)
    for name, was in kept.get("absent", {}).items():
        if _is(members, name, was, is_masked):
            del members[name]
    order = kept.get("order")
    return members if order is None else _ordered(members, order)


def _is(members: Mapping[str, Any], name: str, recorded: str, is_masked: bool) -> bool:
    """Whether a member still renders as was recorded."""
    if name not in members:
        return False
    now = orjson.dumps(members[name]).decode()
    return now == recorded or (is_masked and now == _masked(recorded))


def _verbatim(text: str, is_masked: bool) -> orjson.Fragment:
    return orjson.Fragment(_masked(text) if is_masked else text)


def _masked(text: str) -> str:
    return mask_credentials(text)


def _ordered(members: dict[str, Any], order: list[str]) -> dict[str, Any]:
    """Members in a recorded order; those it does not name come where they stood, at the end."""
    placed = {name: members.pop(name) for name in order if name in members}
    return {**placed, **members}
