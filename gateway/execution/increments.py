"""What comes later: opened while an answer is completed, run a level at a time, and told when it may be.

The draft's rules of what is told when: a deferred fragment is announced with whatever surrounds it, comes as a whole,
and fails as a whole; those inside of it are announced when it has come.
"""

from collections import deque
from collections.abc import AsyncGenerator, Mapping
from typing import Any, NamedTuple

from graphql import ExecutionResult, GraphQLError, GraphQLOutputType
from graphql.execution.collect_fields import DeferUsage

from gateway.execution.answer import answer
from gateway.execution.deferred import Fragment, ItemStream, Result, State
from gateway.execution.errors import Errors, Path, flatten
from gateway.execution.later import DeferredFields, DeferredObject, LaterWork, RestOfLists
from gateway.execution.parts import AnswerPart, Completed, Increment, Pending, Position
from gateway.execution.places import close_places
from gateway.execution.plan import FieldPlan, ObjectPlan
from gateway.execution.run import Run

_Opened = tuple[ObjectPlan, list[Any], list[Path]]
_Streamed = tuple[FieldPlan, GraphQLOutputType, ItemStream]


class Increments:
    """The later parts of one run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._fragments: dict[tuple[int, Position], Fragment] = {}
        self._depths: dict[int, int] = {}
        """How many parts the paths of a deferred fragment's objects have."""
        self._work: list[LaterWork] = []
        self._ids = 0
        self._part = AnswerPart()
        self._ahead: deque[AnswerPart] = deque()
        self._opened: list[_Opened] = []
        self._streamed: list[_Streamed] = []

    # Told while values are completed

    def open(self, plan: ObjectPlan, rows: list[Any], paths: list[Path]) -> None:
        """Note objects of which some fields come later; what surrounds them may still turn out to be null."""
        self._opened.append((plan, rows, paths))

    def stream(self, field: FieldPlan, item_type: GraphQLOutputType, stream: ItemStream) -> None:
        """Note a list of which some items come later."""
        self._streamed.append((field, item_type, stream))

    # The parts

    async def begin(self) -> list[Pending]:
        """Announce what comes after the first part, which is complete."""
        await self._take_in({(): Result(())}, 0)
        part, self._part = self._part, AnswerPart()
        return part.pending

    async def run_ahead(self) -> None:
        """Run what was opened by now, to be told later."""
        await self._take_in({(): Result(())}, 0)
        first = self._part
        while self._work:
            part = await self._next_part()
            if not part.is_empty:
                self._ahead.append(part)
        self._part = first

    async def parts(self) -> AsyncGenerator[AnswerPart]:
        """What comes after the first part."""
        has_next = True
        try:
            while has_next:
                part = self._ahead.popleft() if self._ahead else await self._next_part()
                has_next = part.has_next = bool(self._ahead or self._work)
                yield part
        except BaseException:  # the operation is cancelled
            close_places(self._run.context)
            raise
        finally:
            self.end()

    def end(self) -> None:
        """Nothing comes any more: no cycle is left for the garbage collector."""
        self._run.increments = None
        for each in self._fragments.values():
            each.results.clear()

    async def _next_part(self) -> AnswerPart:
        self._part = AnswerPart()
        while self._part.is_empty and await self._step():
            pass
        while self._work and not self._work[0].is_alive():
            del self._work[0]
        return self._part

    async def _step(self) -> bool:
        """Run what is next; false where there is nothing."""
        run = self._run
        work = None
        for each in self._work:
            await run.pause()
            if each.make_ready():
                work = each
                break
        if work is None:
            self._work.clear()
            return False
        before = run.errors, self._opened, self._streamed
        run.errors, self._opened, self._streamed = Errors(), [], []
        try:
            results = await work.run(run)
            for position, error in run.errors.landed():
                if (result := results.get(position[: work.depth])) is not None:
                    result.errors.append(error)
            await self._take_in(results, work.depth)
        finally:
            run.errors, self._opened, self._streamed = before
        self._work.remove(work)
        if work.is_alive():
            self._work.append(work)  # behind what others wait for
        if isinstance(work, DeferredFields):
            self._tell_fields(work.done)
        else:
            self._tell_items(work)
        return True

    # What was opened

    async def _take_in(self, results: Mapping[Position, Result], depth: int) -> None:
        """Take in what was opened below results, but for what is null after all.

        Args:
            results: those that did not fail, by their paths.
            depth: of these paths.
        """
        opened, self._opened = self._opened, []
        streamed, self._streamed = self._streamed, []
        errors = self._run.errors
        for plan, rows, paths in opened:
            places: list[DeferredObject] = []
            for row, path in zip(rows, paths, strict=True):
                await self._run.pause()
                position = tuple(flatten(path))
                result = results.get(position[:depth])
                if result is not None and not errors.null(position):
                    for usage in plan.opened:
                        self._open_fragment(usage, position, result)
                    places.append(DeferredObject(row, path, position))
            for deferred in plan.deferred:
                await self._run.pause()
                self._add(DeferredFields(deferred, self._with_fragments(places, deferred.usages)))
        for field, item_type, stream in streamed:
            result = results.get(stream.position[:depth])
            if result is not None and not errors.null(stream.position):
                result.streams.append(stream)
                self._add(RestOfLists(field, item_type, [stream]))
        for result in results.values():
            if not result.fragments:
                self._release(result)

    def _add(self, work: LaterWork) -> None:
        if isinstance(work, RestOfLists):
            for each in self._work:
                if isinstance(each, RestOfLists) and each.field is work.field:
                    each.streams += work.streams
                    return
        if work.is_alive():
            self._work.append(work)

    def _open_fragment(self, usage: DeferUsage, position: Position, result: Result) -> None:
        above = usage.parent_defer_usage
        parent = None if above is None else self._fragment(above, position)
        fragment = Fragment(usage.label, position)
        self._depths[id(usage)] = len(position)
        self._fragments[id(usage), position] = fragment
        if parent is None or parent.state is State.DONE:
            result.opened.append(fragment)
        elif parent.is_alive:
            parent.children.append(fragment)
        else:
            fragment.drop()

    def _fragment(self, usage: DeferUsage, position: Position) -> Fragment | None:
        depth = self._depths.get(id(usage))
        return None if depth is None else self._fragments.get((id(usage), position[:depth]))

    def _with_fragments(
        self, places: list[DeferredObject], usages: tuple[DeferUsage, ...]
    ) -> list[DeferredObject]:
        found: list[DeferredObject] = []
        for place in places:
            fragments = [self._fragment(usage, place.position) for usage in usages]
            alive = [each for each in fragments if each is not None and each.is_alive]
            if alive:
                found.append(place._replace(fragments=alive))
                for each in alive:
                    each.unfinished += 1
        return found

    # What is told

    def _release(self, result: Result) -> None:
        """Announce what was opened in a result that is told."""
        result.is_told = True
        for fragment in result.opened:
            self._announce(fragment)
        for stream in result.streams:
            stream.state = State.ANNOUNCED
            stream.pending = self._new_pending(stream.label, stream.position, stream.index)

    def _announce(self, fragment: Fragment) -> None:
        if fragment.state is not State.WAITING:
            return
        if fragment.failure is None and not fragment.unfinished and fragment.is_told:
            # All of it came with something else, or nothing is in it.
            fragment.state = State.DONE
            for child in fragment.children:
                self._announce(child)
            return
        fragment.state = State.ANNOUNCED
        fragment.pending = self._new_pending(fragment.label, fragment.position)
        if fragment.failure is not None:
            self._fail(fragment, fragment.failure)
        elif not fragment.unfinished:
            self._complete(fragment)

    def _new_pending(self, label: str | None, path: Position, offset: int | None = None) -> Pending:
        pending = Pending(str(self._ids), path, label, offset)
        self._ids += 1
        self._part.pending.append(pending)
        return pending

    def _end(
        self, of: Fragment | ItemStream, error: GraphQLError | None = None, index: int | None = None
    ) -> None:
        assert of.pending is not None
        of.state = State.DONE if error is None else State.FAILED
        self._part.completed.append(Completed(of.pending, error, index))

    def _tell_fields(self, done: list[tuple[DeferredObject, Result | GraphQLError]]) -> None:
        for place, outcome in done:
            for fragment in place.fragments:
                fragment.unfinished -= 1
                if isinstance(outcome, Result):
                    fragment.results.append(outcome)
                else:
                    self._fail(fragment, outcome)
            for fragment in place.fragments:
                if fragment.state is State.ANNOUNCED and not fragment.unfinished:
                    self._complete(fragment)

    def _complete(self, fragment: Fragment) -> None:
        for result in fragment.results:
            if not result.is_told:
                self._tell(fragment, result)
        self._end(fragment)
        for child in fragment.children:
            self._announce(child)

    def _tell(self, fragment: Fragment, result: Result) -> None:
        pending = fragment.pending
        assert pending is not None
        for each in result.fragments:  # the nearest says the path in the fewest parts
            if each.state is State.ANNOUNCED and each.pending and len(each.position) > len(pending.path):
                pending = each.pending
        self._part.increments.append(Increment(pending, result.position, result.data, [], 0, result.errors))
        self._release(result)

    def _fail(self, fragment: Fragment, error: GraphQLError) -> None:
        if not fragment.is_alive:
            return
        if fragment.state is State.WAITING:
            fragment.failure = error
            return
        self._end(fragment, error)
        fragment.drop_inside()

    def _tell_items(self, work: RestOfLists) -> None:
        for stream, first, results, failure in work.done:
            assert stream.pending is not None
            items = [each.data for each in results]
            if items:
                errors = [error for each in results for error in each.errors]
                self._part.increments.append(
                    Increment(stream.pending, stream.position, None, items, first, errors)
                )
            if failure is not None or not stream.items:
                self._end(stream, failure, first + len(items))


class Parted(NamedTuple):
    """An answer that comes in parts.

    Attributes:
        first: what comes at once.
        pending: what it announces.
        increments: what comes later, computed when it is asked for.
    """

    first: ExecutionResult
    pending: list[Pending]
    increments: Increments


async def answer_in_parts(run: Run, is_serial: bool) -> ExecutionResult | Parted:
    """Return an operation's data and errors, as far as they come at once; the whole answer where nothing comes later.

    Args:
        run: the state of a run that has just begun.
        is_serial: as `answer` has it.
    """
    run.increments = increments = Increments(run)
    first = await answer(run, is_serial)
    pending = await increments.begin() if first.data is not None else []
    if not pending:
        increments.end()
        return first
    return Parted(first, pending, increments)
