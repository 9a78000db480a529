"""Paths to problems in a field's arguments: the members and indexes that lead there, for forms to show.

An error's `extensions.argumentPath` begins with the argument's name, `["filter", "or", 0, "orgName", "eq"]`. Of a
variable's value `extensions.variablePath` says the same in the request's `variables`, the variable's name first.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from graphql import ArgumentNode, DocumentNode, GraphQLError, ListValueNode, ObjectFieldNode, VariableNode
from graphql.language import Node, VariableDefinitionNode

from gateway.transport.wording import place_of

Path = list[str | int]

_MEMBER: Final = re.compile(r"(?:to include required|not to include unknown) field '(\w+)'")
_ARGUMENT: Final = re.compile(r"Argument '(?:\w+\.\w+|@\w+)\((\w+):\)'")


def of_document(document: DocumentNode, errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """The extensions that locate each error in a document; empty for an error outside of arguments."""
    wanted = {id(node) for error in errors for node in error.nodes or ()}
    places = {id(node): path for node, path in _in_arguments(document) if id(node) in wanted}
    return [_said(error, places) for error in errors]


def _said(error: GraphQLError, places: Mapping[int, Path]) -> dict[str, Any]:
    path = next((places[id(node)] for node in error.nodes or () if id(node) in places), None)
    if path is None:
        return of_message(error.message)
    return {"argumentPath": _with_member(path, error.message)}


def of_message(message: str) -> dict[str, Any]:
    """What is said of an argument that lacks, or that an execution found wrong: its name stands in the message."""
    found = _ARGUMENT.match(message)
    return {"argumentPath": [found[1]]} if found else {}


def of_variables(document: DocumentNode, errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """The extensions that locate each error in a request's variables."""
    used: dict[str, Path] = {}
    for node, path in _in_arguments(document):
        if isinstance(node, VariableNode):
            used.setdefault(node.name.value, path)
    said: list[dict[str, Any]] = []
    for error in errors:
        place = place_of(error.message)
        if place is None:
            said.append({})
            continue
        variable, inner = place
        inside = _with_member(inner, error.message)
        found: dict[str, Any] = {"variablePath": [variable, *inside]}
        if variable in used:
            found["argumentPath"] = [*used[variable], *inside]
        said.append(found)
    return said


def _with_member(path: Path, message: str) -> Path:
    """The path to the member that an input lacks, or has too much, of which the message tells alone."""
    found = _MEMBER.search(message)
    return [*path, found[1]] if found and path[-1:] != [found[1]] else path


def _in_arguments(document: DocumentNode) -> Iterator[tuple[Node, Path]]:
    """Every node inside of an argument, in no order that matters, with the path to it."""
    pending: list[tuple[Node, Path | None]] = [(document, None)]
    while pending:
        node, path = pending.pop()
        if isinstance(node, VariableDefinitionNode):
            continue
        if isinstance(node, ArgumentNode):
            path = [node.name.value]
        elif isinstance(node, ObjectFieldNode) and path is not None:
            path = [*path, node.name.value]
        if path is not None:
            yield node, path
        for key in reversed(node.keys):
            child = getattr(node, key, None)
            if isinstance(child, Node):
                pending.append((child, path))
            elif isinstance(child, list | tuple):
                is_list = isinstance(node, ListValueNode) and path is not None
                pending += [
                    (each, [*(path or ()), index] if is_list else path)
                    for index, each in reversed(list(enumerate(child)))
                    if isinstance(each, Node)
                ]
