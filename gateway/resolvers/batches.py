"""Batches: one rule for many inputs in one write, all or nothing, or each by itself."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from gateway.resolvers.inputs import RuleInput
from gateway.resolvers.rules import ChangeRule, Outcome, refused
from gateway.resolvers.writes import ViewerWrite

I = TypeVar("I", bound=RuleInput)  # noqa: E741  # one letter, as type variables are named here


class BatchMode(StrEnum):
    """What becomes of the entries beside one that fails."""

    ALL_OR_NOTHING = "all_or_nothing"
    EACH = "each"


class _NothingStays(Exception):
    """Ends a batch of which nothing may stay."""


async def each_of(
    write: ViewerWrite, rule: ChangeRule[I], inputs: Sequence[I], mode: BatchMode, *, member: str
) -> Outcome:
    """Make a change for each input, in order; an entry that fails leaves no row, no event and no count.

    Args:
        write: which all of them are parts of.
        rule: the change.
        inputs: one for each entry.
        mode: whether the others stay where one fails.
        member: of the batch's own input that holds the entries, with which the paths of problems begin.
    """
    results: list[Outcome] = []
    try:
        async with write.attempt():
            for index, given in enumerate(inputs):
                results.append(await _attempted(write, rule, given, (member, str(index))))
            if mode is BatchMode.ALL_OR_NOTHING and any(each.problems for each in results):
                raise _NothingStays
    except _NothingStays:
        results = [each if each.problems else Outcome() for each in results]
        problems = tuple(problem for each in results for problem in each.problems)
        return Outcome(problems=problems, results=tuple(results))
    return Outcome(results=tuple(results))


async def _attempted(write: ViewerWrite, rule: ChangeRule[I], given: I, path: tuple[str, ...]) -> Outcome:
    try:
        async with write.attempt():
            return await rule(write, given)
    except Exception as error:
        outcome = refused(error)
        if outcome is None:
            raise
        below = tuple(replace(each, path=(*path, *each.path)) for each in outcome.problems)
        return replace(outcome, problems=below)
