"""What execution asks of the context that an operation runs in."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Protocol, Self

from aiodataloader import DataLoader
from graphql import FieldNode, GraphQLError, GraphQLSchema, get_directive_values
from graphql.execution.values import VariableValues


class OperationContext(Protocol):
    """The value passed to `Schema.execute(context_value=…)`.

    A method `close`, which it need not have, is called when the operation was cancelled: what is still being fetched
    for it is cancelled, too. A true attribute `runs_siblings_together`, which it need not have either, says that
    relations beside each other are fetched at the same time: less waiting where the store is far away, some more work
    everywhere.

    A method `begin_root_field`, which it need not have, is called before a root field of a mutation is run, with the
    field's response name and with the arguments of each directive on it, by the directive's name.

    A method `end_root_field`, which it need not have either, is awaited when a root field of a mutation is complete,
    with everything below it, or has failed: what the field's function left open for that is closed there. While an
    attribute `left_open`, which it need not have, is not None, what is to come later is read before that end, too.
    """

    places: dict[Any, DataLoader[Any, Any]]
    """The loaders of relations, one for each place of the operation; filled while it runs."""

    def for_operation(self, columns_by_type: Mapping[str, tuple[str, ...]]) -> Self:
        """Return a copy for one operation, with loaders and places of its own.

        Args:
            columns_by_type: for the name of a GraphQL object type, every column that the operation reads of it
                anywhere, sorted; a type of which the operation reads nothing is absent.
        """
        ...


def is_operation_context(context: Any) -> bool:
    """Tell whether fields of this package can run in a context; with any other, plain resolvers alone can."""
    return hasattr(context, "for_operation")


def begin_root_field(
    schema: GraphQLSchema, context: Any, key: str, nodes: Iterable[FieldNode], variables: VariableValues
) -> None:
    """Tell a context that a root field of a mutation is run now, if it wants to be told.

    Args:
        key: the response name.
        nodes: all fields that share it.
        variables: coerced.
    """
    begin = getattr(context, "begin_root_field", None)
    if begin is not None:
        begin(key, _directives(schema, nodes, variables))


def _directives(
    schema: GraphQLSchema, nodes: Iterable[FieldNode], variables: VariableValues
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for node in nodes:
        for directive in node.directives or ():
            name = directive.name.value
            definition = schema.get_directive(name)
            if definition is not None and name not in found:
                found[name] = {}
                # A null where the variable's default is none is as if there were no argument.
                with suppress(GraphQLError):
                    found[name] = get_directive_values(definition, node, variables) or {}
    return found


def is_left_open(context: Any) -> bool:
    """Tell whether a root field's function has left something open until its end."""
    return getattr(context, "left_open", None) is not None


async def end_root_field(context: Any) -> None:
    """Tell a context that a root field of a mutation is complete, if it wants to be told."""
    end = getattr(context, "end_root_field", None)
    if end is not None:
        await end()
