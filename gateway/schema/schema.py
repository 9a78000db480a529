"""The schema as a whole."""

from functools import cache
from importlib.resources import files
from typing import Final

import strawberry
from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLDirective,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
)
from graphql.utilities.print_schema import print_schema_definition
from strawberry.schema.config import StrawberryConfig

from gateway.execution import OperationExecutor
from gateway.resolvers.once import DIRECTIVE
from gateway.schema.comments import Comment
from gateway.schema.mutations.root import Mutation
from gateway.schema.people import Approval
from gateway.schema.query import Query
from gateway.schema.scalars import SCALARS
from gateway.schema.subscription import Subscription

IDEMPOTENT = GraphQLDirective(
    DIRECTIVE,
    (DirectiveLocation.FIELD,),
    {
        "key": GraphQLArgument(
            GraphQLNonNull(GraphQLString),
            description="A key of 1 to 255 characters. Use a new key for each change. It replaces the request header "
            "`Idempotency-Key` for this field.",
        )
    },
    description="Makes a root field of a mutation idempotent. If you repeat it within 24 hours with the same key and "
    "the same input, you get the first outcome, and nothing is changed again.",
)


DESCRIPTION: Final = files("gateway.schema").joinpath("conventions.md").read_text("utf-8").rstrip()
"""The conventions of the whole graph, in Markdown. Tools show them before all types."""


class PublicSchema(strawberry.Schema):
    """Strawberry's schema with its description in the printed text, which Strawberry's own printer leaves out."""

    def as_str(self) -> str:
        """The schema in the schema definition language."""
        return f"{print_schema_definition(self._schema)}\n\n{super().as_str()}"


@cache
def make_schema() -> PublicSchema:
    """The public graph. It is made once in a process, because making it costs more than the rest of an application.

    Types that no root field refers to are listed, so that `node` finds them.
    """
    schema = PublicSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Approval, Comment],
        config=StrawberryConfig(scalar_map=SCALARS, enable_experimental_incremental_execution=True),
        execution_context_class=OperationExecutor,
    )
    schema._schema.description = DESCRIPTION
    _spare_older_clients(schema._schema)
    schema._schema.directives = (*schema._schema.directives, IDEMPOTENT)
    _tell_of_one_of(schema._schema)
    return schema


def _tell_of_one_of(schema: GraphQLSchema) -> None:
    """Mark `@oneOf` inputs for graphql-core. Strawberry checks only coerced values, which is too late.

    Literals in a document are then refused during validation, with their location.
    """
    for each in schema.type_map.values():
        if isinstance(each, GraphQLInputObjectType):
            each.is_one_of = bool(each.extensions["strawberry-definition"].is_one_of)


def _spare_older_clients(schema: GraphQLSchema) -> None:
    """Remove from `@deprecated` the location that clients made before 2026 do not know.

    The location is for deprecated directives, which are new, and this schema has none. graphql-core up to 3.2.6, which
    gql 3 requires, refuses a whole introspection because of an unknown location.
    """
    schema.directives = tuple(map(_without_new_places, schema.directives))


def _without_new_places(directive: GraphQLDirective) -> GraphQLDirective:
    if DirectiveLocation.DIRECTIVE_DEFINITION not in directive.locations:
        return directive
    arguments = directive.to_kwargs()
    arguments["locations"] = tuple(
        place for place in directive.locations if place is not DirectiveLocation.DIRECTIVE_DEFINITION
    )
    return GraphQLDirective(**arguments)
