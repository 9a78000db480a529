"""Deferred fragments and the rests of lists, while an answer is under way."""

from enum import Enum, auto
from typing import Any, Protocol

from graphql import GraphQLError, GraphQLOutputType

from gateway.execution.errors import Path
from gateway.execution.parts import Pending, Position
from gateway.execution.plan import FieldPlan, ObjectPlan


class State(Enum):
    """How far something that comes later has come."""

    WAITING = auto()
    """It may not be told of: what it is inside of has not come."""
    ANNOUNCED = auto()
    DONE = auto()
    FAILED = auto()


class Result:
    """What was completed later: fields of an object, or an item of a list.

    Args:
        position: its path.
        data: what was completed.
        fragments: the deferred fragments that it comes with; none for what is told at once.

    Attributes:
        errors: inside of it.
        opened: the deferred fragments inside of it that are announced with it.
        streams: the lists inside of it whose rests are announced with it.
        is_told: whether it has come.
    """

    __slots__ = ("data", "errors", "fragments", "is_told", "opened", "position", "streams")

    def __init__(
        self, position: Position, data: Any = None, fragments: "list[Fragment] | None" = None
    ) -> None:
        self.position = position
        self.data = data
        self.fragments = fragments or []
        self.errors: list[GraphQLError] = []
        self.opened: list[Fragment] = []
        self.streams: list[ItemStream] = []
        self.is_told = False

    def drop_inside(self) -> None:
        """What it has opened never comes, unless it comes with another fragment."""
        if not self.is_told and not any(each.is_alive for each in self.fragments):
            for fragment in self.opened:
                fragment.drop()
            for stream in self.streams:
                stream.state = State.FAILED


class Fragment:
    """A deferred fragment at one object (the draft's delivery group).

    Attributes:
        children: the deferred fragments inside of it.
        failure: of one that may not be told of yet.
        pending: once it is announced.
        results: of it, so far.
        unfinished: how many results are missing.
    """

    __slots__ = ("children", "failure", "label", "pending", "position", "results", "state", "unfinished")

    def __init__(self, label: str | None, position: Position) -> None:
        self.label = label
        self.position = position
        self.children: list[Fragment] = []
        self.failure: GraphQLError | None = None
        self.pending: Pending | None = None
        self.results: list[Result] = []
        self.state = State.WAITING
        self.unfinished = 0

    @property
    def is_alive(self) -> bool:
        """Whether anything of it is still wanted."""
        return self.state is State.ANNOUNCED or (self.state is State.WAITING and self.failure is None)

    @property
    def is_told(self) -> bool:
        """Whether all results of it so far have come."""
        return all(each.is_told for each in self.results)

    def drop(self) -> None:
        """It never comes, and nobody is told of it."""
        self.state = State.FAILED
        self.drop_inside()

    def drop_inside(self) -> None:
        """What is inside of it never comes."""
        for child in self.children:
            child.drop()
        for result in self.results:
            result.drop_inside()


class ItemStream:
    """The rest of a list.

    Args:
        label: that the document gives it.
        path: of the list.
        position: the same.
        items: that have not come.
        index: of the first of them.
    """

    __slots__ = ("index", "items", "label", "path", "pending", "position", "state")

    def __init__(
        self, label: str | None, path: Path, position: Position, items: list[Any], index: int
    ) -> None:
        self.label = label
        self.path = path
        self.position = position
        self.items = items
        self.index = index
        self.pending: Pending | None = None
        self.state = State.WAITING

    def take(self, most: int) -> list[Any]:
        """The next items."""
        taken, self.items = self.items[:most], self.items[most:]
        self.index += len(taken)
        return taken


class Opening(Protocol):
    """Is told, while values are completed, of what comes later."""

    def open(self, plan: ObjectPlan, rows: list[Any], paths: list[Path]) -> None:
        """Note objects of which some fields come later; what surrounds them may still turn out to be null."""

    def stream(self, field: FieldPlan, item_type: GraphQLOutputType, stream: ItemStream) -> None:
        """Note a list of which some items come later."""

    async def run_ahead(self) -> None:
        """Run what was opened by now, to be told later."""
