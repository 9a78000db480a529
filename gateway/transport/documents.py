"""Documents: text parsed, checked and validated once, and remembered."""

import re
import sys
from collections.abc import Iterable, Mapping
from hashlib import sha256
from math import inf
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    StringValueNode,
    VariableNode,
    Visitor,
    parse,
    specified_rules,
    visit,
)
from strawberry import Schema
from strawberry.schema.schema import validate_document

from gateway.caches import SharedCache
from gateway.execution import (
    LARGEST_KEPT,
    Prepared,
    Steadiness,
    bytes_of_document,
    tokens_of_document,
)
from gateway.limits import Limits
from gateway.observe.records import current
from gateway.transport.complexity import Complexity, Rows, size_key
from gateway.transport.errors import Defect, RequestError
from gateway.transport.idempotent_fields import IdempotentFieldsRule
from gateway.transport.limits import check, check_introspection, check_shape, too_deep
from gateway.transport.overlapping_fields import OverlappingFields

AFTER: Final = "after"
"""The argument of a subscription's field that says behind which cursor it begins."""

_MAX_COMMENTS: Final = 1_000
_REMEMBERED_BYTES: Final = 32 << 20
_NAMED_BYTES: Final = 8 << 20
_MAX_REMEMBERED_PRICES: Final = 64
_NUL = re.compile(r"\x00|\\u0000|\\u\{0+\}")
_INTROSPECTION = re.compile(r"__(?:schema|type)\b")
_TRUSTED_RULES: Final = (*specified_rules, IdempotentFieldsRule)
_RULES: Final = tuple(
    OverlappingFields if rule is OverlappingFieldsCanBeMergedRule else rule for rule in _TRUSTED_RULES
)


class Operation:
    """An operation of a valid document, ready to run.

    Args:
        schema: that the document fits.
        document: that it is in.
        node: the operation.
        fragments: of the document, by name.

    Attributes:
        prepared: for running it.
        name: None where it has none.
        type: query, mutation or subscription.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        node: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        self.name = node.name.value if node.name else None
        self.type = node.operation
        self.prepared = Prepared(schema, document, node)
        self._schema = schema
        self._node = node
        self._fragments = fragments
        self._size_variables: tuple[str, ...] | None = None
        self._only_price: int | None = None
        self._cursor_variables: frozenset[str] | None = None
        self._prices: dict[tuple[tuple[str, int] | None, ...], int] = {}
        self._steadiness: Steadiness | None = None

    def is_steady(self, variables: Mapping[str, Any]) -> bool:
        """Whether its answer follows from the data, and from what its caller may see, alone.

        Args:
            variables: as they came.
        """
        if self._steadiness is None:
            self._steadiness = Steadiness(self._schema, self._node, self._fragments)
        return self._steadiness.holds(variables)

    def price(self, variables: Mapping[str, Any], rows: Rows | None = None) -> int:
        """What it may return at most; counted once per combination of page sizes.

        Args:
            variables: as they came.
            rows: how many there are by type, for what it may be expected to return.
        """
        if rows is not None:
            return Complexity(self._schema, self._fragments, self._node, variables, rows).price
        if self._only_price is not None:
            return self._only_price
        names = self._size_variables or ()
        key = tuple(size_key(variables[name]) if name in variables else None for name in names)
        price = self._prices.get(key)
        if price is None:
            complexity = Complexity(self._schema, self._fragments, self._node, variables)
            price = complexity.price
            if not complexity.size_variables:
                self._only_price = price
            elif self._size_variables is not None:
                if len(self._prices) >= _MAX_REMEMBERED_PRICES:
                    self._prices.clear()
                self._prices[key] = price
            self._size_variables = tuple(sorted(complexity.size_variables))
        return price

    def shared_variables(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The variables that the results of a subscription depend on.

        What says behind which cursor it begins is none of them, or hardly two would ever share a result.
        """
        if self._cursor_variables is None:
            self._cursor_variables = cursor_variables(self._node, self._fragments.values())
        return {name: value for name, value in variables.items() if name not in self._cursor_variables}


def cursor_variables(
    operation: OperationDefinitionNode, fragments: Iterable[FragmentDefinitionNode]
) -> frozenset[str]:
    """The variables that a subscription's own argument `after` is, where they stand nowhere else."""
    found = _VariableFinder()
    for each in (operation.selection_set, *fragments):
        visit(each, found)
    of_field = [
        argument.value.name.value
        for field in operation.selection_set.selections
        if isinstance(field, FieldNode)
        for argument in field.arguments or ()
        if argument.name.value == AFTER and isinstance(argument.value, VariableNode)
    ]
    return frozenset(name for name in of_field if found.names.count(name) == 1)


class _VariableFinder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.names.append(node.name.value)


class Document:
    """A valid document.

    Attributes:
        digest: the SHA-256 of its text.
    """

    def __init__(self, schema: GraphQLSchema, ast: DocumentNode, text: str) -> None:
        self.ast = ast
        self.digest = sha256(text.encode()).digest()
        self._schema = schema
        self._nodes = [d for d in ast.definitions if isinstance(d, OperationDefinitionNode)]
        self._fragments = {d.name.value: d for d in ast.definitions if isinstance(d, FragmentDefinitionNode)}
        # The one that was asked for last; nearly every document has no other.
        self._latest: tuple[str | None, Operation] | None = None

    def operation(self, name: str | None) -> Operation:
        """The operation of that name, or the only one (GraphQL, GetOperation()).

        Raises:
            RequestError: OPERATION_RESOLUTION_FAILURE, there is none of that name, or several and no name.
        """
        if self._latest is not None and self._latest[0] == name:
            return self._latest[1]
        found = Operation(self._schema, self.ast, self._find(name), self._fragments)
        self._latest = (name, found)
        return found

    def _find(self, name: str | None) -> OperationDefinitionNode:
        if name is None:
            if len(self._nodes) == 1:
                return self._nodes[0]
            message = "Must provide operation name if query contains multiple operations."
            raise _unresolved(message if self._nodes else "Must provide an operation.")
        for node in self._nodes:
            if node.name is not None and node.name.value == name:
                return node
        raise _unresolved(f'Unknown operation named "{name}".')


class Documents:
    """The recently used documents, by text; the organization with the most entries loses its oldest one first."""

    def __init__(
        self, schema: Schema, limits: Limits, *, introspection: bool = True, capacity: int = 100
    ) -> None:
        self._schema = schema._schema
        self._introspection = introspection
        self._limits = limits
        self._remembered: SharedCache[str, Document] = SharedCache(capacity, _REMEMBERED_BYTES, LARGEST_KEPT)
        # Texts by their hash, as far as callers named it.
        self._texts: SharedCache[str, str] = SharedCache(capacity, _NAMED_BYTES, _NAMED_BYTES)

    def find(self, document_id: str) -> Document | None:
        """The document whose text came with this identifier; None if it was evicted or never came."""
        text = self._texts.get(document_id)
        return None if text is None else self.get(text)

    def is_known(self, text: str) -> bool:
        """Whether the document of a text is remembered."""
        return self._remembered.get(text) is not None

    def get(self, text: str, document_id: str | None = None) -> Document:
        """The document of a text, parsed and checked when it first comes.

        Args:
            text: as it was sent.
            document_id: by which `find` finds the document from now on.

        Raises:
            RequestError: as `prepare`.
        """
        document = self._remembered.get(text)
        if document is None:
            document = prepare(self._schema, text, self._limits, introspection=self._introspection)
            self._remembered.put(current().organization_id, text, document, bytes_of_document(document.ast))
        if document_id is not None and self._texts.get(document_id) is None:
            size = len(document_id) + sys.getsizeof(text)
            self._texts.put(current().organization_id, document_id, text, size)
        return document


def prepare(
    schema: GraphQLSchema, text: str, limits: Limits | None, *, introspection: bool = True
) -> Document:
    """Parse, check and validate a text.

    Args:
        schema: that the document has to fit.
        text: as it was sent.
        limits: of what it may ask for; a text without them is trusted.
        introspection: whether it may ask for the schema.

    Raises:
        RequestError: GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, BAD_USER_INPUT (a string holds a NUL), and with
            limits OPERATION_TOO_LARGE, OPERATION_TOO_DEEP, OPERATION_TOO_COMPLEX, INTROSPECTION_DISABLED.
    """
    ast = _parse(text, limits)
    if limits is not None:
        check_shape(ast, limits)
        if not introspection and _INTROSPECTION.search(text):
            check_introspection(ast)
    errors = validate_document(schema, ast, _TRUSTED_RULES if limits is None else _RULES)
    if errors:
        raise RequestError.of_document(Defect.UNFIT, "GRAPHQL_VALIDATION_FAILED", errors, ast, schema)
    if _NUL.search(text):
        visit(ast, _NulFinder())
    return Document(schema, ast, text)


def _parse(text: str, limits: Limits | None) -> DocumentNode:
    if limits is None:
        return parse(text)
    check(limits.characters, len(text))
    enforced = limits.tokens.enforced
    try:
        ast = parse(
            text,
            max_lexical_tokens=None if enforced == inf else int(enforced),
            max_comments=_MAX_COMMENTS,
            max_source_length=len(text),
        )
    except GraphQLSyntaxError as error:
        message = error.message.removeprefix("Syntax Error: ")
        if "tokens. Parsing aborted" in message:
            check(limits.tokens, enforced + 1)  # how many more there are nobody has looked at
        if "contains more than" in message:
            raise RequestError(Defect.UNFIT, "OPERATION_TOO_LARGE", message) from None
        if "nested too deeply" in message:
            raise too_deep(message) from None
        raise RequestError.of_document(Defect.UNPARSABLE, "GRAPHQL_PARSE_FAILED", [error]) from None
    if limits.tokens.cap != enforced:
        check(limits.tokens, tokens_of_document(ast))
    return ast


class _NulFinder(Visitor):
    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        if "\0" in node.value:
            error = GraphQLError("A string holds the character NUL, which can't be stored.", node)
            raise RequestError.of_document(Defect.UNFIT, "BAD_USER_INPUT", [error])


def _unresolved(message: str) -> RequestError:
    return RequestError(Defect.UNFIT, "OPERATION_RESOLUTION_FAILURE", message)
