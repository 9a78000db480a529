"""Scalars beyond the specification's five."""

from datetime import UTC, datetime
from typing import Any, NewType

import strawberry

from gateway.execution import itself

BigInt = NewType("BigInt", int)


def parse_instant(value: Any) -> datetime:
    """ISO 8601 text as an instant in UTC; without an offset it is read as UTC, without a time as midnight.

    Raises:
        ValueError: it is no instant between the years 1 and 9999.
    """
    if isinstance(value, str):
        try:
            instant = datetime.fromisoformat(value)
            return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError("DateTime must be ISO 8601 text such as 2018-04-09T12:00:00Z.")


def parse_big_int(value: Any) -> int:
    """A JSON integer, or decimal text, of at most 64 bits.

    Raises:
        ValueError: it is something else.
    """
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.removeprefix("-").isdigit():
        value = int(value)
    if type(value) is int and -(2**63) <= value < 2**63:
        return value
    raise ValueError("BigInt must be an integer of at most 64 bits.")


SCALARS: dict[object, Any] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant as ISO 8601 text in UTC; input without an offset is read as UTC.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=itself,  # orjson writes it, in UTC as RFC 3339 has it, faster than `isoformat` would
        parse_value=parse_instant,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="An integer of at most 64 bits, as a JSON number; decimal text is accepted too.",
        serialize=int,
        parse_value=parse_big_int,
    ),
}
