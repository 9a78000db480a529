"""A cron text as a whole: its fields, its dialect, and which days they mean together; or why it is not a cron text."""

import re
from dataclasses import dataclass
from enum import Enum

from gateway.masking import mask_credentials
from gateway.resolvers.cron_fields import (
    DAY,
    FIELD_NAMES,
    HOUR,
    MINUTE,
    MONTH,
    WEEKDAY,
    WEEKDAYS,
    BadField,
    Field,
    read_field,
)

LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

# crontab(5)
_ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_QUOTED_CHARACTERS = 60
_WHITE_SPACE = re.compile(r"[ \t]+")
_FIELD = re.compile(r"[0-9A-Za-z*,/?#-]+")
_RANDOM_FIELD = re.compile(r"[hr](?![a-z])", re.IGNORECASE)
_QUARTZ_WEEKDAY = re.compile(r"(?<![/#0-9])[0-9]+")
_QUARTZ_WEEKDAYS = {str(number): name[:3].upper() for number, name in enumerate(WEEKDAYS, 1)}
_NO_COMBINATION = (
    "“#”, “L” with a weekday, and “W” cannot be combined with a restriction of the other day field."
)


class NotCron(Exception):
    """Why a text is not a cron text, in one sentence for its author, with credentials masked."""


class ScheduleDialect(Enum):
    """How many fields a cron text has, and what the first one is."""

    UNIX = "UNIX"
    SECONDS_FIRST = "SECONDS_FIRST"


class Days(Enum):
    """Which days the two day fields mean together: Vixie cron's rule (crontab(5), and find_jobs() in its cron.c).

    Where neither field begins with ``*`` they mean the days that match either, else those that match both.
    """

    EVERY = "every day"
    OF_MONTH = "day-of-month alone"
    OF_WEEK = "day-of-week alone"
    EITHER = "either"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Expression:
    """A valid cron expression.

    Attributes:
        fields: in the order of `FIELD_NAMES`; the seconds of a UNIX text are ``0``.
        days: which of its day fields decide.
        is_fixed_time: neither hour nor minute has a star or a step; such runs are not lost or doubled by the clock.
        quartz_weekdays: the day-of-week field as Quartz would read it, where the text looks like one of Quartz's and
            means other days there; else null.
    """

    dialect: ScheduleDialect
    fields: tuple[Field, ...]
    days: Days
    is_fixed_time: bool
    quartz_weekdays: str | None = None

    @property
    def has_no_such_day(self) -> bool:
        """Whether the day-of-month field names only days that none of the months ever has."""
        return _has_no_such_day(self.fields)


def read_expression(text: str) -> Expression:
    """Read a cron text.

    Raises:
        NotCron: it is none, or it would never fire.
    """
    parts = _split(text.strip())
    is_unix = len(parts) == 5
    quartz = None if is_unix else _quartz_weekdays(parts)
    parts = ["0", *parts] if is_unix else parts[:6]
    fields = tuple(_field(which, part) for which, part in enumerate(parts[:WEEKDAY]))
    if "#" in parts[WEEKDAY] and not fields[DAY].is_whole:
        raise NotCron(_NO_COMBINATION)
    fields = (*fields, _field(WEEKDAY, parts[WEEKDAY]))
    return Expression(
        ScheduleDialect.UNIX if is_unix else ScheduleDialect.SECONDS_FIRST,
        fields,
        _days(fields),
        not (fields[HOUR].is_wild or fields[MINUTE].is_wild),
        quartz,
    )


def _split(text: str) -> list[str]:
    """Return the five to seven fields of a stripped text, of known characters only."""
    if not text:
        raise NotCron("The text is empty.")
    parts = _WHITE_SPACE.split(_ALIASES.get(text.lower(), text))
    if "://" in text or (len(parts) == 1 and mask_credentials(text) != text):
        raise NotCron(f"{_quote(text)} is a location, not a cron text.")
    if parts[0].lower() == "@reboot":
        raise NotCron("“@reboot” names the start of a machine, not a time.")
    if parts[0].startswith("@"):
        raise NotCron(f"{_quote(text)} is not a known alias; known are {', '.join(_ALIASES)}.")
    if any(_RANDOM_FIELD.match(part) for part in parts):
        raise NotCron("“H” and “R” fields stand for values that only the scheduler knows.")
    if len(parts) == 7 and parts[6] not in ("*", "?"):
        raise NotCron("The text has seven fields; a year field is not supported.")
    if len(parts) not in (5, 6, 7):
        count = "1 field" if len(parts) == 1 else f"{len(parts)} fields"
        raise NotCron(f"{_quote(text)} has {count}; a cron text has five, or six with seconds first.")
    for name, part in zip(FIELD_NAMES[-len(parts) :], parts, strict=False):
        if not _FIELD.fullmatch(part):
            raise NotCron(f"The {name} field {_quote(part)} holds a character that cron does not know.")
    return parts


def _quote(text: str) -> str:
    # Masked before it is cut, or half a password could stay.
    shown = " ".join(mask_credentials(text).split())
    return f"“{shown[:_QUOTED_CHARACTERS]}…”" if len(shown) > _QUOTED_CHARACTERS else f"“{shown}”"


def _field(which: int, part: str) -> Field:
    try:
        return read_field(which, part.lower())
    except BadField as broken:
        raise NotCron(
            f"The {FIELD_NAMES[which]} field {_quote(part)} is not acceptable: {broken}."
        ) from broken


def _days(fields: tuple[Field, ...]) -> Days:
    of_month, of_week = fields[DAY], fields[WEEKDAY]
    if of_month.begins_with_star or of_week.begins_with_star:
        if of_month.is_whole:
            return Days.EVERY if of_week.is_whole else Days.OF_WEEK
        days = Days.OF_MONTH if of_week.is_whole else Days.BOTH
    else:
        days = Days.EVERY if of_month.is_whole or of_week.is_whole else Days.EITHER
    is_nth_of_some_days = bool(of_week.nth_weekdays) and not of_month.is_whole
    if is_nth_of_some_days or (of_month.nearest_weekday is not None and not of_week.is_whole):
        raise NotCron(_NO_COMBINATION)  # neither Vixie cron nor croniter says what that means
    if days is not Days.EVERY and _has_no_such_day(fields):
        if days is not Days.EITHER:
            raise NotCron("It would never fire: none of its months has such a day.")
        return Days.OF_WEEK
    return days


def _has_no_such_day(fields: tuple[Field, ...]) -> bool:
    day = fields[DAY]
    if not day.values or day.has_last_day:
        return False
    return day.values[0] > max(LONGEST_MONTHS[month - 1] for month in fields[MONTH].values)


def _quartz_weekdays(parts: list[str]) -> str | None:
    """The day-of-week field in names, as Quartz numbers weekdays (1 is Sunday), where that makes a difference.

    Quartz wants a ``?`` in one of the day fields and knows a seventh field, the year; others do not.
    """
    part = parts[WEEKDAY]
    numbers = _QUARTZ_WEEKDAY.findall(part)
    if (
        not numbers
        or not ("?" in parts or len(parts) == 7)
        or not all(number in _QUARTZ_WEEKDAYS for number in numbers)
    ):
        return None
    spelled = _QUARTZ_WEEKDAY.sub(lambda number: _QUARTZ_WEEKDAYS[number[0]], part)
    try:
        ours, theirs = (read_field(WEEKDAY, each.lower()) for each in (part, spelled))
    except BadField:
        return None
    is_same = (ours.values, ours.nth_weekdays) == (theirs.values, theirs.nth_weekdays)
    return None if is_same else spelled.upper()
