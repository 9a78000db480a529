"""The events that subscriptions want, and the messages that they get."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from gateway.db.data_versions import Version
from gateway.resolvers.context import Context
from gateway.resolvers.event_log import Changed, Counts, Happened


@dataclass(frozen=True, slots=True)
class Wanted:
    """The events that a subscription wants.

    Attributes:
        after: the cursor before these events; None for events from now on.
        takes: whether an event is wanted, by its own data.
        matches: whether the event's subject matches now; None if it need not.
    """

    after: str | None
    takes: Callable[[Happened], bool]
    matches: "Callable[[StreamEvent, Context], Awaitable[bool]] | None" = None


class StreamEvent(NamedTuple):
    """The input of a subscription's operation: an event, or a position with only a cursor.

    Attributes:
        cursor: the position after the event.
        node_key: the subject's table and id; None if there is no subject.
    """

    cursor: str
    type: str | None = None
    occurred_at: datetime | None = None
    subject_id: str | None = None
    node_key: tuple[str, str] | None = None
    person_id: str | None = None
    token_id: str | None = None
    door: str | None = None
    changes: tuple[Changed, ...] | None = None
    counts: Counts | None = None
    resync: bool = False

    @classmethod
    def of(cls, happened: Happened, cursor: str) -> "StreamEvent":
        subject_id = happened.subject_id
        return cls(
            cursor,
            happened.type,
            happened.occurred_at,
            subject_id,
            None if subject_id is None else (happened.subject_type, subject_id),
            happened.person_id,
            happened.token_id,
            happened.door,
            happened.changes,
            happened.counts,
            happened.resync,
        )


class StreamMessage:
    """One result, the same for all subscribers of a group.

    Attributes:
        place: the position after its event.
        cursor: the position as callers get it.
        text: the result as JSON.
        forms: the message as each transport encodes it, by transport.
    """

    __slots__ = ("cursor", "forms", "place", "text")

    def __init__(self, place: Version, text: bytes) -> None:
        self.place = place
        self.cursor = place.cursor
        self.text = text
        self.forms: dict[str, Any] = {}


class Made(NamedTuple):
    """The result of executing an operation for an event.

    Attributes:
        text: the result as JSON; None if the event is not wanted after all.
        is_final: false if another try may succeed soon.
    """

    text: bytes | None
    is_final: bool = True
