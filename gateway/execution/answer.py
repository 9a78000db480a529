"""From a run to the answer: the root fields, in turn or together, each by generated code if it can be."""

from typing import Any

from graphql import GraphQLError

from gateway.execution.errors import Failure
from gateway.execution.exact import Exact
from gateway.execution.plan import FieldPlan
from gateway.execution.run import Run


async def answer(run: Run, is_serial: bool) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """Return an operation's data and errors.

    Parameters: `is_serial` says that a root field starts after the one before it is complete, and not at
    all once one has nulled the data (GraphQL, section 6.2.2).
    """
    data: dict[str, Any] = {}
    for field in run.plan.root.fields:
        value = await _root_field(run, field)
        if type(value) is Failure:
            run.errors.land(value, None)
            return None, run.errors.reported()
        data[field.key] = value
    return data, run.errors.reported()


async def _root_field(run: Run, field: FieldPlan) -> Any:
    exact = Exact(run)
    [value] = await exact.field(field, [run.root_value], [None])
    return value
