"""Rules: the changes that the gateway knows, each a function of a write and of an input, for every door alike.

The graph's mutations and the vendors' paths ask for a rule by `perform`, which is the one place where its scope is
asked for. A rule that needs another calls it as a function: it is the same write.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_type_hints

import orjson
from sqlalchemy import Table

from gateway.db import idempotency
from gateway.db.statements import Row
from gateway.resolvers.context import Context
from gateway.resolvers.errors import ChangeProblem, ErrorCode, NotFound, Rejected, public
from gateway.resolvers.inputs import References, RuleInput, Version, check_input, content_of
from gateway.resolvers.once import KeyTaken, claim_of, claiming_new, earlier, turn
from gateway.resolvers.problems import TOLD, Problems, problems_of
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite, Write, word_for

I = TypeVar("I", bound=RuleInput)  # noqa: E741  # one letter, as type variables are named here


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change came to, without any row: whatever shows it reads what it shows.

    Attributes:
        object_id: the record's own id of what was made or changed, or of what is in the way as it is now.
        deleted_id: that of what is gone.
        deleted_with_it: how many rows of other tables went with it, by the public name of their type.
        problems: why nothing was written; empty where the change was made.
        values: what no row keeps, such as a new token; JSON members.
        results: those of each entry, in order, where several changes were asked for in one.
        is_repeated: whether the change was made before, under the same idempotency key, and not again.
    """

    object_id: str | None = None
    deleted_id: str | None = None
    deleted_with_it: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[ChangeProblem, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    results: "tuple[Outcome, ...]" = ()
    is_repeated: bool = False


def refused(error: Exception) -> Outcome | None:
    """The outcome of a change that an error ended; None where the whole request ends with it (see TOLD)."""
    told = public(error)
    if not isinstance(told, TOLD):
        return None
    return Outcome(getattr(told, "object_id", None), problems=problems_of(told))


@dataclass(frozen=True, slots=True)
class ChangeRule(Generic[I]):
    """A change that can be asked for.

    Attributes:
        name: as a function is named, `add_comment`.
        scope: that the viewer's token must have.
        input: the class of what it takes.
        function: makes the change; called when the input was found good and what it refers to was found.
        shown_once: the outcome's values that are kept nowhere, so that who asks again is not shown them.
        beforehand: what other servers are asked, or long work, before the write begins, since nobody waits in one.
        afterwards: what is to be done once the write is committed.
    """

    name: str
    scope: Scope
    input: type[I]
    function: Callable[[ViewerWrite, I], Awaitable[Outcome]]
    shown_once: frozenset[str] = frozenset()
    beforehand: Callable[[Context, Any], Awaitable[None]] | None = None
    afterwards: Callable[[Context], Awaitable[None]] | None = None

    async def prepare(self, context: Context, given: I) -> None:
        """Do what has to be done before the write begins.

        Raises:
            Forbidden: the viewer's token lacks the scope.
            GatewayError: why the change cannot be made.
        """
        context.viewer.require(self.scope)
        if self.beforehand is not None:
            await self.beforehand(context, given)

    async def __call__(self, write: ViewerWrite, given: I) -> Outcome:
        """Make the change as a part of a write.

        Raises:
            GatewayError: one of TOLD, why it cannot be made, or another, which ends the request.
        """
        problems = Problems(is_legacy=write.is_legacy)
        await _look_up(write, check_input(given, problems), problems)
        problems.settle()
        return await self.function(write, given)


def rule(
    scope: Scope,
    *,
    shown_once: Iterable[str] = (),
    beforehand: Callable[[Context, Any], Awaitable[None]] | None = None,
    afterwards: Callable[[Context], Awaitable[None]] | None = None,
) -> Callable[[Callable[[ViewerWrite, I], Awaitable[Outcome]]], ChangeRule[I]]:
    """Make a rule of a function `(write, given) -> Outcome`, whose second parameter's type says what it takes.

    Args:
        scope: that the viewer's token must have.
        shown_once: the values of its outcome that are kept nowhere, such as a new token.
        beforehand: see `ChangeRule`; not done where the rule is a part of another's write.
        afterwards: see `ChangeRule`; the same holds of it.
    """

    def make(function: Callable[[ViewerWrite, I], Awaitable[Outcome]]) -> ChangeRule[I]:
        hints = get_type_hints(function)
        return ChangeRule(
            function.__name__,
            scope,
            hints["given"],
            function,
            frozenset(shown_once),
            beforehand,
            afterwards,
        )

    return make


async def perform(context: Context, rule: ChangeRule[I], given: I, *, is_legacy: bool = False) -> Outcome:
    """Make a change, in a transaction of its own, or as a part of the write that the context reads.

    Under an idempotency key of the context's it is made once, and what it came to is kept in the same transaction.

    Args:
        context: of the caller.
        rule: which change.
        given: what the caller wants.
        is_legacy: whether the caller is a legacy path (see `Problems`).

    Raises:
        Forbidden: the viewer's token lacks the rule's scope.
        GatewayError: what the rule raises; nothing was written.
    """
    if isinstance(context.reader, ViewerWrite):
        context.viewer.require(rule.scope)
        context.reader.is_legacy = is_legacy
        outcome = await rule(context.reader, given)
        await context.reader.send()  # here, where whoever asks is told of what the store refuses
        return outcome
    await rule.prepare(context, given)
    if (key := context.idempotency_key()) is not None:
        outcome = await _perform_once(context, rule, given, key)
    else:
        async with context.write(rule.scope) as write:
            write.is_legacy = is_legacy
            outcome = await rule(write, given)
    if rule.afterwards is not None:
        await rule.afterwards(context)
    return outcome


async def _perform_once(context: Context, rule: ChangeRule[I], given: I, key: tuple[str, ...]) -> Outcome:
    """Make a change if it was not made under this key before; the outcome of a refused one is kept as well.

    Raises:
        Forbidden: the viewer's token lacks the rule's scope.
        GatewayError: see `gateway.resolvers.once.earlier`.
    """
    context.viewer.require(rule.scope)
    wanted = claim_of(context.viewer, rule.name, key, content_of(given))
    own: tuple[Outcome, str] | None = None

    async def as_new() -> Outcome:
        nonlocal own
        async with claiming_new(wanted) as claim, context.write(rule.scope) as write:
            await claim(write)
            outcome = await rule(write, given)
            own = outcome, _text_of(outcome, rule.shown_once)
            await idempotency.keep(write, wanted, own[1])
        context.keys.made += 1
        return outcome

    async def attempt(outcome: Outcome | None = None, taken: KeyTaken | None = None) -> Outcome:
        async with context.write(rule.scope) as write:
            patience = None if taken is None else taken.patience
            text = await earlier(write, wanted, patience, is_taken=taken is not None)
            if text is not None:
                return _kept(context, text, own if taken is not None and taken.may_be_own else None)
            outcome = outcome or await rule(write, given)
            await idempotency.keep(write, wanted, _text_of(outcome, rule.shown_once))
        context.keys.made += 1
        return outcome

    assert not isinstance(context.reader, Write)
    async with turn(context.reader, wanted.id):
        try:
            if context.reader.dialect_name != "postgresql":
                return await attempt()
            try:
                return await as_new()
            except KeyTaken as taken:
                return await attempt(taken=taken)
        except Exception as error:
            if (outcome := refused(error)) is None:
                raise
            # All of it is undone, the claim too, so that another one may have been quicker by now.
            return await attempt(outcome)


def _kept(context: Context, text: str, own: tuple[Outcome, str] | None) -> Outcome:
    """The outcome that is kept under the key of a request: of an earlier change, or of the request's own.

    Args:
        text: that is kept.
        own: the outcome of the change that may have been committed, and the text that it would keep.
    """
    if own is not None and text == own[1]:
        context.keys.made += 1
        return own[0]
    context.keys.repeated += 1
    return _outcome_of(orjson.loads(text))


def _text_of(outcome: Outcome, shown_once: Collection[str]) -> str:
    """What is kept of an outcome, as JSON text."""
    values = {name: value for name, value in outcome.values.items() if name not in shown_once}
    return orjson.dumps(dataclasses.replace(outcome, values=values)).decode()


def _outcome_of(kept: Mapping[str, Any]) -> Outcome:
    """The outcome that was kept, from its JSON."""
    problems = tuple(
        ChangeProblem(ErrorCode(each["code"]), each["message"], tuple(each["path"]))
        for each in kept["problems"]
    )
    results = tuple(map(_outcome_of, kept["results"]))
    return Outcome(**{**kept, "problems": problems, "results": results, "is_repeated": True})


async def target(
    write: ViewerWrite,
    table: Table,
    row_id: str,
    *,
    member: str = "id",
    expected: Version | None = None,
    for_deletion: bool = False,
    has: Sequence[Table] = (),
) -> Row:
    """The row that a rule changes and its input names: whole, and locked until the write ends.

    Args:
        member: of the input, that has the row's id.
        expected: the version that the change is meant for (see `VersionedInput`); None for any.
        has: tables of whose rows it says whether it has any (see `Changes.lock`).

    Raises:
        Rejected: it is not there, the viewer does not see it, or it has another version by now.
    """
    try:
        [row] = await write.present(table, [row_id], for_deletion=for_deletion, has=has)
    except NotFound as error:
        raise Rejected([ChangeProblem(ErrorCode.NOT_FOUND, str(error), (member,))]) from None
    if expected is not None and row.version != expected:
        message = f"The {word_for(table)} has the version {row.version} by now, not {expected}."
        raise Rejected([ChangeProblem(ErrorCode.CONFLICT, message, ("expected_version",))], row_id)
    return row


async def _look_up(write: ViewerWrite, references: References, problems: Problems) -> None:
    """Note each reference whose row is not there or not to be seen: one statement for each table."""
    wanted: dict[str, list[str]] = defaultdict(list)
    tables = {table.name: table for table, _, _ in references}
    for table, row_id, _ in references:
        wanted[table.name].append(row_id)
    found = {
        name: await write.context.rows(tables[name], ids, columns=("id",)) for name, ids in wanted.items()
    }
    for table, row_id, path in references:
        if row_id not in found[table.name]:
            problems.add(f"There is no such {word_for(table)}.", *path, code=ErrorCode.NOT_FOUND)
