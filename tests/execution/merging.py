"""What a client makes of an answer that comes in parts, strict about what may come when."""

from typing import Any

from graphql import ExecutionResult, GraphQLError

from gateway.execution import AnswerPart, Parted


class Merged:
    """An answer of which all parts have come.

    Attributes:
        data: of all of them.
        errors: of all of them.
        failed: the paths and labels of what did not come, and whether these are items, with the error.
    """

    def __init__(self, data: Any, errors: list[GraphQLError] | None, *, may_repeat: bool = False) -> None:
        self.may_repeat = may_repeat
        self.data = data
        self.errors = list(errors or ())
        self.failed: dict[tuple[Any, ...], list[GraphQLError]] = {}
        self._pending: dict[str, tuple[tuple[Any, ...], str | None]] = {}

    def announce(self, id: str, path: Any, label: str | None) -> None:
        assert id not in self._pending
        self.at(path)
        self._pending[id] = (tuple(path), label)

    def at(self, path: Any) -> Any:
        value = self.data
        for part in path:
            value = value[part]
        assert isinstance(value, dict | list)
        return value

    def come(self, id: str, path: Any, value: Any, errors: Any) -> None:
        start, _ = self._pending[id]
        assert tuple(path[: len(start)]) == start
        target = self.at(path)
        if isinstance(target, list):
            target.extend(value)
        else:
            self.merge(target, value)
        self.errors += errors or ()

    def complete(self, id: str, errors: Any) -> None:
        path, label = self._pending.pop(id)
        key = (path, label, isinstance(self.at(path), list))
        if errors:
            self.failed[key] = errors

    def end(self) -> "Merged":
        assert not self._pending
        return self

    def merge(self, target: Any, value: Any) -> None:
        if isinstance(value, list):
            for one, other in zip(target, value, strict=True):
                self.merge(one, other)
        for key, each in value.items() if isinstance(value, dict) else ():
            if key not in target:
                target[key] = each
                continue
            assert self.may_repeat, f"{key} comes twice"
            if isinstance(each, dict | list):
                self.merge(target[key], each)
            else:
                assert target[key] == each


async def merged(answer: ExecutionResult | Parted, *, may_repeat: bool = False) -> Merged:
    """What our own answer says.

    Args:
        may_repeat: whether fields may come again, as they were.
    """
    if isinstance(answer, ExecutionResult):
        return Merged(answer.data, answer.errors)
    made = Merged(answer.first.data, answer.first.errors, may_repeat=may_repeat)
    last, first = None, AnswerPart(pending=answer.pending)
    for part in [first, *[each async for each in answer.increments.parts()]]:
        assert last is None or last.has_next
        for pending in part.pending:
            if last is None:
                made.announce(*pending[:3])
        for increment in part.increments:
            for pending in part.pending:
                if (
                    last is not None
                    and pending.id not in made._pending
                    and pending.id == increment.pending.id
                ):
                    made.announce(*pending[:3])
            value = increment.items if increment.data is None else increment.data
            made.come(increment.pending.id, increment.path, value, increment.errors)
        if last is not None:
            for pending in part.pending:
                if pending.id not in made._pending:
                    made.announce(*pending[:3])
        for completed in part.completed:
            made.complete(completed.pending.id, [completed.error] if completed.error else None)
        last = part
    assert last is not None
    assert not last.has_next
    return made.end()


async def merged_by_core(answer: Any) -> Merged:
    """What graphql-core's own answer says."""
    if isinstance(answer, ExecutionResult):
        return Merged(answer.data, answer.errors)
    first = answer.initial_result
    made = Merged(first.data, first.errors)
    for each in first.pending:
        made.announce(each.id, each.path, each.label)
    async for part in answer.subsequent_results:
        waiting = list(part.pending or ())
        for each in part.incremental or ():
            for new in [new for new in waiting if new.id == each.id]:
                made.announce(new.id, new.path, new.label)
                waiting.remove(new)
            path = [*made._pending[each.id][0], *(each.sub_path or ())]
            made.come(each.id, path, each.items if hasattr(each, "items") else each.data, each.errors)
        for new in waiting:
            made.announce(new.id, new.path, new.label)
        for each in part.completed or ():
            made.complete(each.id, each.errors)
    return made.end()
