"""What subscriptions ask for, and the messages that they get."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from gateway.db.data_versions import Version
from gateway.resolvers.context import Context
from gateway.resolvers.event_log import Changed, Counts, Happened


@dataclass(frozen=True, slots=True)
class Wanted:
    """The events that a subscription is told of.

    Attributes:
        after: the cursor behind which they lie; None for those that happen from now on.
        takes: whether an event is among them, as far as the event itself says it.
        matches: whether what an event is about is as it is wanted, now; None where that does not matter.
    """

    after: str | None
    takes: Callable[[Happened], bool]
    matches: "Callable[[StreamEvent, Context], Awaitable[bool]] | None" = None


class StreamEvent(NamedTuple):
    """What the operation of a subscription is run for: an event, or a place, which has a cursor alone.

    Attributes:
        cursor: behind it.
        node_key: the subject's table and id; None where there is none.
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
    """One result, the same for everybody who asks the same.

    Attributes:
        place: behind its event.
        cursor: the place as callers have it.
        text: the result as JSON.
        forms: what doors have made of it, by door.
    """

    __slots__ = ("cursor", "forms", "place", "text")

    def __init__(self, place: Version, text: bytes) -> None:
        self.place = place
        self.cursor = place.cursor
        self.text = text
        self.forms: dict[str, Any] = {}


class Made(NamedTuple):
    """The result of running an operation for an event.

    Attributes:
        text: the result as JSON; None where the event is not wanted after all.
        is_final: false where the same may succeed a moment later.
    """

    text: bytes | None
    is_final: bool = True
