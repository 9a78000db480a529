"""What is known of an operation whatever its variables are, kept for the documents that come again."""

from collections import OrderedDict
from collections.abc import Mapping

from graphql import GraphQLSchema, OperationDefinitionNode

from gateway.execution.selection import Fragments, columns_by_type

_KEPT = 100
_columns: OrderedDict[int, tuple[OperationDefinitionNode, Mapping[str, tuple[str, ...]]]] = OrderedDict()


def operation_columns(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments
) -> Mapping[str, tuple[str, ...]]:
    """Return `columns_by_type` of an operation, from the cache if this very document came before."""
    # By identity: comparing documents costs more than walking them. The operation is held, so its id is not
    # reused.
    key = id(operation)
    if (known := _columns.get(key)) is not None:
        return known[1]
    columns = columns_by_type(schema, operation, fragments)
    _columns[key] = (operation, columns)
    if len(_columns) > _KEPT:
        _columns.popitem(last=False)
    return columns
