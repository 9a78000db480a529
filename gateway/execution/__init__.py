"""How fields are written and how operations run: the one package between a schema and graphql-core."""

from gateway.execution.context import OperationContext
from gateway.execution.deferral import Deferral
from gateway.execution.direct import Prepared, Unfit, execute
from gateway.execution.executor import OperationExecutor
from gateway.execution.fields import column, computed, field, relation, subscription
from gateway.execution.increments import Increments, Parted
from gateway.execution.leaves import itself
from gateway.execution.operations import watch
from gateway.execution.parts import AnswerPart, Completed, Increment, Pending
from gateway.execution.rows import RowType, Typed
from gateway.execution.selection import Selection
from gateway.execution.sizes import LARGEST_KEPT, bytes_of_document, tokens_of_document
from gateway.execution.sources import APART, columns_read
from gateway.execution.steadiness import VARIES, Steadiness, always

__all__ = [
    "APART",
    "LARGEST_KEPT",
    "VARIES",
    "AnswerPart",
    "Completed",
    "Deferral",
    "Increment",
    "Increments",
    "OperationContext",
    "OperationExecutor",
    "Parted",
    "Pending",
    "Prepared",
    "RowType",
    "Selection",
    "Steadiness",
    "Typed",
    "Unfit",
    "always",
    "bytes_of_document",
    "column",
    "columns_read",
    "computed",
    "execute",
    "field",
    "itself",
    "relation",
    "subscription",
    "tokens_of_document",
    "watch",
]
