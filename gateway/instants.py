"""Instants as text: RFC 3339, as callers and operators write them, and ISO 8601, as vendors do."""

import re
from datetime import UTC, datetime
from typing import Final

# `date-time` of section 5.6, with the space that its note allows; and less of it: no offset, no seconds, no time.
_TEXT: Final = re.compile(
    r"\d{4}-\d\d-\d\d"
    r"(?:[Tt ](?:[01]\d|2[0-3]):[0-5]\d(?::(?P<second>[0-5]\d|60)(?:\.\d{1,6}(?P<finer>\d*))?)?"
    r"(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?",
    re.ASCII,
)


def parse_instant(text: str) -> datetime:
    """Read an instant as RFC 3339 writes it; without an offset it is in UTC, without a time it is midnight.

    Source: https://www.rfc-editor.org/rfc/rfc3339#section-5.6.

    Returns:
        The instant in UTC, to the microsecond; nothing of what was written is rounded away.

    Raises:
        ValueError: it is no such text, or the instant that it says cannot be stored.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        raise ValueError("An instant is written as RFC 3339 has it, such as 2018-04-09T12:00:00Z.")
    if found["second"] == "60":
        raise ValueError("A leap second cannot be stored: the seconds of an instant are 00 to 59.")
    if (found["finer"] or "").strip("0"):
        raise ValueError(
            "An instant is stored to the microsecond: behind six digits its fraction has only zeros."
        )
    try:
        instant = datetime.fromisoformat(text.upper())
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("An instant is on a day of the calendar, in the years 1 to 9999 of UTC.") from None


def iso_instant(text: str) -> datetime | None:
    """The instant of ISO 8601's text, or of PostgreSQL's, in UTC where it has no offset; None where it is neither."""
    try:
        instant = datetime.fromisoformat(text)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):  # overflow: before year 1 or after 9999 in UTC
        return None
