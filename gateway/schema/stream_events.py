"""The events of subscriptions: what happened, who did it, and the changed object in its current state."""

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


CURSOR: Final = (
    "The position of this message in the event log. Give it as `after` to continue after this message."
)
TYPE: Final = (
    "What happened, such as `connection_request.approved`. Null if the message has only a `cursor`, like the first "
    "message."
)
OCCURRED_AT: Final = "When it happened. Null if the message has only a `cursor`."
DOOR: Final = (
    "The API that made the change: `GRAPHQL`, the vendor's name for its REST paths (such as `CRUX`), `CLI` for "
    "commands of the operator, or `WEBHOOKS` for the delivery of events."
)
ACTOR: Final = "The person whose token made the change. Null if the token belongs to no person."
TOKEN: Final = (
    "The token that made the change. Null without the scope `admin`, and for commands of the operator."
)
CHANGES: Final = (
    "The rows that the event changed, the object itself first. Null if the event changed many objects."
)
RESYNC: Final = (
    "Whether the event changed many objects at once. If so, a client that keeps copies must read them again."
)
COUNTS: Final = "How many objects of each type the event changed. Null if it changed one object."


def _declared(sentence: str, node: Any, kind: Any) -> dict[str, Any]:
    """The members of an event type with this node."""
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


GONE: Final = (
    "as it is now. Null if it was deleted, if you cannot see it, or if the event changed many objects."
)

ConnectionRequestEvent: Any = _event_type(
    "ConnectionRequestEvent",
    "An event that changed a connection request.",
    to_one(db.connection_requests, "subject_id", description=f"The request {GONE}"),
    ConnectionRequest,
)
ConnectedAccountEvent: Any = _event_type(
    "ConnectedAccountEvent",
    "An event that changed a connected account.",
    to_one(db.connected_accounts, "subject_id", description=f"The account {GONE}"),
    ConnectedAccount,
)


async def subjects(keys: list[tuple[str, str]], context: Context, selection: Selection) -> list[Any]:
    """The visible subjects of events, by table and id."""
    ids = [global_id(row_id, type_name=public_type(table)) for table, row_id in keys]
    return list(await find_nodes(context, ids))


OrganizationEvent: Any = _event_type(
    "OrganizationEvent",
    "An event of the organization that changed an object of any type.",
    relation(subjects, key="node_key", description=f"The changed object {GONE}"),
    Node,
)
