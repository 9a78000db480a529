"""Completing scalars and enums in generated code: the usual value at once, anything else refused."""

from collections.abc import Callable
from typing import Any, Final

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
    is_enum_type,
)

KINDS_KEPT: Final = 64
"""How many Python classes one place remembers: rows' classes are made while the process runs."""


class Unusual(Exception):
    """Generated code met a value that it does not complete; the exact way has to."""


def leaf(type_: GraphQLLeafType, is_non_null: bool) -> Callable[[Any], Any]:
    """Return the function that completes one value of a leaf type.

    It raises Unusual, or whatever the type's own coercion raises, where the value is an error of the field.
    """
    coerce = type_.coerce_output_value
    kinds: set[type] = set()
    names: dict[Any, Any] = {}

    def complete(value: Any) -> Any:
        kind = value.__class__
        if kind not in kinds:
            if value is None and not is_non_null:
                return None
            if value is None or value is Undefined or isinstance(value, Exception):
                raise Unusual
            remember(kinds, kind)
        done = coerce(value)
        if done is None or done is Undefined:
            raise Unusual
        return done

    def complete_enum(value: Any) -> Any:
        # The class belongs to the key: True and 1 are equal, and so may be a member and a text.
        key = (value.__class__, value)
        done = names.get(key)
        if done is None and (done := complete(value)) is not None:
            names[key] = done
        return done

    return complete_enum if is_enum_type(type_) else complete


def remember(kinds: set[type], kind: type) -> None:
    """Add a class to those that a place knows, within bounds."""
    if len(kinds) >= KINDS_KEPT:
        kinds.clear()
    kinds.add(kind)


_AT_ONCE: Final[dict[GraphQLLeafType, str]] = {
    GraphQLString: "{v}.__class__ is str",
    GraphQLID: "{v}.__class__ is str",
    GraphQLBoolean: "{v}.__class__ is bool",
    GraphQLInt: "{v}.__class__ is int and -2147483648 <= {v} <= 2147483647",
}


def leaf_expression(type_: GraphQLLeafType, is_non_null: bool, variable: str, function: str) -> str:
    """Return the Python expression that completes `variable`, by the name of its `leaf` function at need."""
    test = _AT_ONCE.get(type_)
    if test is None:
        return f"{function}({variable})"
    null = "" if is_non_null else f"{variable} is None or "
    return f"{variable} if {null}{test.format(v=variable)} else {function}({variable})"
