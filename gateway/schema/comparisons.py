"""Comparisons: input types for conditions on one value, and the conditions that they express."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar

import strawberry
from strawberry import UNSET
from strawberry.utils.str_converters import to_camel_case

from gateway.db import filters
from gateway.db.filters import EVERYTHING, Where, all_of, is_in, is_null, negate
from gateway.resolvers.errors import Forbidden, Invalid
from gateway.schema.scalars import BigInt

T = TypeVar("T")

MAX_VALUES = 1000


def option(
    description: str,
    *,
    name: str | None = None,
    metadata: Mapping[Any, Any] | None = None,
    deprecation_reason: str | None = None,
) -> Any:
    """An optional member of an input type."""
    return strawberry.field(
        default=UNSET,
        description=description,
        name=name,
        metadata=metadata,
        deprecation_reason=deprecation_reason,
    )


@contextmanager
def inside(name: str | int) -> Iterator[None]:
    """Add this member or item of an argument to the path of an error raised in the block."""
    try:
        yield
    except (Invalid, Forbidden) as error:
        error.at(name)
        raise


def written(name: str) -> str:
    """The name of a comparison's member in GraphQL."""
    return to_camel_case(name).rstrip("_")


class Comparison:
    """Input types whose members compare one column."""

    def where(self, column: str) -> Where:
        """The condition that all given members must hold. Null for `eq` and `ne` means that there is no value."""
        given = {name: value for name, value in vars(self).items() if value is not UNSET}
        conditions = []
        for name, value in given.items():
            with inside(written(name)):
                conditions.append(_compared(name, column, value))
        return all_of(*conditions)


def _compared(name: str, column: str, value: Any) -> Where:
    match name, value:
        case "eq" | "eq_ignore_case", None:
            return is_null(column)
        case "ne", None:
            return negate(is_null(column))
        case _, None:
            return EVERYTHING
        case "is_null", _:
            return is_null(column) if value else negate(is_null(column))
        case "in_", _:
            return is_in(column, checked(value))
        case "not_in", _:
            return negate(is_in(column, checked(value)))
    [value] = checked([value])
    return filters.compare(name, column, value)


def checked(values: list[Any]) -> list[Any]:
    """The operands of a comparison, after checking their number and their texts.

    Raises:
        Invalid: there are too many, or one is not a valid text.
    """
    if len(values) > MAX_VALUES:
        raise Invalid(f"A list in a filter takes at most {MAX_VALUES} values.")
    for value in values:
        try:
            filters.check_text(value)
        except filters.BadText as bad:
            raise Invalid(str(bad)) from None
    return [getattr(value, "value", value) for value in values if value is not None]


@strawberry.input(description="Conditions on a text. All given members must match.")
class StringFilter(Comparison):
    eq: str | None = option("Equal to this value. Null matches rows without a value.")
    eq_ignore_case: str | None = option(
        "Equal to this text, without regard to case. Null matches rows without a value."
    )
    ne: str | None = option(
        "Not equal to this value; rows without a value match, too. Null matches rows with a value."
    )
    in_: list[str] | None = option("Equal to one of these values. At most 1000.", name="in")
    not_in: list[str] | None = option("Equal to none of these values. At most 1000.")
    contains: str | None = option("Contains this text, without regard to case.")
    starts_with: str | None = option("Starts with this text, without regard to case.")
    is_null: bool | None = option("`true` matches rows without a value, `false` matches rows with a value.")

    def equal_texts(self) -> list[str] | None:
        """The texts of which the value must equal one, perhaps ignoring case; None if other values can match."""
        for one in (self.eq, self.eq_ignore_case):
            if isinstance(one, str):
                return [one]
        return self.in_ if isinstance(self.in_, list) else None


@strawberry.input(description="Conditions on a date and time. All given members must match.")
class DateTimeFilter(Comparison):
    eq: datetime | None = option("Equal to this value. Null matches rows without a value.")
    ne: datetime | None = option(
        "Not equal to this value; rows without a value match, too. Null matches rows with a value."
    )
    in_: list[datetime] | None = option("Equal to one of these values. At most 1000.", name="in")
    lt: datetime | None = option("Before this time.")
    lte: datetime | None = option("At or before this time.")
    gt: datetime | None = option("After this time.")
    gte: datetime | None = option("At or after this time.")
    is_null: bool | None = option("`true` matches rows without a value, `false` matches rows with a value.")


@strawberry.input(description="Conditions on an integer. All given members must match.")
class IntFilter(Comparison):
    eq: int | None = option("Equal to this value. Null matches rows without a value.")
    ne: int | None = option(
        "Not equal to this value; rows without a value match, too. Null matches rows with a value."
    )
    in_: list[int] | None = option("Equal to one of these values. At most 1000.", name="in")
    lt: int | None = option("Less than this value.")
    lte: int | None = option("Less than or equal to this value.")
    gt: int | None = option("Greater than this value.")
    gte: int | None = option("Greater than or equal to this value.")
    is_null: bool | None = option("`true` matches rows without a value, `false` matches rows with a value.")


@strawberry.input(description="Conditions on a 64-bit integer. All given members must match.")
class BigIntFilter(Comparison):
    eq: BigInt | None = option("Equal to this value. Null matches rows without a value.")
    ne: BigInt | None = option(
        "Not equal to this value; rows without a value match, too. Null matches rows with a value."
    )
    in_: list[BigInt] | None = option("Equal to one of these values. At most 1000.", name="in")
    lt: BigInt | None = option("Less than this value.")
    lte: BigInt | None = option("Less than or equal to this value.")
    gt: BigInt | None = option("Greater than this value.")
    gte: BigInt | None = option("Greater than or equal to this value.")
    is_null: bool | None = option("`true` matches rows without a value, `false` matches rows with a value.")


@strawberry.input(description="Conditions on a Boolean. All given members must match.")
class BooleanFilter(Comparison):
    eq: bool | None = option("Equal to this value. Null matches rows without a value.")
    ne: bool | None = option(
        "Not equal to this value; rows without a value match, too. Null matches rows with a value."
    )


@strawberry.input(name="Filter", description="Conditions on an enum value. All given members must match.")
class EnumFilter(Comparison, Generic[T]):
    eq: T | None = option("Equal to this value.")
    ne: T | None = option("Not equal to this value.")
    in_: list[T] | None = option("Equal to one of these values. At most 1000.", name="in")
    not_in: list[T] | None = option("Equal to none of these values. At most 1000.")


@strawberry.input(description="Conditions on a global id. All given members must match.")
class IDFilter:
    eq: strawberry.ID | None = option(
        "Equal to this id. Null matches no object, because every object has an id."
    )
    ne: strawberry.ID | None = option("Not equal to this id. Null matches every object.")
    in_: list[strawberry.ID] | None = option("Equal to one of these values. At most 1000.", name="in")
    not_in: list[strawberry.ID] | None = option("Equal to none of these values. At most 1000.")


_COMPARISONS: dict[Any, Any] = {
    str: StringFilter,
    datetime: DateTimeFilter,
    int: IntFilter,
    BigInt: BigIntFilter,
    bool: BooleanFilter,
}
_OF_ENUM: Any = EnumFilter


def comparison_of(kind: Any) -> Any:
    """The comparison for values of a Python type."""
    is_enum = isinstance(kind, type) and issubclass(kind, Enum)
    return _OF_ENUM[kind] if is_enum else _COMPARISONS[kind]
