"""From the coerced argument of a mutation to its rule's input. Strawberry's objects would cost much more."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, NamedTuple

from strawberry import UNSET, Some
from strawberry.types import has_object_definition
from strawberry.types.base import StrawberryMaybe
from strawberry.utils.str_converters import to_camel_case

from gateway.resolvers.inputs import JsonObject, MemberOfInput, OtherId, members
from gateway.schema.mutations.inputs import is_input
from gateway.schema.node import from_global_id


@dataclass(frozen=True, slots=True)
class Asked:
    """The input of a mutation.

    Attributes:
        given: the rule's input.
        client_mutation_id: the value to return.
        is_dry_run: whether nothing is to be changed.
    """

    given: Any
    client_mutation_id: str | None
    is_dry_run: bool


def read_asked(input_class: type, value: Mapping[str, Any]) -> Asked:
    """The input of a mutation, from the coerced value of the argument `input`.

    Args:
        input_class: the type of the rule's input.
        value: the members under their GraphQL names.
    """
    return Asked(_read(input_class, value), value.get("clientMutationId") or None, bool(value.get("dryRun")))


class _Reading(NamedTuple):
    """How to read a member."""

    name: str
    shown_as: str
    read: Callable[[Any], Any] | None
    keeps_null: bool
    """Whether null is passed on. Otherwise it stands for a default that is not null."""


@cache
def _readings(input_class: type) -> tuple[_Reading, ...]:
    return tuple(
        _Reading(
            each.name,
            to_camel_case(each.name),
            _of_list(_reader(each)) if each.is_list else _reader(each),
            each.is_nullable or each.may_be_absent,
        )
        for each in members(input_class)
    )


def _read(input_class: type, value: Mapping[str, Any]) -> Any:
    values: dict[str, Any] = {}
    for name, shown_as, read, keeps_null in _readings(input_class):
        if shown_as in value:
            given = value[shown_as]
            if given is not None:
                values[name] = given if read is None else read(given)
            elif keeps_null:
                values[name] = None
    return input_class(**values)


def _reader(member: MemberOfInput) -> Callable[[Any], Any] | None:
    if member.reference is not None:
        return partial(_record_id, type_name=member.reference.table.info["type"])
    if is_input(member.kind):
        return partial(_read, member.kind)
    return _json_text if member.kind is JsonObject else None


def _of_list(read: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    return tuple if read is None else lambda values: tuple(map(read, values))


def _record_id(text: str, type_name: str) -> str:
    found = from_global_id(text)
    if found is None:
        return OtherId(None)
    return found[1] if found[0] == type_name else OtherId(found[0])


def _json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def coerced(value: Any) -> Any:
    """The coerced value of a Strawberry input object. graphql-core's own executor passes such objects."""
    if isinstance(value, Some):
        return coerced(value.value)
    if isinstance(value, list):
        return [coerced(each) for each in value]
    if not has_object_definition(type(value)):
        return value
    made: dict[str, Any] = {}
    for field in type(value).__strawberry_definition__.fields:
        given = getattr(value, field.python_name)
        is_maybe = isinstance(field.type, StrawberryMaybe)
        if given is not UNSET and not (is_maybe and given is None):
            made[to_camel_case(field.python_name)] = coerced(given)
    return made
