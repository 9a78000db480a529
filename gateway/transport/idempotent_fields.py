"""Where `@idempotent` may be used: on any other field it would be ignored silently."""

from typing import Any

from graphql import FieldNode, GraphQLError, ValidationRule

from gateway.resolvers.once import DIRECTIVE


class IdempotentFieldsRule(ValidationRule):
    """Refuses the directive on everything but the root fields of mutations."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        for directive in node.directives or ():
            if directive.name.value == DIRECTIVE:
                parent = self.context.get_parent_type()
                if parent is None or parent is not self.context.schema.mutation_type:
                    message = f"The directive @{DIRECTIVE} may stand on the root fields of mutations alone."
                    self.report_error(GraphQLError(message, directive))
