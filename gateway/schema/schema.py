"""The schema as a whole."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from gateway.execution import OperationExecutor
from gateway.schema.comments import Comment
from gateway.schema.people import Approval
from gateway.schema.query import Query
from gateway.schema.scalars import SCALARS


def make_schema() -> strawberry.Schema:
    """The public graph; types that no root field names are listed, so that `node` finds them."""
    return strawberry.Schema(
        query=Query,
        types=[Approval, Comment],
        config=StrawberryConfig(scalar_map=SCALARS),
        execution_context_class=OperationExecutor,
    )
