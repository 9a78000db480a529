"""The state of one run of a plan: what was fetched, the arguments, the errors."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from time import perf_counter
from typing import Any, Final

from graphql import GraphQLError, GraphQLStreamDirective, get_argument_values
from graphql.execution import Executor
from graphql.execution.values import VariableValues

from gateway.execution.arguments import Converted, keyword_arguments
from gateway.execution.deferred import Opening
from gateway.execution.errors import Errors
from gateway.execution.places import call_batch
from gateway.execution.plan import FieldPlan, Plan
from gateway.execution.sources import Computed, Relation, Root, Stream
from gateway.execution.watching import Watcher
from gateway.execution.writing import Writer

KEPT_SECONDS: Final = 0.01
"""How long a run may keep the event loop before it lets others run."""


class Run:
    """The state of one run: what was fetched, the arguments, the errors.

    Fetched results are kept by place and key. So a run can complete a field twice without fetching anything twice: by
    generated code, and then, where that met something unusual, the exact way.
    """

    def __init__(
        self,
        plan: Plan,
        variables: VariableValues,
        context: Any,
        root_value: Any,
        make_executor: Callable[[Any], Any],
        watcher: Watcher,
        writer: Writer | None = None,
        *,
        is_large: bool = False,
    ) -> None:
        """Begin.

        Args:
            writer: None where the answer is wanted as Python's own objects.
            is_large: whether so much is asked for that code is written at once.
        """
        self.plan = plan
        self.writer = writer
        self.is_large = is_large
        self.written = 0
        """Bytes of what was written already, each time that it stands in the answer."""
        self._since = perf_counter()
        self.variables = variables
        self.context = context
        self.root_value = root_value
        self.watcher = watcher
        self.errors = Errors()
        self.increments: Opening | None = None
        """Told of what may come later; None where everything comes at once."""
        self._together: bool = getattr(context, "runs_siblings_together", False)
        self._make_executor = make_executor
        self._executor: Executor[Any] | None = None
        self._arguments: dict[FieldPlan, dict[str, Any]] = {}
        self._converted: Converted = {}
        self._results: dict[FieldPlan, dict[Any, Any]] = {}
        self._roots: dict[FieldPlan, Any] = {}

    @property
    def executor(self) -> Executor[Any]:
        """graphql-core's executor of the operation, for resolvers outside of this package, which are told of it."""
        if self._executor is None:
            self._executor = self._make_executor(self.context)
        return self._executor

    async def siblings(self, coroutines: list[Coroutine[Any, Any, Any]]) -> list[Any]:
        """Await coroutines that do not depend on each other: in turn, or together where the context says so.

        The first exception is raised only after all have ended, so that nothing goes on running behind the
        caller's back.
        """
        if len(coroutines) > 1 and self._together:
            results = await asyncio.gather(*coroutines, return_exceptions=True)
            for each in results:
                if isinstance(each, BaseException):
                    raise each
            return results
        remaining = iter(coroutines)
        try:
            return [await each for each in remaining]
        finally:
            for each in remaining:
                each.close()

    async def pause(self, kept: float = KEPT_SECONDS) -> None:
        """Let others run, where this run has kept the event loop for so many seconds."""
        if perf_counter() - self._since > kept:
            await asyncio.sleep(0)
            self._since = perf_counter()

    def share(self, values: dict[Any, Any], keys: list[Any], before: int) -> None:
        """Write objects once that stand in the answer many times, and tell how much that makes.

        Args:
            values: completed values by key, which are replaced by what is written.
            keys: those of all places.
            before: `written`, before anything inside of the objects was.
        """
        assert self.writer is not None
        sizes: dict[Any, int] = {}
        for key, value in values.items():
            if type(value) is dict:
                values[key], sizes[key] = self.writer.write(value)
        if sizes:
            self.written = before + sum([sizes.get(key, 0) for key in keys])
            self.writer.wrote(self.written)

    def arguments(self, field: FieldPlan) -> dict[str, Any]:
        """Return a field's arguments, coerced once for the run; what their coercion raises passes through."""
        known = field.constant_arguments
        if known is None:
            known = self._arguments.get(field)
        if known is None:
            known = self._arguments[field] = keyword_arguments(field, self.variables, self._converted)
        return known

    def streamed(self, field: FieldPlan) -> tuple[int, str | None] | None:
        """Return how many items of a list come at once, and the label of the others; None where all come at once.

        Raises:
            GraphQLError: the directive's arguments are wrong.
        """
        if field.stream is None:
            return None
        given = get_argument_values(GraphQLStreamDirective, field.stream, self.variables)
        if not given.get("if", True):
            return None
        count = given["initialCount"]
        if count is None or count < 0:
            found = "null" if count is None else count
            raise GraphQLError(
                f"Argument '@stream(initialCount:)' has invalid value: It must be 0 or more, not {found}."
            )
        return count, given.get("label")

    def expect(self, relations: Iterable[tuple[FieldPlan, Iterable[Any]]]) -> None:
        """Tell relations beside each other the keys of their parents, before the first of them is fetched."""
        for field, keys in relations:
            assert isinstance(field.source, Relation)
            if field.source.expect is not None:
                wanted = [each for each in keys if each is not None and not isinstance(each, Exception)]
                field.source.expect(wanted, self.context)

    def expect_roots(self, fields: Iterable[FieldPlan]) -> None:
        """Tell root fields beside each other their arguments.

        Wrong arguments are passed over here; they fail their field when it runs.
        """
        for field in fields:
            if isinstance(field.source, Root) and field.source.expect is not None:
                with suppress(Exception):
                    field.source.expect(self.context, **self.arguments(field))

    async def run_first(self, fields: Iterable[FieldPlan]) -> None:
        """Have the results of those root fields for which the others wait."""
        for field in fields:
            if isinstance(field.source, Root) and field.source.is_first:
                await self.root_result(field)

    async def root_result(self, field: FieldPlan) -> Any:
        """Return what a root field's function returned or raised; it is called once in a run.

        That of a subscription is not called: its value is the event that the operation is run for.
        """
        if isinstance(field.source, Stream):
            return self.root_value
        if field not in self._roots:
            assert isinstance(field.source, Root)
            try:
                result = await field.source.function(self.context, field.selection, **self.arguments(field))
            except Exception as error:
                result = error
            self._roots[field] = result
        return self._roots[field]

    async def relation_results(self, field: FieldPlan, keys: list[Any]) -> dict[Any, Any]:
        """Return the results for distinct `keys`, perhaps among others; one call fetches all that are not known yet."""
        known = self._results.setdefault(field, {})
        missing = [key for key in keys if key not in known] if known else keys
        if missing:
            assert isinstance(field.source, Relation)
            assert field.selection is not None
            try:
                results = await call_batch(
                    field.source, missing, self.context, field.selection, self.arguments(field)
                )
            except Exception as error:
                results = [error] * len(missing)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                # Nobody cancelled this task: it comes from inside, as from a future that somebody cancelled.
                results = [RuntimeError("The batch was cancelled.")] * len(missing)
            known.update(zip(missing, results, strict=True))
            self._since = perf_counter()
        return known

    def results_of(self, field: FieldPlan) -> dict[Any, Any]:
        """Return what a relation's function has returned, by key."""
        return self._results[field]

    def computed_keywords(self, field: FieldPlan) -> dict[str, Any]:
        """Return the keyword arguments of a computed field's function."""
        assert isinstance(field.source, Computed)
        keywords = dict(self.arguments(field))
        if field.source.takes_context:
            keywords["context"] = self.context
        if field.source.takes_type_name:
            keywords["type_name"] = field.parent_type.name
        return keywords
