"""Input types, derived from the inputs of rules in `gateway.resolvers`."""

from functools import cache
from typing import Any

import strawberry
from sqlalchemy import Table
from strawberry import UNSET
from strawberry.scalars import JSON

from gateway.resolvers.inputs import JsonObject, MemberOfInput, RuleInput, Size, Version, members
from gateway.schema.rows import ROW_TYPES
from gateway.schema.scalars import BigInt, Upload
from gateway.storage.receiving import ReceivedFile

_MAYBE: Any = strawberry.Maybe
_LIST: Any = list


@cache
def input_type(input_class: type, name: str, description: str) -> Any:
    """The GraphQL input type of a rule's input, without the members that every mutation has."""
    return strawberry.input(
        type(name, (), members_of(input_class)),
        description=description,
        one_of=input_class.is_one_of or None,  # type: ignore[attr-defined]
    )


def members_of(input_class: type) -> dict[str, Any]:
    """The attributes of a class that becomes the input type: fields and their annotations."""
    made: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    is_one_of = input_class.is_one_of  # type: ignore[attr-defined]
    for member in members(input_class):
        sentence = member.sentence or _sentence(input_class.table, member)  # type: ignore[attr-defined]
        kind: Any = _kind_of(member)
        if member.may_be_absent:
            # What may be left out may be null to GraphQL; the rule's input says whether it may.
            kind = _MAYBE[kind | None]
        elif member.is_nullable or not member.is_required:
            kind = kind | None
        made["__annotations__"][member.name] = kind
        is_optional = is_one_of or not member.is_required
        options = {"default": UNSET} if is_optional and not member.may_be_absent else {}
        made[member.name] = strawberry.field(description=sentence, **options)
    return made


def _kind_of(member: MemberOfInput) -> Any:
    kind: Any = member.kind
    if member.reference is not None:
        kind = strawberry.ID
    elif kind in (Version, Size):
        kind = BigInt
    elif kind is ReceivedFile:
        kind = Upload
    elif kind is JsonObject:
        kind = JSON
    elif is_input(kind):
        kind = input_type(kind, f"{kind.__name__}Input", (kind.__doc__ or "").partition("\n")[0])
    return _LIST[kind] if member.is_list else kind


def is_input(kind: Any) -> bool:
    """Whether the type of a member is itself a rule's input."""
    return isinstance(kind, type) and issubclass(kind, RuleInput)


def _sentence(table: Table | None, member: MemberOfInput) -> str:
    """The description of the column or relation that has the member's name in the row type."""
    names = (member.name, member.name.removesuffix("_id"))
    for declared in ROW_TYPES.values():
        if declared.table is table:
            for each in declared.fields:
                if each.name in names:
                    return each.sentence
    raise LookupError(f"Nothing says what the member {member.name} is.")
