"""What is run later: fields of many objects, and items of many lists, each a level at a time."""

from typing import Any, Final, NamedTuple

from graphql import GraphQLError, GraphQLOutputType

from gateway.execution.apart import supplemented
from gateway.execution.deferred import Fragment, ItemStream, Result, State
from gateway.execution.errors import FailedValue, Path
from gateway.execution.exact import Exact
from gateway.execution.parts import Position
from gateway.execution.plan import DeferredPlan, FieldPlan, Kind
from gateway.execution.run import Run

ITEMS: Final = 100
"""How many items of lists are completed, and told, at once."""


class DeferredObject(NamedTuple):
    """An object of which some fields come later.

    Attributes:
        row: that its fields are read from.
        path: its own.
        position: the same.
        fragments: the deferred fragments that these fields come with.
    """

    row: Any
    path: Path
    position: Position
    fragments: list[Fragment] = []  # noqa: RUF012  -- never changed


class DeferredFields:
    """Fields that come later, of many objects.

    Attributes:
        done: what became of the objects that were run last.
        depth: of their paths.
    """

    def __init__(self, plan: DeferredPlan, places: list[DeferredObject]) -> None:
        self._objects = plan.objects
        self._apart = plan.apart
        self._places = places
        self._ready: list[DeferredObject] = []
        self.depth = len(places[0].position) if places else 0
        self.done: list[tuple[DeferredObject, Result | GraphQLError]] = []

    def is_alive(self) -> bool:
        """Whether anything of it is still to be run."""
        self._places = [each for each in self._places if any(one.is_alive for one in each.fragments)]
        return bool(self._places)

    def make_ready(self) -> bool:
        """Whether some objects can be run: fragments are announced that their fields come with."""
        ready: list[DeferredObject] = []
        waiting: list[DeferredObject] = []
        for place in self._places:
            is_ready = any(each.state is State.ANNOUNCED for each in place.fragments)
            (ready if is_ready else waiting).append(place)
        self._ready = ready
        if ready:
            self._places = waiting
        return bool(ready)

    async def run(self, run: Run) -> dict[Position, Result]:
        """Run those that are ready; the results that did not fail."""
        ready, objects = self._ready, self._objects
        if objects.fields and objects.fields[0].kind is Kind.ROOT:
            run.expect_roots(objects.fields)
            await run.run_first(objects.fields)
        rows = [each.row for each in ready]
        if self._apart is not None:
            rows = await supplemented(run, self._apart, rows)
        completed = await Exact(run).objects(objects, rows, [each.path for each in ready])
        self.done = [
            (
                place,
                value.error if type(value) is FailedValue else Result(place.position, value, place.fragments),
            )
            for place, value in zip(ready, completed, strict=True)
        ]
        return {place.position: each for place, each in self.done if isinstance(each, Result)}


class RestOfLists:
    """The rests of lists at one place.

    Attributes:
        done: of the lists that were run last: each with the index of its first item, the items, and why the next
            one failed.
        depth: of the items' paths.
    """

    def __init__(self, field: FieldPlan, item_type: GraphQLOutputType, streams: list[ItemStream]) -> None:
        self.field = field
        self._item_type = item_type
        self.streams = streams
        self.depth = len(streams[0].position) + 1
        self.done: list[tuple[ItemStream, int, list[Result], GraphQLError | None]] = []

    def is_alive(self) -> bool:
        """Whether anything of it is still to be run."""
        over = (State.DONE, State.FAILED)
        self.streams = [each for each in self.streams if each.items and each.state not in over]
        return bool(self.streams)

    def make_ready(self) -> bool:
        """Whether some lists are announced."""
        return any(each.state is State.ANNOUNCED and each.items for each in self.streams)

    async def run(self, run: Run) -> dict[Position, Result]:
        """Run some items of those that are announced; the results that did not fail."""
        taken: list[tuple[ItemStream, int, list[Any]]] = []
        most = ITEMS
        for stream in self.streams:
            if stream.state is State.ANNOUNCED and most > 0:
                first = stream.index
                items = stream.take(most)
                most -= len(items)
                taken.append((stream, first, items))
        values = [item for _, _, items in taken for item in items]
        paths: list[Path] = [
            (stream.path, first + n) for stream, first, items in taken for n in range(len(items))
        ]
        completed = iter(await Exact(run).items(self.field, self._item_type, values, paths))
        self.done = []
        for stream, first, items in taken:
            whole = [next(completed) for _ in items]
            failed = next((n for n, each in enumerate(whole) if type(each) is FailedValue), None)
            results = [Result((*stream.position, first + n), value) for n, value in enumerate(whole[:failed])]
            self.done.append((stream, first, results, None if failed is None else whole[failed].error))
        return {each.position: each for _, _, results, _ in self.done for each in results}


LaterWork = DeferredFields | RestOfLists
