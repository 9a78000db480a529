"""Parts of an answer that comes in parts, in the terms of the specification's draft of incremental delivery.

https://github.com/graphql/graphql-spec/pull/1110
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import GraphQLError

Position = tuple[str | int, ...]
"""A path as GraphQL responses show it."""


class Pending(NamedTuple):
    """A deferred fragment at one object, or the rest of a list, that was announced.

    Attributes:
        id: new for each in an answer.
        path: of the object, or of the list.
        label: that the document gives it.
        offset: of the first item to come; None of a deferred fragment.
    """

    id: str
    path: Position
    label: str | None
    offset: int | None = None


class Increment(NamedTuple):
    """Data that comes later.

    Attributes:
        pending: what it is a part of.
        path: of the object whose fields they are, or of the list.
        data: the object's fields; None where they are items.
        items: of the list.
        offset: of the first item.
        errors: of what is in it.
    """

    pending: Pending
    path: Position
    data: dict[str, Any] | None
    items: list[Any]
    offset: int
    errors: list[GraphQLError]


class Completed(NamedTuple):
    """What is announced no more: all of it has come, or it failed.

    Attributes:
        error: why it failed.
        offset: of the item of a list that did; None of a deferred fragment.
    """

    pending: Pending
    error: GraphQLError | None = None
    offset: int | None = None


@dataclass(slots=True)
class AnswerPart:
    """What comes at once, after the first part.

    Attributes:
        has_next: whether another one follows.
    """

    pending: list[Pending] = field(default_factory=list)
    increments: list[Increment] = field(default_factory=list)
    completed: list[Completed] = field(default_factory=list)
    has_next: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return not (self.pending or self.increments or self.completed)
