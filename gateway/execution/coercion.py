"""Input coercion (GraphQL, section 3.10) by functions that are made once for each type.

They know what callers usually send. Whatever else comes, wrong or only rare, is `Undefined` here, and graphql-core's to
coerce or to refuse: it says what is wrong.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLInputType,
    GraphQLInt,
    GraphQLString,
    Undefined,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value

Coercer = Callable[[Any], Any]
"""The coerced value of one that came as JSON; `Undefined` where graphql-core has to look at it."""

_BUILT_IN: Final[dict[GraphQLInputType, Coercer]] = {
    GraphQLString: lambda value: value if value.__class__ is str else Undefined,
    GraphQLID: lambda value: value if value.__class__ is str else Undefined,
    GraphQLBoolean: lambda value: value if value.__class__ is bool else Undefined,
    GraphQLInt: lambda value: (
        value if value.__class__ is int and -2147483648 <= value <= 2147483647 else Undefined
    ),
}


@lru_cache(maxsize=1024)
def coercer(type_: GraphQLInputType) -> Coercer:
    """The function that coerces values of a type."""
    if is_non_null_type(type_):
        return _required(coercer(type_.of_type))
    return _nullable(_of_values(type_))


def _required(coerce: Coercer) -> Coercer:
    return lambda value: Undefined if value is None else coerce(value)


def _nullable(coerce: Coercer) -> Coercer:
    return lambda value: None if value is None else coerce(value)


def _of_values(type_: Any) -> Coercer:
    """Coerces what is not null."""
    if (built_in := _BUILT_IN.get(type_)) is not None:
        return built_in
    if is_list_type(type_):
        return _list(coercer(type_.of_type))
    return _Object(type_) if is_input_object_type(type_) else _leaf(type_.coerce_input_value)


def _leaf(coerce: Coercer) -> Coercer:
    def leaf(value: Any) -> Any:
        try:
            return coerce(value)
        except Exception:  # as graphql-core has it
            return Undefined

    return leaf


def _list(coerce: Coercer) -> Coercer:
    def items(values: Any) -> Any:
        if values.__class__ is not list:
            return Undefined
        coerced = [coerce(each) for each in values]
        return Undefined if any(each is Undefined for each in coerced) else coerced

    return items


class _Object:
    """Coerces objects of one type; its members are looked at when the first comes, since types refer to themselves."""

    __slots__ = ("_members", "_type")

    def __init__(self, type_: Any) -> None:
        self._type = type_
        self._members: list[tuple[str, str, Coercer, Any, bool]] | None = None

    def __call__(self, given: Any) -> Any:
        type_ = self._type
        if given.__class__ is not dict or type_.is_one_of:
            return Undefined
        if (members := self._members) is None:
            members = self._members = [_member(*each) for each in type_.fields.items()]
        coerced: dict[str, Any] = {}
        known = 0
        for name, out, coerce, field, is_required in members:
            if name in given:
                known += 1
                if (value := coerce(given[name])) is Undefined:
                    return Undefined
            elif is_required:
                return Undefined
            elif field is None or (value := coerce_default_value(field)) is Undefined:
                continue
            coerced[out] = value
        return type_.out_type(coerced) if known == len(given) else Undefined


def _member(name: str, field: Any) -> tuple[str, str, Coercer, Any, bool]:
    has_default = coerce_default_value(field) is not Undefined
    is_required = is_required_input_field(field)
    return name, field.out_name or name, coercer(field.type), field if has_default else None, is_required
