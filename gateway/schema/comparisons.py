"""Comparisons: the input types that say a condition on one value, and what condition they say."""

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
    """A member of an input type that may be left out."""
    return strawberry.field(
        default=UNSET,
        description=description,
        name=name,
        metadata=metadata,
        deprecation_reason=deprecation_reason,
    )


@contextmanager
def inside(name: str | int) -> Iterator[None]:
    """Have an error of a block be about this member or item of an argument."""
    try:
        yield
    except (Invalid, Forbidden) as error:
        error.at(name)
        raise


def written(name: str) -> str:
    """The name of a comparison's member as callers write it."""
    return to_camel_case(name).rstrip("_")


class Comparison:
    """Input types whose members compare one column."""

    def where(self, column: str) -> Where:
        """All members that are given must hold. Null as an operand of eq and ne means that there is no value."""
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
    """The values of a comparison, if it takes so many and such ones.

    Raises:
        Invalid: it does not.
    """
    if len(values) > MAX_VALUES:
        raise Invalid(f"A list in a filter takes at most {MAX_VALUES} values.")
    for value in values:
        try:
            filters.check_text(value)
        except filters.BadText as bad:
            raise Invalid(str(bad)) from None
    return [getattr(value, "value", value) for value in values if value is not None]


@strawberry.input(description="Conditions on a text.")
class StringFilter(Comparison):
    eq: str | None = option("Equals this; null matches rows without a value.")
    eq_ignore_case: str | None = option("Equals this, whatever the case; null matches rows without a value.")
    ne: str | None = option("Differs from this; null matches rows with a value.")
    in_: list[str] | None = option("Is one of these.", name="in")
    not_in: list[str] | None = option("Is none of these.")
    contains: str | None = option("Contains this text, whatever the case.")
    starts_with: str | None = option("Starts with this text, whatever the case.")
    is_null: bool | None = option("`true` for rows without a value, `false` for rows with one.")

    def equal_texts(self) -> list[str] | None:
        """The texts of which one must equal the value, by case or without; None where others may, too."""
        for one in (self.eq, self.eq_ignore_case):
            if isinstance(one, str):
                return [one]
        return self.in_ if isinstance(self.in_, list) else None


@strawberry.input(description="Conditions on an instant.")
class DateTimeFilter(Comparison):
    eq: datetime | None = option("Equals this; null matches rows without a value.")
    ne: datetime | None = option("Differs from this; null matches rows with a value.")
    in_: list[datetime] | None = option("Is one of these.", name="in")
    lt: datetime | None = option("Is before this instant.")
    lte: datetime | None = option("Is at or before this instant.")
    gt: datetime | None = option("Is after this instant.")
    gte: datetime | None = option("Is at or after this instant.")
    is_null: bool | None = option("`true` for rows without a value, `false` for rows with one.")


@strawberry.input(description="Conditions on a whole number.")
class IntFilter(Comparison):
    eq: int | None = option("Equals this; null matches rows without a value.")
    ne: int | None = option("Differs from this; null matches rows with a value.")
    in_: list[int] | None = option("Is one of these.", name="in")
    lt: int | None = option("Is less than this.")
    lte: int | None = option("Is at most this.")
    gt: int | None = option("Is greater than this.")
    gte: int | None = option("Is at least this.")
    is_null: bool | None = option("`true` for rows without a value, `false` for rows with one.")


@strawberry.input(description="Conditions on a whole number of up to 64 bits.")
class BigIntFilter(Comparison):
    eq: BigInt | None = option("Equals this; null matches rows without a value.")
    ne: BigInt | None = option("Differs from this; null matches rows with a value.")
    in_: list[BigInt] | None = option("Is one of these.", name="in")
    lt: BigInt | None = option("Is less than this.")
    lte: BigInt | None = option("Is at most this.")
    gt: BigInt | None = option("Is greater than this.")
    gte: BigInt | None = option("Is at least this.")
    is_null: bool | None = option("`true` for rows without a value, `false` for rows with one.")


@strawberry.input(description="Conditions on a yes or no.")
class BooleanFilter(Comparison):
    eq: bool | None = option("Equals this; null matches rows without a value.")
    ne: bool | None = option("Differs from this; null matches rows with a value.")


@strawberry.input(name="Filter", description="Conditions on a value of a closed set.")
class EnumFilter(Comparison, Generic[T]):
    eq: T | None = option("Equals this.")
    ne: T | None = option("Differs from this.")
    in_: list[T] | None = option("Is one of these.", name="in")
    not_in: list[T] | None = option("Is none of these.")


@strawberry.input(description="Conditions on a global id.")
class IDFilter:
    eq: strawberry.ID | None = option("Equals it; null: there is none, which holds of no object.")
    ne: strawberry.ID | None = option("Differs from it; null: there is one, which holds of every object.")
    in_: list[strawberry.ID] | None = option("Is one of these.", name="in")
    not_in: list[strawberry.ID] | None = option("Is none of these.")


_COMPARISONS: dict[Any, Any] = {
    str: StringFilter,
    datetime: DateTimeFilter,
    int: IntFilter,
    BigInt: BigIntFilter,
    bool: BooleanFilter,
}
_OF_ENUM: Any = EnumFilter


def comparison_of(kind: Any) -> Any:
    """The comparison that fits values of a Python type."""
    is_enum = isinstance(kind, type) and issubclass(kind, Enum)
    return _OF_ENUM[kind] if is_enum else _COMPARISONS[kind]
