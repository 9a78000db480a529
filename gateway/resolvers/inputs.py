"""Inputs of rules: what a caller wants changed, as plain data, and the checks that follow from its declaration.

An input names the table whose columns its members are called after. What a column says of its texts (how long, whether
an e-mail address) is asked of the members, a reference is looked up, and the graph's input type is made of it.
"""

import dataclasses
import re
from enum import Enum
from functools import cache
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Literal,
    NewType,
    Self,
    get_args,
    get_origin,
    get_type_hints,
)
from urllib.parse import urlsplit

import orjson
from sqlalchemy import Column, Table

from gateway.db.filters import is_text
from gateway.db.tables.columns import longest
from gateway.resolvers.problems import Problems
from gateway.storage.receiving import ReceivedFile

MAX_LIST: Final = 100
LONGEST_TEXT: Final = 500  # of a member that is no column
LONGEST_EMAIL: Final = 254  # RFC 5321, section 4.5.3.1.3, without the angle brackets
# As HTML has it (https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address).
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*")
# The characters of RFC 3986, and those beyond ASCII that browsers show.
_URL: Final = re.compile(r"https?://[^\s\x00-\x20\x7f<>\"\\^`{|}]+", re.IGNORECASE)


class Absent(Enum):
    """Stands for a member that was not given, where that differs from null."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return self.name


ABSENT: Final = Absent.ABSENT
OrAbsent = Literal[Absent.ABSENT]
"""The type of `ABSENT`: `name: str | OrAbsent | None = ABSENT`."""

Version = NewType("Version", int)
"""A row's version, of 64 bits."""

Size = NewType("Size", int)
"""A number of bytes, of 64 bits."""

JsonObject = NewType("JsonObject", str)
"""A JSON object, as text."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reference:
    """Marks a member that is the id of a row which must be there and be seen.

    Attributes:
        table: whose row it is.
        is_target: whether it is the row that is changed, which the rule locks and so looks up itself.
    """

    table: Table
    is_target: bool = False


class OtherId(str):
    """A reference that is not to a row of the wanted table; as text it names no row.

    Attributes:
        type_name: the public name of the type whose id it is; None of a text that is not a global id.
    """

    type_name: str | None

    def __new__(cls, type_name: str | None) -> Self:
        """Make one that names the type."""
        made = super().__new__(cls)
        made.type_name = type_name
        return made


NO_GLOBAL_ID: Final = "This is not a global id: give the object's `id` as the graph shows it, not its `uuid`."


def of_another_type(type_name: str | None, wanted: str) -> str:
    """The sentence for the global id of one type where another type's is wanted, both by their public names.

    Args:
        type_name: whose id was given; None for a text that is not a global id.
        wanted: whose id is to be given.
    """
    if type_name is None:
        return NO_GLOBAL_ID
    found, missed = (f"{'an' if each[0] in 'AEIOU' else 'a'} {each}" for each in (type_name, wanted))
    return f"This is the id of {found}, not of {missed}."


def said(
    sentence: str,
    default: Any = dataclasses.MISSING,
    *,
    like: Column[Any] | None = None,
    is_apart: bool = False,
) -> Any:
    """Declare a member by its public sentence, where no column or relation of its name has one.

    Args:
        like: the column of another table whose texts the member's are.
        is_apart: whether the member holds inputs of a rule of their own, which checks them when it is called.
    """
    return dataclasses.field(
        default=default, metadata={"sentence": sentence, "like": like, "is_apart": is_apart}
    )


class RuleInput:
    """What the inputs of rules inherit.

    Attributes:
        table: whose columns its members are.
        is_one_of: whether exactly one of its members is given.
    """

    __slots__ = ()
    table: ClassVar[Table | None] = None
    is_one_of: ClassVar[bool] = False

    def check(self, problems: Problems) -> None:
        """Note what no declaration says of the input's own members."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VersionedInput(RuleInput):
    """What the inputs inherit that change a row of which the caller may have read an older version.

    Attributes:
        expected_version: the version that the change is meant for; None for any.
    """

    expected_version: Version | None = said(
        "The `version` of the object as you read it. If the object has another version by now, the change is "
        "refused with the code `CONFLICT`. Default: any version.",
        None,
    )


@dataclasses.dataclass(frozen=True, slots=True)
class MemberOfInput:
    """A member of an input as its annotation has it.

    Attributes:
        name: in Python.
        kind: what remains of the annotation: a scalar, an enum, or another input.
        sentence: the public one; empty where a column's or a relation's is meant.
        like: the column of another table whose texts the member's are.
        reference: whose id it is, if one's.
        is_list: whether it is a tuple of the kind.
        is_nullable: whether it may be null.
        may_be_absent: whether absent differs from null.
        is_required: whether it has no default.
        is_apart: whether it holds inputs that another rule checks.
    """

    name: str
    kind: Any
    sentence: str
    like: Column[Any] | None
    reference: Reference | None
    is_list: bool
    is_nullable: bool
    may_be_absent: bool
    is_required: bool
    is_apart: bool


@cache
def members(input_class: type) -> tuple[MemberOfInput, ...]:
    """The members of an input class, in order."""
    hints = get_type_hints(input_class, include_extras=True)
    fields: tuple[dataclasses.Field[Any], ...] = dataclasses.fields(input_class)
    own_first = sorted(fields, key=lambda each: each.name == "expected_version")
    return tuple(_member(each, hints[each.name]) for each in own_first)


def _member(field: "dataclasses.Field[Any]", annotation: Any) -> MemberOfInput:
    options = get_args(annotation) if _is_union(annotation) else (annotation,)
    plain = [each for each in options if each is not type(None) and each != OrAbsent]
    [kind] = plain
    reference = None
    is_list = get_origin(kind) is tuple
    if is_list:
        kind = get_args(kind)[0]
    if get_origin(kind) is Annotated:
        kind, reference = get_args(kind)
    return MemberOfInput(
        field.name,
        kind,
        field.metadata.get("sentence", ""),
        field.metadata.get("like"),
        reference,
        is_list,
        type(None) in options,
        OrAbsent in options,
        field.default is dataclasses.MISSING,
        field.metadata.get("is_apart", False),
    )


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) not in (None, tuple, Annotated, Literal)


def columns_given(given: RuleInput) -> dict[str, Any]:
    """The values of those members that are given and are columns of the input's table."""
    assert given.table is not None
    kind: Any = type(given)
    values = ((name, getattr(given, name)) for name in _columns_of(kind))
    return {name: value for name, value in values if value is not ABSENT}


@cache
def _columns_of(input_class: Any) -> tuple[str, ...]:
    """The members of an input class that are columns of its table."""
    return tuple(each.name for each in members(input_class) if each.name in input_class.table.c)


def columns_changed(given: RuleInput) -> dict[str, Any]:
    """The values of those columns that are to be different in the row which the input calls `id`."""
    return {name: value for name, value in columns_given(given).items() if name != "id"}


def content_of(given: RuleInput) -> dict[str, Any]:
    """What an input says, as JSON has it: its members, but for those that are as if they had been left out."""
    content: dict[str, Any] = {}
    kind: Any = type(given)
    for name, default in _defaults(kind):
        value = getattr(given, name)
        if value is default or value == default:
            continue
        content[name] = [_said(item) for item in value] if isinstance(value, tuple) else _said(value)
    return content


@cache
def _defaults(input_class: Any) -> tuple[tuple[str, Any], ...]:
    """The members of an input class, each with its default."""
    return tuple((each.name, each.default) for each in dataclasses.fields(input_class))


def _said(item: Any) -> Any:
    if isinstance(item, RuleInput):
        return content_of(item)
    return item.said if isinstance(item, ReceivedFile) else item


References = list[tuple[Table, str, tuple[str, ...]]]
"""Ids that an input refers to, each with its table and its path."""


def check_input(given: RuleInput, problems: Problems) -> References:
    """Note what is wrong with an input by itself, and return the rows that it refers to, to be looked up."""
    references: References = []
    kind: Any = type(given)
    values = [(each, getattr(given, each.name)) for each in members(kind)]
    named = [(each, value) for each, value in values if value is not None and value is not ABSENT]
    if given.is_one_of and len(named) != 1:
        problems.add("Exactly one of its members must be given.")
    nulls = [each for each, value in values if value is None and not each.is_nullable]
    for member in nulls:
        problems.add("This must not be null. Leave it out to keep the current value.", member.name)
    for member, value in named:
        if member.is_list and len(value) > MAX_LIST:
            problems.add(f"The list takes at most {MAX_LIST} items, not {len(value)}.", member.name)
            continue
        if member.is_apart:
            continue
        for index, each in enumerate(value) if member.is_list else ((None, value),):
            place = (member.name,) if index is None else (member.name, str(index))
            if isinstance(each, RuleInput):
                references += check_input(each, problems.below(*place))
            elif member.reference is not None:
                if isinstance(each, OtherId):
                    wanted = member.reference.table.info["type"]
                    problems.add(of_another_type(each.type_name, wanted), *place)
                elif not member.reference.is_target:
                    references.append((member.reference.table, each, (*problems.path, *place)))
            elif member.kind is str or member.kind is JsonObject:
                _check_text(problems, each, _column_of(given.table, member), place)
                if member.kind is JsonObject and not _is_object(each):
                    problems.add("This must be a JSON object.", *place)
    if not nulls:
        given.check(problems)
    return references


def _column_of(table: Table | None, member: MemberOfInput) -> Column[Any] | None:
    return member.like if member.like is not None or table is None else table.c.get(member.name)


def _check_text(problems: Problems, text: str, column: Column[Any] | None, place: tuple[str, ...]) -> None:
    limit = LONGEST_TEXT if column is None else longest(column)
    form = None if column is None or problems.is_legacy else column.info.get("form")
    if not is_text(text):
        problems.add("A text must contain neither NUL characters nor lone surrogates.", *place)
    elif len(text) > limit:
        problems.add(f"The text takes at most {limit} characters, not {len(text)}.", *place)
    elif form == "email" and not is_email(text):
        problems.add("This is not an e-mail address, such as ada@example.com.", *place)
    elif form == "url" and not is_url(text):
        problems.add("This is not a URL of http or https, such as https://example.com/path.", *place)


def _is_object(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def is_email(text: str) -> bool:
    """Whether the text is an e-mail address in the form that browsers ask for."""
    return len(text) <= LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None


def is_url(text: str) -> bool:
    """Whether the text is an absolute URL of http or https (RFC 3986)."""
    if _URL.fullmatch(text) is None:
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # a port that is no number, brackets that hold no address
        return False
