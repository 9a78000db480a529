"""Types whose objects are rows of a table: their fields, and the filter and the order derived from them.

A field declares whether lists can be filtered or sorted by it, and its description. What the column's marks mean for
viewers without the scope `secrets` is added to the description.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from types import NoneType
from typing import Annotated, Any, Final, Self, TypeVar, get_args, get_origin

import strawberry
from sqlalchemy import Table
from strawberry import UNSET
from strawberry.types import has_object_definition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from gateway import execution
from gateway.db.filters import EVERYTHING, NOTHING, UUID, Where, all_of, eq, is_in, negate
from gateway.db.search import matching, searched_names, words
from gateway.db.tables.columns import is_free_text, sorted_by
from gateway.execution import columns_read
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Invalid
from gateway.schema.comparisons import IDFilter, StringFilter, checked, comparison_of, inside, option, written
from gateway.schema.enums import NullsOrder, OrderDirection, described
from gateway.schema.filters import IS_NULL, MEMBER, Condition, Member, misplaced_null
from gateway.schema.node import global_key

C = TypeVar("C", bound=type)

ORDERS: Final = "orders"
"""The key in Strawberry's `metadata` that says whether lists can be sorted by a field."""

_NEEDED: Final = "Requires the scope `secrets`."

_ANNOTATED: Any = Annotated


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """A field of a row type as declared.

    Attributes:
        name: the name in Python.
        kind: its annotation, without null.
        sentence: its description, without what the marks of its columns add.
        columns: the columns of the row that it reads.
        member: the member of the filter with its name; None if lists cannot be filtered by it.
        orders: whether lists can be sorted by it.
    """

    name: str
    kind: Any
    sentence: str
    columns: tuple[str, ...]
    member: Member | None
    orders: bool

    @property
    def brief(self) -> Self:
        """The field with only the first sentence of its description, for filters and orders."""
        return replace(self, sentence=self.sentence.partition(". ")[0])


@dataclass(frozen=True, slots=True)
class DeclaredType:
    """A table, and the fields that show its rows."""

    table: Table
    fields: tuple[DeclaredField, ...]

    def described(self, field: DeclaredField, masked: str, secret: str) -> str:
        """The field's description, with a sentence about the scope if it reads a masked or a secret column."""
        columns = [self.table.c[name] for name in field.columns]
        words = [secret] if any(column.info.get("secret") for column in columns) else []
        words += [masked] if not words and any(map(is_free_text, columns)) else []
        return " ".join([f"{field.sentence.removesuffix('.')}.", *words])


ROW_TYPES: dict[type, DeclaredType] = {}
"""Every row type by its class."""


def row_type(table: Table, *, description: str) -> Callable[[C], C]:
    """Make a GraphQL object type whose objects are rows of a table.

    The descriptions of its fields say which of them need the scope `secrets`.
    """

    def make(row_class: C) -> C:
        declared = {name: each for name, each in vars(row_class).items() if isinstance(each, StrawberryField)}
        found = ROW_TYPES[row_class] = DeclaredType(
            table, tuple(_declared(name, row_class, each) for name, each in declared.items())
        )
        for field in found.fields:
            declared[field.name].description = found.described(
                field,
                "Credentials are masked without the scope `secrets`.",
                "Null without the scope `secrets`.",
            )
        return strawberry.type(row_class, description=description)

    return make


def _declared(name: str, row_class: type, field: StrawberryField) -> DeclaredField:
    columns = columns_read(field, name)
    kind = _not_null(row_class.__annotations__[name])
    member: Member | None = field.metadata.get(MEMBER)
    if member is not None:
        member = replace(member, kind=member.kind or _filter_fitting(kind), column=columns[0])
    return DeclaredField(
        name, kind, field.description or "", columns, member, field.metadata.get(ORDERS, False)
    )


def _not_null(annotation: Any) -> Any:
    kinds = [each for each in get_args(annotation) if each is not NoneType]
    return kinds[0] if NoneType in get_args(annotation) else annotation


def _filter_fitting(kind: Any) -> Any:
    """The input type that filters by a field with this annotation: a comparison, or the filter of another row type.

    The filter of a row type may be made later than this type, so it is referred to by name.
    """
    if get_origin(kind) is Annotated:
        named, reference = get_args(kind)
        return _ANNOTATED[f"{named.__forward_arg__}Filter", reference]
    if has_object_definition(kind):
        return _ANNOTATED[f"{kind.__name__}Filter", strawberry.lazy(kind.__module__)]
    return comparison_of(kind)


def own_uuid(*, filters: bool = False) -> Any:
    """Declare the field `uuid` of rows that have a generated id because another row has the vendor's id.

    Args:
        filters: whether lists can be filtered by it. The filter finds every row with that uuid.
    """
    metadata = {MEMBER: Member(condition=by_uuid) if filters else None}
    return execution.column(
        "vendor_uuid",
        otherwise="id",
        description="The record's own id, exactly as the vendor's API writes it. Several records can have the same "
        "one.",
        metadata=metadata,
    )


def row_version() -> Any:
    """Declare the field `version` of rows that callers can change."""
    return column(
        "version",
        description="The version of the record. Every change increases it. Give it as `expectedVersion` when you "
        "change the record, so that you do not overwrite the changes of others.",
    )


async def by_uuid(context: Context, given: StringFilter) -> Where:
    where: Where = given.where(UUID)
    return where


def column(name: str | None = None, *, description: str, filters: bool = False, orders: bool = False) -> Any:
    """Declare a field that shows one column of the row.

    Args:
        name: the name of the column; by default the field's Python name.
        description: one sentence that says what it is, then others about the value.
        filters: whether lists can be filtered by it, with the comparison for its type.
        orders: whether lists can be sorted by it. Its column in the table must be marked ORDERED, which makes an index.
    """
    metadata = {MEMBER: Member() if filters else None, ORDERS: orders}
    return execution.column(name, description=description, metadata=metadata)


def computed(
    function: Callable[..., Any],
    *,
    description: str,
    filters: Condition | None = None,
    varies: Callable[[Any], bool] | None = None,
) -> Any:
    """Declare a field that is computed from columns of the row; see `gateway.execution.computed`.

    Args:
        function: computes the field's value from the columns that its parameters name.
        description: one sentence that says what it is, then others about the value.
        filters: makes a condition on rows from a comparison of the field's values; None if lists cannot be filtered by
            the field.
        varies: see `gateway.execution.VARIES`; None if the value depends only on the row.
    """
    metadata = {MEMBER: Member(condition=filters) if filters else None, execution.VARIES: varies}
    return execution.computed(function, description=description, metadata=metadata)


def _its_own(record_id: str, context: Context) -> Any:
    return record_id


def by_global_id(type_name: str, value_of: Callable[[str, Context], Any] = _its_own) -> Condition:
    """The condition that a comparison of global ids expresses on a row's own id.

    Args:
        type_name: the public name of the row's type.
        value_of: called as `value_of(record_id, context)`; it returns the value of the column `id` for the id inside a
            global id, or None if no row of the viewer can have it.
    """

    async def condition(context: Context, given: IDFilter) -> Where:
        def value_in(record_id: str) -> Any:
            return value_of(record_id, context)

        conditions = []
        for name, value in vars(given).items():
            if value is not UNSET:
                with inside(written(name)):
                    conditions.append(_by_ids(name, value, type_name, value_in))
        return all_of(*conditions)

    return condition


def _by_ids(name: str, value: Any, type_name: str, value_in: Callable[[str], Any]) -> Where:
    if value is None and name != "eq":
        return EVERYTHING
    ids = checked(value if isinstance(value, list) else [] if value is None else [value])
    named = [key[1] for each in ids if (key := global_key(each, type_name)) is not None]
    found = [row_id for each in named if (row_id := value_in(each)) is not None]
    where = NOTHING if not found else eq("id", found[0]) if name in ("eq", "ne") else is_in("id", found)
    return negate(where) if name in ("ne", "not_in") else where


def filter_of(
    row_class: type,
    *,
    name: str = "",
    only: Collection[str] | None = None,
    is_related: bool = False,
    **more: tuple[Member, str],
) -> Any:
    """The input type that filters a list of rows by their fields.

    Args:
        row_class: the row type.
        is_related: whether it also filters related rows, which may be missing.
        name: the name of the input type, if it is not derived from the row type.
        only: the fields that get a member; None for all fields by which lists can be filtered.
        more: members that are not fields of the row, each with its description.
    """
    rows = ROW_TYPES[row_class]
    name = name or f"{row_class.__name__}Filter"
    made: Any = type(name, (), {"__module__": row_class.__module__})
    annotations = {"and_": list[made], "or_": list[made], "not_": made}
    made.and_ = option("All of these filters match.", name="and")
    made.or_ = option("At least one of these filters matches.", name="or")
    made.not_ = option("This filter does not match.", name="not")
    null = (
        Member(bool, misplaced_null),
        "`true` matches rows that have no such object, `false` matches rows that have one. Allowed only directly "
        "in the filter of a related object, such as `requester: {isNull: true}`.",
    )
    members = {
        **({IS_NULL: null} if is_related else {}),
        **_member_id(rows.table),
        **_searching(rows.table),
        **{each: found for each, found in members_of(row_class).items() if only is None or each in only},
        **more,
    }
    for each, (member, sentence) in members.items():
        annotations[each] = member.kind
        reason = member.deprecation_reason
        setattr(made, each, option(sentence, metadata={MEMBER: member}, deprecation_reason=reason))
    made.__annotations__ = {each: kind | None for each, kind in annotations.items()}
    return strawberry.input(
        made,
        description=f"Conditions on {_in_words(row_class.__name__)}. All given members must match. A member that is "
        "null is ignored. A related object is an exception: null is an error there.",
    )


MAX_WORDS: Final = 16


def _searching(table: Table) -> dict[str, tuple[Member, str]]:
    """The member for full-text search; none if no column is searched."""
    if not (names := searched_names(table)):
        return {}

    async def condition(context: Context, text: str) -> Where:
        if len(words(text)) > MAX_WORDS:
            raise Invalid(f"`search` takes at most {MAX_WORDS} words.")
        return matching(table, text)

    shown = ", ".join(f"`{to_camel_case(name)}`" for name in names)
    sentence = (
        "Full-text search: each word of the text is the beginning of a word in the row. Case and accents are ignored. "
        f"At most {MAX_WORDS} words. It searches {shown}. Credentials in these fields are masked, and are not found."
    )
    return {"search": (Member(str, condition, cost=5), sentence)}


def _member_id(table: Table) -> dict[str, tuple[Member, str]]:
    """The member that finds rows by their global id."""
    if (type_name := table.info.get("type")) is None:
        return {}
    return {"id": (Member(IDFilter, by_global_id(type_name)), "The object's global id.")}


def members_of(row_class: type) -> dict[str, tuple[Member, str]]:
    """The members of a row type's filter by the names of its fields, each with its description."""
    rows = ROW_TYPES[row_class]
    return {
        field.name: (field.member, rows.described(field.brief, _NEEDED, _NEEDED))
        for field in rows.fields
        if field.member is not None
    }


@cache
def list_filter_of(filter: Any) -> Any:
    """The input type that filters rows by a list of related rows.

    Args:
        filter: the input type that filters the related rows, or an annotation that refers to it.
    """
    is_later = get_origin(filter) is Annotated
    name = (get_args(filter)[0].__forward_arg__ if is_later else filter.__name__).removesuffix("Filter")
    sentences = {
        "some": "At least one row of the list matches this filter.",
        "every": "Every row of the list matches this filter. An empty list matches, too.",
        "none": "No row of the list matches this filter. An empty list matches, too.",
    }
    members: dict[str, Any] = {each: option(sentence) for each, sentence in sentences.items()}
    members["__annotations__"] = dict.fromkeys(sentences, filter | None)
    made = type(f"{name}ListFilter", (), {"__module__": __name__, **members})
    return strawberry.input(
        made, description=f"Conditions on {_in_words(name, many=True)}. All given members must match."
    )


def order_of(row_class: type, **more: str) -> Any:
    """The input type that sorts a list of rows by their fields.

    Args:
        row_class: the row type.
        more: columns that no field shows, each with its description.
    """
    rows = ROW_TYPES[row_class]
    shown = {field.name: field for field in rows.fields if field.orders}
    columns = {name: sorted_by(rows.table.c[field.columns[0]]) for name, field in shown.items()}
    columns |= {name: name for name in more}
    sentences = {name: rows.described(field.brief, _NEEDED, _NEEDED) for name, field in shown.items()} | more
    values = {name.upper(): column for name, column in columns.items()}
    fields = Enum(f"{row_class.__name__}OrderField", values)  # type: ignore[misc]
    described(
        fields,
        f"The fields by which {_in_words(row_class.__name__, many=True)} can be sorted.",
        **{name.upper(): sentence for name, sentence in sentences.items()},
    )
    members: dict[str, Any] = {
        "__annotations__": {"field": fields, "direction": OrderDirection, "nulls": NullsOrder | None},
        "__module__": row_class.__module__,
        "field": strawberry.field(description="The field to sort by."),
        "direction": strawberry.field(
            default=OrderDirection.ASC, description="The direction: ascending or descending."
        ),
        "nulls": option(
            "Whether rows without a value come first or last. Default: null is smaller than every value, so first "
            "if ascending, last if descending."
        ),
    }
    return strawberry.input(
        type(f"{row_class.__name__}Order", (), members),
        description="One sort key. Earlier keys in the list take precedence. Rows that are equal in all keys are "
        "sorted by their own id.",
    )


def _in_words(name: str, *, many: bool = False) -> str:
    """The words for a type: ``an integration`` for ``Integration``, or ``a list of integrations`` with ``many``."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()
    if many:
        return "a list of people" if words == "person" else f"a list of {words}s"
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
