"""Operations that ask for everything that the graph has: every list with its rows, and every event that is told."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

from graphql import get_named_type, is_leaf_type, is_non_null_type, is_object_type

from gateway.schema.schema import make_schema
from tests.streams.events import open_events

SCHEMA = make_schema()._schema
ABOUT = ("ConnectionRequest", "ConnectedAccount")
"""What is changed and told of."""
LAST = "the last of them"
"""What the last change of a request says in one of its texts, and the last one of an account."""


def _every(field: Any) -> bool:
    return True


def selection(of_type: Any, depth: int, is_wanted: Callable[[Any], bool] = _every) -> str:
    """Everything that can be selected of a type without arguments, as deep as that."""
    parts = []
    for name, field in of_type.fields.items():
        if not is_wanted(field) or any(
            is_non_null_type(each.type) and each.default_value is None for each in field.args.values()
        ):
            continue
        inner = get_named_type(field.type)
        if is_leaf_type(inner):
            parts.append(name)
        elif is_object_type(inner) and depth > 0:
            parts.append(
                f"{name}{'(first: 3)' if 'first' in field.args else ''} {selection(inner, depth - 1, is_wanted)}"
            )
    return "{ " + " ".join(parts or ["__typename"]) + " }"


def queries(is_wanted: Callable[[Any], bool] = _every) -> Iterator[str]:
    """Every root list and its rows, by every order that it has, and everything that hangs on its rows.

    Args:
        is_wanted: whether a field is selected; all of them are otherwise.
    """
    for name, field in SCHEMA.query_type.fields.items():
        if not is_wanted(field) or {"id", "ids"} & field.args.keys():
            continue
        of_type = get_named_type(field.type)
        if "first" not in field.args:
            yield f"{{ {name} {'' if is_leaf_type(of_type) else selection(of_type, 2, is_wanted)} }}"
            continue
        node = get_named_type(of_type.fields["nodes"].type)
        yield f"{{ {name}(first: 5) {{ nodes {selection(node, 3, is_wanted)} }} }}"
        for value in get_named_type(get_named_type(field.args["orderBy"].type).fields["field"].type).values:
            order = f"orderBy: {{field: {value}}}"
            known = "node { id }" if "id" in node.fields else ""
            yield f"{{ {name}({order}) {{ edges {{ cursor {known} }} pageInfo {{ endCursor }} totalCount }} }}"


def subscriptions() -> Iterator[str]:
    """Every root field of subscriptions with all that its events have, and all of the objects that they are about."""
    for name, field in SCHEMA.subscription_type.fields.items():
        event = get_named_type(field.type)
        node = get_named_type(event.fields["node"].type)
        for each in (node.name,) if is_object_type(node) else ABOUT:
            inner = f"node {{ __typename ... on {each} {selection(SCHEMA.get_type(each), 2)} }}"
            told = f"{{ {inner} {selection(event, 2)[2:]}"
            yield f"subscription ($after: String) {{ {name}(after: $after) {told} }}"


async def told(address: str, token: str, query: str, after: str) -> str:
    """What a subscription tells of everything that happened behind a cursor, up to the last change."""
    seen = []
    async with open_events(address, token, query, {"after": after}) as events:
        is_last = False
        while not is_last:
            event = await events.read()
            assert event is not None, seen
            seen.append(event.data)
            [payload] = json.loads(event.data)["data"].values()
            is_last = any(LAST in str(each["after"]) for each in payload["changes"] or ())
    return "\n".join(seen)


async def all_told(address: str, token: str, asked: list[str], after: str) -> dict[str, str]:
    """What subscriptions tell, by their documents."""
    answers = await asyncio.gather(*(told(address, token, each, after) for each in asked))
    return dict(zip(asked, answers, strict=True))
