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


def itself(value: Any) -> Any:
    """Return the value: how a scalar is serialized whose values the response's writer knows."""
    return value


class Unusual(Exception):
    """Generated code met a value that it does not complete; the exact way has to."""


class NotCovered(Exception):
    """Generated code cannot serve this operation, whatever the data."""


class Leaf:
    """Completes the values of a leaf type at one place."""

    __slots__ = ("_is_non_null", "coerce", "kinds", "names", "type")

    def __init__(self, type_: GraphQLLeafType, is_non_null: bool) -> None:
        self.type = type_
        self.coerce: Callable[[Any], Any] = type_.coerce_output_value
        self.kinds: set[type] = set()
        """The classes whose values were coerced before; never None's nor an exception's."""
        self._is_non_null = is_non_null
        self.names: dict[Any, Any] = {}
        """The completed values of an enum, by the value, or by class and value where it is no text."""

    def complete(self, value: Any) -> Any:
        """Complete any value.

        What the type's own coercion raises, where the value is an error of the field, passes through.

        Raises:
            Unusual: the value is one that only the exact way can complete.
        """
        kind = value.__class__
        if kind not in self.kinds:
            if value is None and not self._is_non_null:
                return None
            if value is None or value is Undefined or isinstance(value, Exception):
                raise Unusual
            remember(self.kinds, kind)
        done = self.coerce(value)
        if done is None or done is Undefined:
            raise Unusual
        return done

    def complete_enum(self, value: Any) -> Any:
        """Complete a value of an enum, of which there are few."""
        # The class belongs to the key: True and 1 are equal, and so may be a member and a text.
        key = value if value.__class__ is str else (value.__class__, value)
        done = self.names.get(key)
        if done is None and (done := self.complete(value)) is not None:
            self.names[key] = done
        return done

    @property
    def function(self) -> Callable[[Any], Any]:
        """The function that completes one value."""
        return self.complete_enum if is_enum_type(self.type) else self.complete

    def statements(self, source: str, variable: str, name: Callable[[str, Any], str]) -> list[str]:
        """Return Python statements that put the completed value of an expression into a variable.

        Args:
            source: the expression.
            variable: the name of the variable.
            name: called as `name(prefix, object)`; it gives an object a name that the statements may use.
        """
        complete = name("l", self.function)
        test = _AT_ONCE.get(self.type)
        if test is not None:
            null = "" if self._is_non_null else f"{variable} is not None and "
            unusual = f"{null}not ({test.format(v=variable)})"
            return [f"{variable} = {source}", f"if {unusual}: {variable} = {complete}({variable})"]
        if is_enum_type(self.type):
            names = name("n", self.names)
            return [
                f"{variable} = {source}",
                f"{variable} = {names}.get({variable}) or {complete}({variable})"
                f" if {variable}.__class__ is str else {complete}({variable})",
            ]
        if self.coerce is itself:
            kinds = name("k", self.kinds)
            return [
                f"{variable} = {source}",
                f"if {variable}.__class__ not in {kinds}: {variable} = {complete}({variable})",
            ]
        coerce, kinds, undefined = name("s", self.coerce), name("k", self.kinds), name("u", Undefined)
        done = f"{variable}d"
        return [
            f"{done} = {source}",
            f"{variable} = {coerce}({done}) if {done}.__class__ in {kinds} else {complete}({done})",
            f"if {variable} is None or {variable} is {undefined}: {variable} = {complete}({done})",
        ]


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
