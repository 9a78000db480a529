"""What one operation may ask for: the shape of its document, the size of its variables, introspection."""

from collections.abc import Mapping
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Visitor,
    visit,
)

from gateway.limits import Limit, Limits
from gateway.observe.limits import told
from gateway.observe.records import current
from gateway.transport.errors import Defect, RequestError

_MAX_NESTING: Final = 200  # selection sets and fragments inside each other: what Python's own stack bears


def check(limit: Limit, price: float) -> None:
    """Refuse what goes beyond a limit, and tell whoever watches of it; an observed one lets it go on.

    Args:
        price: what was counted.

    Raises:
        RequestError: with the limit's code.
    """
    if price > limit.cap and told(limit, price, current()):
        error = RequestError(Defect.UNFIT, limit.code, limit.refusal(price))
        error.errors[0]["extensions"] = limit.extensions(price)
        raise error


def check_shape(document: DocumentNode, limits: Limits) -> None:
    """Refuse a document that is too deep or has too many fields, before the rules of validation see it.

    Each fragment is measured once, so that fragments which double each other cost nothing. Cycles and unknown
    fragments are left to validation.

    Raises:
        RequestError: OPERATION_TOO_DEEP, OPERATION_TOO_COMPLEX.
    """
    shape = _Shape({d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)})
    fields, depth = 0, 0
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            own_fields, own_depth = shape.measure(definition.selection_set, 0)
            if isinstance(definition, OperationDefinitionNode):
                fields += own_fields
            elif definition.type_condition.name.value.startswith("__"):
                own_depth = 1  # a part of introspection, as in `_Shape.measure()`
            depth = max(depth, own_depth)
    check(limits.depth, depth)
    check(limits.fields, fields)


def check_variables(variables: Mapping[str, Any], limits: Limits) -> None:
    """Refuse variables with too many values, before they are coerced, which costs a hundred times as much.

    Raises:
        RequestError: BAD_USER_INPUT.
    """
    values, objects, depth = 0, 0, 0
    longest = limits.variable_items.cap
    level = [each for each in variables.values() if isinstance(each, dict | list)]
    while level:
        depth += 1
        inside: list[Any] = []
        for each in level:
            values += len(each)
            if isinstance(each, dict):
                objects += 1
                inside += each.values()
            else:
                if len(each) > longest:
                    check(limits.variable_items, len(each))
                inside += each
        check(limits.variable_values, values)
        check(limits.variable_objects, objects)
        check(limits.variable_depth, depth)
        level = [each for each in inside if isinstance(each, dict | list)]


def check_introspection(document: DocumentNode) -> None:
    """Refuse a document that asks for the schema; `__typename` tells nothing of it and stays.

    Raises:
        RequestError: INTROSPECTION_DISABLED.
    """
    finder = _IntrospectionFinder()
    visit(document, finder)
    if finder.errors:
        raise RequestError.of_document(Defect.UNFIT, "INTROSPECTION_DISABLED", finder.errors)


class _IntrospectionFinder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.errors: list[GraphQLError] = []

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        name = node.name.value
        if name in ("__schema", "__type"):
            message = (
                f"Introspection is switched off here, so that `{name}` cannot be asked for. Tools can read the schema "
                "from the file that `gateway schema` prints, which the operator has."
            )
            self.errors.append(GraphQLError(message, node))


def too_deep(message: str) -> RequestError:
    return RequestError(Defect.UNFIT, "OPERATION_TOO_DEEP", message)


def too_complex(message: str) -> RequestError:
    return RequestError(Defect.UNFIT, "OPERATION_TOO_COMPLEX", message)


class _Shape:
    """Number of fields and depth of selection sets, each fragment's remembered."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._measured: dict[str, tuple[int, int]] = {}

    def measure(self, selection_set: SelectionSetNode, nesting: int) -> tuple[int, int]:
        if nesting > _MAX_NESTING:
            raise too_deep(f"The document nests more than {_MAX_NESTING} selections and fragments.")
        fields, depth = 0, 0
        for selection in selection_set.selections:
            own_fields, own_depth = 0, 0
            if isinstance(selection, FieldNode):
                inside = selection.selection_set
                own_fields, own_depth = self.measure(inside, nesting + 1) if inside else (0, 0)
                own_fields += 1
                # Introspection nests by its nature, and validation has a rule of its own for it.
                own_depth = 1 if selection.name.value.startswith("__") else own_depth + 1
            elif isinstance(selection, FragmentSpreadNode):
                own_fields, own_depth = self._fragment(selection.name.value, nesting + 1)
            elif isinstance(selection, InlineFragmentNode):
                own_fields, own_depth = self.measure(selection.selection_set, nesting + 1)
            fields += own_fields
            depth = max(depth, own_depth)
        return fields, depth

    def _fragment(self, name: str, nesting: int) -> tuple[int, int]:
        if name not in self._measured:
            self._measured[name] = (0, 0)  # what a cycle meets
            definition = self._fragments.get(name)
            if definition is not None:
                self._measured[name] = self.measure(definition.selection_set, nesting)
        return self._measured[name]
