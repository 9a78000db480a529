"""Scalars beyond the five of the GraphQL specification."""

from datetime import datetime
from typing import Any, NewType

import strawberry
from strawberry.scalars import JSON

from gateway.execution import itself
from gateway.instants import parse_instant
from gateway.storage.receiving import ReceivedFile

BigInt = NewType("BigInt", int)
Upload = NewType("Upload", ReceivedFile)


def parse_date_time(value: Any) -> datetime:
    """Parse a date and time, as UTC.

    Raises:
        ValueError: the text is not in the format of RFC 3339, or the time cannot be stored.
    """
    if not isinstance(value, str):
        raise ValueError("A DateTime must be a string, such as 2018-04-09T12:00:00Z.")
    return parse_instant(value)


def parse_big_int(value: Any) -> int:
    """Parse a JSON integer, or decimal text, of at most 64 bits.

    Raises:
        ValueError: it is something else.
    """
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.removeprefix("-").isdigit():
        value = int(value)
    if type(value) is int and -(2**63) <= value < 2**63:
        return value
    raise ValueError("BigInt must be an integer of at most 64 bits.")


def big_int(value: Any) -> int:
    """An integer of a response, unchanged.

    Raises:
        ValueError: it is not an integer of at most 64 bits.
    """
    if value.__class__ is int and -(2**63) <= value < 2**63:
        return value
    raise ValueError("BigInt must be an integer of at most 64 bits.")


def parse_upload(value: Any) -> ReceivedFile:
    """A file of a multipart request.

    Raises:
        ValueError: it is a JSON value.
    """
    if isinstance(value, ReceivedFile):
        return value
    raise ValueError("Upload must be a file of a multipart request: its `map` must point to the variable.")


SCALARS: dict[object, Any] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description=(
            "A date and time in the format of RFC 3339. Output is in UTC and ends with `Z`: "
            "`2018-04-09T12:00:00Z`. If there are microseconds, output has six decimal places: "
            "`2018-04-09T12:00:00.000001Z`. Input can have any offset, lower-case `t` and `z`, and a space instead "
            "of `T`. Three more forms are accepted as input: a time without an offset (read as UTC), a time "
            "without seconds, and a date alone (midnight UTC). Values that cannot be stored are refused, never "
            "rounded: fractions finer than a microsecond, leap seconds, and the year 0."
        ),
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        serialize=itself,  # the writer of the answer knows instants, and writes them faster than `isoformat` would
        parse_value=parse_date_time,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description=(
            "A signed 64-bit integer. Output is a JSON number; JavaScript's `JSON.parse` rounds numbers above "
            '2^53. Input is a number, or text of decimal digits such as `"9007199254740993"`.'
        ),
        serialize=big_int,
        parse_value=parse_big_int,
    ),
    Upload: strawberry.scalar(
        name="Upload",
        description=(
            "A file in a multipart request. Set the variable to null, and let the `map` of the request point to "
            "it. Only for input."
        ),
        specified_by_url="https://github.com/jaydenseric/graphql-multipart-request-spec",
        serialize=itself,
        parse_value=parse_upload,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description=(
            "Any JSON value (ECMA-404). It is returned exactly as it was stored: members keep their order, and "
            "numbers keep their digits."
        ),
        specified_by_url="https://ecma-international.org/wp-content/uploads/ECMA-404_2nd_edition_december_2017.pdf",
        serialize=itself,
        parse_value=itself,
    ),
}
