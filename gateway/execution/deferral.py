"""Which fields of an object come later: what @defer makes of the fields that were collected for it."""

from collections.abc import Iterable
from enum import Enum, auto
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLDeferDirective,
    GraphQLStreamDirective,
    SelectionSetNode,
)
from graphql.execution.collect_fields import DeferUsage, FieldDetailsList, FragmentDetails, GroupedFieldSet
from graphql.language import DirectiveNode, FragmentSpreadNode, Node

LATER = (GraphQLDeferDirective.name, GraphQLStreamDirective.name)
"""The directives by which a document asks for parts of its answer later."""

Usages = tuple[DeferUsage, ...]
"""Deferred fragments in which a field is selected, those inside of another one among them left out; none where the
field comes with what surrounds it. They are told apart by identity: comparing them would compare documents."""


class Deferral(Enum):
    """What becomes of @defer and @stream."""

    NONE = auto()
    """Everything comes at once."""
    SEPARATE = auto()
    """Each deferred fragment comes whole, whatever it has in common with what surrounds it, as the specification of
    August 2022 has it."""
    MERGED = auto()
    """No field comes twice, as the current draft of the specification has it."""


class Division(NamedTuple):
    """The fields of an object, divided.

    Attributes:
        now: those that come with the object.
        later: the others, by the deferred fragments that they come with.
    """

    now: GroupedFieldSet
    later: list[tuple[Usages, GroupedFieldSet]]


def divide(grouped: GroupedFieldSet, within: Usages, deferral: Deferral) -> Division:
    """Divide the fields of an object.

    Args:
        grouped: as graphql-core collects them.
        within: the deferred fragments that the object comes with.
        deferral: how.
    """
    if deferral is Deferral.SEPARATE:
        return _separately(grouped, within)
    now: GroupedFieldSet = {}
    later: dict[frozenset[int], tuple[Usages, GroupedFieldSet]] = {}
    inside = frozenset(map(id, within))
    for key, details in grouped.items():
        usages = _outermost(details)
        if usages.keys() == inside:
            now[key] = details
        else:
            later.setdefault(frozenset(usages), (tuple(usages.values()), {}))[1][key] = details
    return Division(now, list(later.values()))


def _separately(grouped: GroupedFieldSet, within: Usages) -> Division:
    own = within[0] if within else None
    now: GroupedFieldSet = {}
    later: dict[int, tuple[Usages, GroupedFieldSet]] = {}
    for key, details in grouped.items():
        for each in details:
            usage, target = each.defer_usage, now
            if usage is not None and usage is not own:
                target = later.setdefault(id(usage), ((usage,), {}))[1]
            target.setdefault(key, []).append(each)
    return Division(now, list(later.values()))


def _outermost(details: FieldDetailsList) -> dict[int, DeferUsage]:
    """The deferred fragments that a field comes with, by identity (the draft's GetFilteredDeferUsageSet)."""
    found: dict[int, DeferUsage] = {}
    for each in details:
        if each.defer_usage is None:
            return {}
        found[id(each.defer_usage)] = each.defer_usage
    for usage in list(found.values()):
        parent = usage.parent_defer_usage
        while parent is not None and id(parent) not in found:
            parent = parent.parent_defer_usage
        if parent is not None:
            del found[id(usage)]
    return found


class Marks:
    """Where a document asks for something later.

    Args:
        fragments: of the document, by name.
    """

    def __init__(self, fragments: dict[str, FragmentDetails]) -> None:
        self._fragments = fragments
        self._known: dict[int, bool] = {}

    def below(self, nodes: Iterable[FieldNode]) -> bool:
        """Whether something below fields is asked for later."""
        return any(self._inside(each.selection_set) for each in nodes)

    def _inside(self, selection_set: SelectionSetNode | None) -> bool:
        if selection_set is None:
            return False
        known = self._known.get(id(selection_set))
        if known is None:
            self._known[id(selection_set)] = known = any(map(self._is_marked, selection_set.selections))
        return known

    def _is_marked(self, node: Node) -> bool:
        if directive_of(node, *LATER) is not None:
            return True
        if isinstance(node, FragmentSpreadNode):
            details = self._fragments.get(node.name.value)
            definition: FragmentDefinitionNode | None = details.definition if details else None
            return definition is not None and self._inside(definition.selection_set)
        return self._inside(getattr(node, "selection_set", None))


def directive_of(node: Any, *names: str) -> DirectiveNode | None:
    """The first directive on a selection that has one of the names."""
    return next((each for each in node.directives or () if each.name.value in names), None)
