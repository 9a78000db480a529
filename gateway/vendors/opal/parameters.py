"""Opal's query parameters: parsed and validated.

A blank parameter counts as absent: Opal's server is written in Go, in which both are "".
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gateway.db import filters
from gateway.db.filters import Where
from gateway.db.tables import ConnectionRequestStatus
from gateway.resolvers.errors import Invalid
from gateway.rest.calls import Call

_DIGITS = re.compile(r"[0-9]{1,9}")
_DATE = re.compile(r"(\d{4})[-/](\d{2})[-/](\d{2})", re.ASCII)
# An offset whose `+` was not percent-encoded.
_SPACED_OFFSET = re.compile(r"(:\d{2}(?:\.\d+)?) (\d{2}:?\d{2})\Z", re.ASCII)

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class Bound(NamedTuple):
    """One end of a period.

    Attributes:
        operator: an operator of `filters.compare`.
    """

    operator: str
    at: datetime

    def where(self, column: str) -> Where:
        return filters.compare(self.operator, column, self.at)


def text(call: Call, name: str) -> str | None:
    """A parameter; None if it is absent or blank."""
    return call.parameter(name) or None


def size(call: Call, name: str, default: int, maximum: int) -> int:
    """A number of rows.

    Raises:
        Invalid: it is not an integer between 1 and the maximum.
    """
    given = text(call, name)
    if given is None:
        return default
    if not _DIGITS.fullmatch(given) or not 1 <= int(given) <= maximum:
        raise Invalid(f"{name} must be an integer between 1 and {maximum}.")
    return int(given)


def flag(call: Call, name: str) -> bool:
    """A boolean; false if it is absent.

    Raises:
        Invalid: it is not a boolean.
    """
    given = text(call, name)
    value = False if given is None else _BOOLEANS.get(given.lower())
    if value is None:
        raise Invalid(f"{name} must be true or false.")
    return value


def identifier(call: Call, name: str) -> str | None:
    """An id in any form: the ids in Opal's own examples are not UUIDs.

    Raises:
        Invalid: it has a character that no stored text can have.
    """
    given = text(call, name)
    if given is not None and not filters.is_text(given):
        raise Invalid(f"{name} must not hold the character NUL.")
    return given


def status(call: Call, name: str) -> ConnectionRequestStatus | None:
    """A status in upper or lower case: Opal has used both.

    Raises:
        Invalid: it is not a status.
    """
    given = text(call, name)
    try:
        return None if given is None else ConnectionRequestStatus(given.lower())
    except ValueError:
        raise Invalid(f"{name} must be one of {', '.join(ConnectionRequestStatus)}.") from None


def earliest(call: Call, name: str) -> Bound | None:
    """The start of a period, inclusive.

    Raises:
        Invalid: it is neither a date nor a time.
    """
    parsed = _instant(call, name)
    return None if parsed is None else Bound("gte", parsed[0])


def latest(call: Call, name: str) -> Bound | None:
    """The end of a period, inclusive. A date alone includes the whole day in UTC.

    Raises:
        Invalid: it is neither a date nor a time.
    """
    parsed = _instant(call, name)
    if parsed is None:
        return None
    at, is_date = parsed
    if not is_date:
        return Bound("lte", at)
    return Bound("lte", at + timedelta(days=1, microseconds=-1))  # the store counts microseconds


def _instant(call: Call, name: str) -> tuple[datetime, bool] | None:
    """The time, and whether it was given as a date alone."""
    given = text(call, name)
    if given is None:
        return None
    try:
        if date := _DATE.fullmatch(given):
            year, month, day = map(int, date.groups())
            return datetime(year, month, day, tzinfo=UTC), True
        if not _DATE.match(given) or len(given) < len("2021-11-01T00"):
            raise ValueError
        at = datetime.fromisoformat(_SPACED_OFFSET.sub(r"\1+\2", given.replace("/", "-")))
        return (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)), False
    except (ValueError, OverflowError):
        raise Invalid(
            f"{name} must be a date such as 2021-11-01 or a time such as 2021-11-01T00:00:00Z."
        ) from None
