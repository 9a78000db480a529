"""What a caller probably meant, where graphql-core does not say so: the usual mistakes of those who are new to Relay's
connections, to payloads, and to filters that have the form of what they filter.

Each is said as graphql-core says its own suggestions, so that `wording.without_suggestions` takes it out again.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
)

from gateway.transport.wording import without_place

_WRAPPERS: Final = ("Connection", "Edge", "Payload", "Result")
"""What the names of types end with that hold objects and have little to ask for themselves."""

_MOST_MEMBERS: Final = 12  # of an input type, that are worth listing


def with_meaning(message: str, schema: GraphQLSchema) -> str:
    """The message of an error in a document or its variables, with what was probably meant; itself where that is open.

    Args:
        message: as `wording` has it.
        schema: that the document was to fit.
    """
    said = without_place(message)
    for pattern, guess in _GUESSES:
        found = pattern.match(said)
        if found is not None:
            meant = guess(schema, *found.groups())
            return message if meant is None else f"{message} Did you mean {meant}?"
    return message


def _member(schema: GraphQLSchema, name: str, type_name: str) -> str | None:
    """The way to a field that a wrapper does not have, but what it holds does."""
    wrapper = schema.get_type(type_name)
    if not type_name.endswith(_WRAPPERS) or not isinstance(wrapper, GraphQLObjectType):
        return None
    for own, field in sorted(wrapper.fields.items(), key=lambda each: each[0] != "nodes"):
        held = get_named_type(field.type)
        if isinstance(held, GraphQLObjectType | GraphQLInterfaceType) and name in held.fields:
            leaf = get_named_type(held.fields[name].type)
            return f"'{own} {{ {name}{' { … }' if is_composite_type(leaf) else ''} }}'"
    return None


def _argument(schema: GraphQLSchema, name: str, type_name: str, field_name: str) -> str | None:
    """The argument that has a member of that name: a mutation's input, or a list's filter."""
    owner = schema.get_type(type_name)
    if not isinstance(owner, GraphQLObjectType) or field_name not in owner.fields:
        return None
    for argument in ("input", "filter"):
        if (taken := owner.fields[field_name].args.get(argument)) is not None:
            kind = get_named_type(taken.type)
            if isinstance(kind, GraphQLInputObjectType) and name in kind.fields:
                return f"'{argument}: {{{name}: …}}'"
    return None


def _object(schema: GraphQLSchema, type_name: str, first: str) -> str | None:
    """The object that a bare value was to be: a comparison of a filter, a key of an order."""
    members = _members(schema, type_name)
    if "field" in members:
        return "{field: …}"
    if "eq" not in members:
        return None
    return "{in: […]}" if first == "[" and "in" in members else "{eq: …}"


def _other_member(schema: GraphQLSchema, type_name: str, name: str) -> str | None:
    """The member of an input type that was meant by one that it lacks."""
    members = _members(schema, type_name)
    if "some" in members and name in _members(schema, get_named_type(members["some"].type).name):
        return f"'some: {{{name}: …}}'"
    if "field" in members:
        kind = get_named_type(members["field"].type)
        value = re.sub(r"(?=[A-Z])", "_", name).upper()
        return f"'field: {value}'" if isinstance(kind, GraphQLEnumType) and value in kind.values else None
    if "eq" in members and len(members) <= _MOST_MEMBERS:
        *others, last = [f"'{each}'" for each in members]
        return f"{', '.join(others)} or {last}"
    return None


def _members(schema: GraphQLSchema, type_name: str) -> Mapping[str, Any]:
    kind = schema.get_type(type_name)
    return kind.fields if isinstance(kind, GraphQLInputObjectType) else {}


# Each matches from the beginning of a message, and looks at no more of it than its names.
_GUESSES: Final[tuple[tuple[re.Pattern[str], Callable[..., str | None]], ...]] = (
    (re.compile(r"Cannot query field '(\w+)' on type '(\w+)'\.$"), _member),
    (re.compile(r"Unknown argument '(\w+)' on field '(\w+)\.(\w+)'\.$"), _argument),
    (re.compile(r"Expected value of type '(\w+)' to be an object, found: (.)"), _object),
    (
        re.compile(r"Expected value of type '(\w+)' not to include unknown field '(\w+)', found: "),
        _other_member,
    ),
)
