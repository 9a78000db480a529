"""Events as subscriptions tell of them: what happened, who did it, and what it is about as it is now."""

from datetime import datetime
from typing import Any, Final

import strawberry

from gateway.db import tables as db
from gateway.execution import Selection, column, computed, relation
from gateway.resolvers.context import Context
from gateway.resolvers.event_log import Changed, Counts, public_type
from gateway.schema.api_tokens import ApiToken
from gateway.schema.connected_accounts import ConnectedAccount
from gateway.schema.connection_requests import ConnectionRequest
from gateway.schema.events import EventCount, RowChange, count_objects, row_changes
from gateway.schema.node import Node, find_nodes, global_id, to_one
from gateway.schema.people import Person


def changes_of(changes: tuple[Changed, ...] | None) -> list[RowChange] | None:
    return None if changes is None else row_changes(changes)


def counts_of(counts: Counts | None) -> list[EventCount] | None:
    return None if counts is None else count_objects(counts)


CURSOR: Final = "Its place in the log: give it as `after` to continue from here."
TYPE: Final = (
    "What happened, such as `connection_request.approved`; null in messages that only have a cursor, "
    "as the first one."
)
OCCURRED_AT: Final = "When it happened."
DOOR: Final = (
    "Which API it came through: `GRAPHQL`, a vendor's legacy paths by its name in capitals, `CLI`, or `WEBHOOKS`, "
    "the delivery of events."
)
ACTOR: Final = "The person whose token did it, if it belonged to one."
TOKEN: Final = "The token that did it; null without the scope `admin`, and for a command of the operator."
CHANGES: Final = "What it changed, the object first; null where it happened to many."
RESYNC: Final = "Whether it happened to many objects at once, so that whoever keeps copies reads them anew."
COUNTS: Final = "How many objects of each sort it happened to; null where it happened to one."


def _declared(sentence: str, node: Any, kind: Any) -> dict[str, Any]:
    """The members of the type of events that have such a node."""
    members = {
        "cursor": (str, column(description=CURSOR)),
        "type": (str | None, column(description=TYPE)),
        "occurred_at": (datetime | None, column(description=OCCURRED_AT)),
        "door": (str | None, column(description=DOOR)),
        "actor": (Person | None, to_one(db.people, "person_id", description=ACTOR)),
        "token": (ApiToken | None, to_one(db.api_tokens, "token_id", description=TOKEN)),
        "node": (kind | None, node),
        "changes": (list[RowChange] | None, computed(changes_of, description=CHANGES)),
        "resync": (bool, column(description=RESYNC)),
        "counts": (list[EventCount] | None, computed(counts_of, description=COUNTS)),
    }
    return {
        **{name: field for name, (_, field) in members.items()},
        "__annotations__": {name: annotation for name, (annotation, _) in members.items()},
        "__module__": __name__,
        "__doc__": sentence,
    }


def _event_type(name: str, sentence: str, node: Any, kind: Any) -> Any:
    made = type(name, (), _declared(sentence, node, kind))
    return strawberry.type(made, description=sentence)


GONE: Final = "as it is now; null where it is gone, or not to be seen, and where many changed at once."

ConnectionRequestEvent: Any = _event_type(
    "ConnectionRequestEvent",
    "An event of a connection request.",
    to_one(db.connection_requests, "subject_id", description=f"The request {GONE}"),
    ConnectionRequest,
)
ConnectedAccountEvent: Any = _event_type(
    "ConnectedAccountEvent",
    "An event of a connected account.",
    to_one(db.connected_accounts, "subject_id", description=f"The account {GONE}"),
    ConnectedAccount,
)


async def subjects(keys: list[tuple[str, str]], context: Context, selection: Selection) -> list[Any]:
    """The visible subjects of events, by table and id."""
    ids = [global_id(row_id, type_name=public_type(table)) for table, row_id in keys]
    return list(await find_nodes(context, ids))


OrganizationEvent: Any = _event_type(
    "OrganizationEvent",
    "An event of the organization.",
    relation(subjects, key="node_key", description=f"What it is about {GONE}"),
    Node,
)
