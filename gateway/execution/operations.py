"""What is known of an operation before it runs: its columns, its plans, and why it may have none."""

from collections.abc import Hashable, Mapping
from typing import Any, Final

import strawberry
from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues
from graphql.language import (
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    SelectionSetNode,
    VariableNode,
)

from gateway.caches import Cache
from gateway.execution.deferral import LATER, Deferral
from gateway.execution.plan import Plan
from gateway.execution.selection import Fragments, columns_by_type
from gateway.execution.sizes import LARGEST_KEPT, bytes_of_document
from gateway.execution.watching import Nobody, Watcher

KEPT: Final = 100
"""How many operations, and how many plans of them, are kept for a schema; a plan may hold 150 kB."""

KEPT_BYTES: Final = 32 << 20
"""How many bytes the operations that are kept may have with their documents, and the plans with theirs."""

MAX_DEPTH: Final = 60
"""Deeper operations are left to graphql-core: a plan takes up to nine frames of Python's stack for a level."""


INTROSPECTION: Final = frozenset({"__schema", "__type"})
"""The fields of the query's root whose values follow from the schema alone."""

CONDITIONS: Final = ("skip", "include", "defer")
"""The directives whose argument ``if`` decides which fields a plan has, and where."""


class Facts:
    """What holds of an operation whatever its variables are."""

    __slots__ = (
        "columns",
        "condition_variables",
        "introspects",
        "is_of_schema",
        "is_parted",
        "operation",
        "plan",
        "size",
        "uncovered",
    )

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments
    ) -> None:
        # Held so that its identity, the key of the cache, is not used again.
        self.operation = operation
        self.size = bytes_of_document(operation)
        self.columns: Mapping[str, tuple[str, ...]] = columns_by_type(schema, operation, fragments)
        walk = _CoverageWalk(operation, fragments)
        self.condition_variables = tuple(sorted(walk.condition_variables))
        self.plan: Plan | None = None
        """The plan of an operation without such variables, which has only one, once it was made."""
        self.introspects = walk.introspects
        """Whether some of it is introspection."""
        self.is_of_schema = walk.introspects and _asks_for_schema_alone(operation, fragments)
        """Whether its answer follows from the schema, and from its variables, alone."""
        self.is_parted = walk.is_parted
        """Whether some of it may be asked for later, by @defer or @stream."""
        self.uncovered = walk.uncovered
        """Why no plan can be made, in a few words; empty where one can."""


class _CoverageWalk:
    """Finds the variables of conditions, and what a plan does not cover."""

    def __init__(self, operation: OperationDefinitionNode, fragments: Fragments) -> None:
        self.condition_variables: set[str] = set()
        self.introspects = False
        self.is_parted = False
        self.uncovered = "operation directive" if operation.directives else ""
        self.fragments = fragments
        self.depths: dict[str, int] = {}
        """How deep each fragment was met; met deeper, it is walked again."""
        self.pending: list[tuple[SelectionSetNode, int]] = [(operation.selection_set, 1)]
        while self.pending:
            selection_set, depth = self.pending.pop()
            if depth > MAX_DEPTH:
                self.uncovered = "nesting"
                break
            for node in selection_set.selections:
                self.visit(node, depth)

    def visit(self, node: Node, depth: int) -> None:
        """Note what one selection needs."""
        for directive in getattr(node, "directives", None) or ():
            if directive.name.value in LATER:
                self.is_parted = True
            for argument in (directive.arguments or ()) if directive.name.value in CONDITIONS else ():
                if argument.name.value == "if" and isinstance(argument.value, VariableNode):
                    self.condition_variables.add(argument.value.name.value)
        if isinstance(node, FieldNode):
            is_introspection = node.name.value in INTROSPECTION
            self.introspects = self.introspects or is_introspection
            if node.selection_set:
                # No plan goes further down there.
                inside = 0 if is_introspection or depth == 0 else depth + 1
                self.pending.append((node.selection_set, inside))
        elif isinstance(node, InlineFragmentNode):
            self.pending.append((node.selection_set, depth))
        elif isinstance(node, FragmentSpreadNode):
            name = node.name.value
            fragment = self.fragments.get(name)
            if fragment is not None and self.depths.get(name, -1) < depth:
                self.depths[name] = depth
                if fragment.variable_definitions:
                    self.uncovered = "fragment variables"
                self.pending.append((fragment.selection_set, depth))


def _asks_for_schema_alone(operation: OperationDefinitionNode, fragments: Fragments) -> bool:
    """Tell whether all root fields of an operation are introspection, or `__typename`."""
    pending, spread = [operation.selection_set], set[str]()
    while pending:
        for node in pending.pop().selections:
            if isinstance(node, FieldNode):
                if node.name.value not in INTROSPECTION and node.name.value != "__typename":
                    return False
            elif isinstance(node, InlineFragmentNode):
                pending.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                pending.append(fragments[node.name.value].selection_set)
    return not operation.directives


class OperationCache:
    """The facts and plans of one schema's operations, for the documents that come again.

    Their keys are identities, since comparing documents costs more than walking them; an entry holds what
    its key identifies.
    """

    def __init__(self) -> None:
        self._facts: Cache[int, Facts] = Cache(KEPT, KEPT_BYTES, LARGEST_KEPT)
        self._plans: Cache[Hashable, Plan] = Cache(KEPT, KEPT_BYTES, LARGEST_KEPT)
        self.watcher: Watcher = Nobody()
        self.prepared: Cache[Hashable, Any] = Cache(KEPT, KEPT_BYTES, LARGEST_KEPT)
        """What the direct way keeps of documents, by document and operation name."""

    def facts(self, schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments) -> Facts:
        """Return the facts of an operation."""
        key = id(operation)
        known = self._facts.get(key)
        if known is None:
            known = Facts(schema, operation, fragments)
            self._facts.put(key, known, known.size)
        return known

    def plan(
        self,
        schema: GraphQLSchema,
        facts: Facts,
        fragments: dict[str, FragmentDetails],
        variables: VariableValues,
        deferral: Deferral = Deferral.NONE,
    ) -> Plan | None:
        """Return the plan of an operation under these variables; None where graphql-core has to answer."""
        is_whole = deferral is Deferral.NONE
        if facts.plan is not None and is_whole:
            return facts.plan
        values = variables.coerced
        key = (id(facts.operation), deferral, *[values.get(name) for name in facts.condition_variables])
        known = self._plans.get(key)
        if known is None:
            try:
                known = Plan(schema, facts.operation, fragments, variables, deferral)
            except (GraphQLError, RecursionError):
                return None
            if is_whole and not facts.condition_variables:
                facts.plan = known
                return known
            self._plans.put(key, known, facts.size)
        return known


_KEY: Final = "gateway.execution"


def operations_of(schema: GraphQLSchema) -> OperationCache:
    """Return the operations of a schema, which holds them among its extensions; made at the first call."""
    known: OperationCache | None = schema.extensions.get(_KEY)
    if known is None:
        known = schema.extensions[_KEY] = OperationCache()
    return known


def watch(schema: strawberry.Schema, watcher: Watcher) -> None:
    """Have a watcher told of a schema's operations, in place of the one before."""
    operations_of(schema._schema).watcher = watcher
