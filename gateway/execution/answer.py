"""From a run to the answer: the root fields, each by generated code if it can be."""

from typing import Any

from graphql import ExecutionResult

from gateway.execution.context import begin_root_field, end_root_field, is_left_open
from gateway.execution.errors import FailedValue
from gateway.execution.exact import Exact
from gateway.execution.leaves import NotCovered
from gateway.execution.levels import complete_level
from gateway.execution.places import close_places
from gateway.execution.plan import FieldPlan, Kind
from gateway.execution.run import Run


async def answer(run: Run, is_serial: bool) -> ExecutionResult:
    """Return an operation's data and errors; the batches of one that is cancelled are cancelled with it.

    Args:
        run: the state of a run that has just begun.
        is_serial: whether a root field starts after the one before it is complete, and not at all once one has
            nulled the data (GraphQL, section 6.2.2).
    """
    plan = run.plan
    plan.runs += 1
    data: dict[str, Any] = {}
    fields = plan.root.fields
    if len(fields) > 1 and not is_serial:
        run.expect_roots(fields)
    try:
        if plan.root.opened or plan.root.deferred:
            assert run.increments is not None
            run.increments.open(plan.root, [run.root_value], [None])
        if is_serial:
            values = []
        elif len(fields) == 1:
            values = [await _root_field(run, fields[0])]
        else:
            await run.run_first(fields)
            values = await run.siblings([_root_field(run, field) for field in fields])
        for index, field in enumerate(fields):
            value = await _in_turn(run, field) if is_serial else values[index]
            if type(value) is FailedValue:
                run.errors.land(value, None)
                return ExecutionResult(None, run.errors.reported() or None)
            data[field.key] = value
    except BaseException:  # the operation is cancelled: errors of fields do not come this far
        close_places(run.context)
        raise
    return ExecutionResult(data, (run.errors.reported() or None) if run.errors else None)


async def _in_turn(run: Run, field: FieldPlan) -> Any:
    begin_root_field(run.plan.schema, run.context, field.key, field.nodes, run.variables)
    try:
        value = await _root_field(run, field)
        if run.increments is not None and type(value) is not FailedValue and is_left_open(run.context):
            await run.increments.run_ahead()
        return value
    finally:
        await end_root_field(run.context)


async def _root_field(run: Run, field: FieldPlan) -> Any:
    if field.kind is Kind.TYPENAME:
        return field.parent_type.name
    plan = run.plan
    # Writing the code costs milliseconds, so an operation has to come twice, or ask for much, before it is written.
    is_worth_it = (plan.runs > 1 or run.is_large) and not field.has_later
    if is_worth_it and field.kind is Kind.ROOT and not plan.is_always_exact:
        try:
            result = await run.root_result(field)
            done = await complete_level(run, field, [result])
            if run.is_large:
                await run.pause()
            return done[0]
        except NotCovered:
            plan.is_always_exact = True
        except Exception as error:
            # What it was shows again below, and there with its path.
            run.watcher.rerun(type(error).__name__)
    [value] = await Exact(run).field(field, [run.root_value], [None])
    return value
