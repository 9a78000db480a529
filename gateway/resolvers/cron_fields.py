"""One field of a cron text: what it names, and why it is none.

The grammar is that of crontab(5): lists of values, ranges and steps. Beyond it are read what croniter reads: ranges
that run past the end (``22-2``), open steps (``5/15``), ``?`` for ``*`` in a day field, and ``L``, ``W`` and ``#``.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

CACHED_FIELDS = 4096

SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY = range(6)
FIELD_NAMES = ("second", "minute", "hour", "day-of-month", "month", "day-of-week")
LOWEST = (0, 0, 0, 1, 1, 0)
HIGHEST = (59, 59, 23, 31, 12, 6)
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
LAST = 6  # behind the fifth: the last of its weekday in a month

_SUNDAY_TOO = 7
_NAMES = {
    MONTH: {name[:3].lower(): number for number, name in enumerate(MONTHS, 1)},
    WEEKDAY: {name[:3].lower(): number for number, name in enumerate(WEEKDAYS)},
}
_ITEM = re.compile(r"([0-9a-z]+|\*)(?:-([0-9a-z]+))?(?:/([0-9]+))?")
_NEAREST_WEEKDAY = re.compile(r"w?([0-9]+)w?")
_NTH_WEEKDAY = re.compile(r"([0-9a-z]+(?:-[0-9a-z]+)?)#([1-5])")
_LAST_WEEKDAY = re.compile(r"l([0-9a-z]+)|([0-9a-z]+)l")


class BadField(ValueError):
    """A field that names nothing; its text is the rule that it breaks."""


@dataclass(frozen=True, slots=True)
class Field:
    """What one field names.

    Attributes:
        text: as written, in lower case.
        values: the numbers that it names, ascending; weekdays are 0 (Sunday) to 6.
        is_whole: it names every value there is.
        every: the step, where it names every so many values of the whole field, evenly (days: as evenly as months let).
        stepped: first, last and step of a single range with another step.
        has_last_day: it names the last day of a month (``L``), whose number varies.
        nearest_weekday: the day of the month, the nearest Monday to Friday to which is meant (``15W``); null for none.
        nth_weekdays: pairs of 1 to 5 or `LAST`, and weekday (``5#2``, ``5L``), ascending.
    """

    text: str
    values: tuple[int, ...]
    is_whole: bool
    every: int | None = None
    stepped: tuple[int, int, int] | None = None
    has_last_day: bool = False
    nearest_weekday: int | None = None
    nth_weekdays: tuple[tuple[int, int], ...] = ()

    @property
    def begins_with_star(self) -> bool:
        """What Vixie cron looks at (``DOM_STAR`` and ``DOW_STAR`` in its entry.c), not at what the field names."""
        return self.text[0] in "*?"

    @property
    def is_wild(self) -> bool:
        """Whether a star or a step makes it a rhythm, rather than fixed values."""
        return "*" in self.text or "/" in self.text


@lru_cache(CACHED_FIELDS)
def read_field(which: int, text: str) -> Field:
    """Read a field, in lower case.

    Raises:
        BadField: it names nothing.
    """
    if text == "?" and which in (DAY, WEEKDAY):
        return Field(text, tuple(range(LOWEST[which], HIGHEST[which] + 1)), is_whole=True)
    if which == DAY and "w" in text:
        return Field(text, (), is_whole=False, nearest_weekday=_nearest_weekday(text))
    if which == WEEKDAY and ("#" in text or "l" in text):
        return Field(text, (), is_whole=False, nth_weekdays=_nth_weekdays(text))
    items = text.split(",")
    has_last_day = which == DAY and "l" in items
    named = {value for item in items if not (has_last_day and item == "l") for value in _values(which, item)}
    size = HIGHEST[which] - LOWEST[which] + 1
    every, stepped = _steps(which, text) if 1 < len(named) < size else (None, None)
    return Field(text, tuple(sorted(named)), len(named) == size, every, stepped, has_last_day)


def _values(which: int, item: str) -> list[int]:
    """The numbers of one value, range or step; a range that falls runs past the end and on from the beginning."""
    matched = _ITEM.fullmatch(item)
    if matched is None:
        raise BadField(_rule(which, item))
    low, high, step = matched.groups()
    every = 1 if step is None else int(step)
    # A day counted from the end of the month (L-3) is no range from the last day on.
    if not every or (high is not None and low == "*") or low == "l":
        raise BadField(_rule(which, item))
    first = LOWEST[which] if low == "*" else _number(which, low)
    last = HIGHEST[which] if step or low == "*" else first
    if high is not None:
        last = _number(which, high)
    size = HIGHEST[which] - LOWEST[which] + 1
    if last < first:
        last += size
    return [LOWEST[which] + (value - LOWEST[which]) % size for value in range(first, last + 1, every)]


def _number(which: int, text: str) -> int:
    """A number or a name; Sunday is 0 and 7, as the end of a range too."""
    if not text.isdecimal():
        number = 31 if which == DAY and text == "l" else _NAMES.get(which, {}).get(text)
    else:
        number = int(text)
    if number is None or not LOWEST[which] <= number <= (_SUNDAY_TOO if which == WEEKDAY else HIGHEST[which]):
        raise BadField(_rule(which, text))
    return number


def _steps(which: int, text: str) -> tuple[int | None, tuple[int, int, int] | None]:
    """`every` and `stepped` of a field that is a single range with a step."""
    matched = _ITEM.fullmatch(text)
    if matched is None or which == WEEKDAY:  # no step divides a week
        return None, None
    low, high, step = matched[1], matched[2], int(matched[3] or 1)
    if step == 1:
        return None, None
    first = LOWEST[which] if low == "*" else _number(which, low)
    last = HIGHEST[which] if high is None else _number(which, high)
    if (first, last) == (LOWEST[which], HIGHEST[which]) and (which == DAY or (last - first + 1) % step == 0):
        return step, None
    return None, None if high is None or last < first else (first, last, step)


def _nearest_weekday(text: str) -> int:
    matched = _NEAREST_WEEKDAY.fullmatch(text)
    if matched is None or text.count("w") != 1 or not LOWEST[DAY] <= int(matched[1]) <= HIGHEST[DAY]:
        raise BadField(_rule(DAY, text))
    return int(matched[1])


def _nth_weekdays(text: str) -> tuple[tuple[int, int], ...]:
    named: set[tuple[int, int]] = set()
    for item in text.split(","):
        if matched := _NTH_WEEKDAY.fullmatch(item):
            named.update((int(matched[2]), weekday) for weekday in _values(WEEKDAY, matched[1]))
        elif matched := _LAST_WEEKDAY.fullmatch(item):
            named.update((LAST, weekday) for weekday in _values(WEEKDAY, matched[1] or matched[2]))
        else:
            raise BadField(_rule(WEEKDAY, text))
    return tuple(sorted(named))


def _rule(which: int, text: str) -> str:
    """The rule that a text of a field broke, with the spelling that is read where another one is known."""
    if "?" in text:
        return "“?” stands alone in a day field, of six fields the fourth and the sixth"
    if which == WEEKDAY and "#" in text:
        return "“#” takes 1 to 5 and does not mix with plain weekdays"
    if which == WEEKDAY and "l" in text:
        return "the last Friday of a month is 5L or L5, which does not mix with plain weekdays"
    if which == DAY and ("l" in text or "w" in text):
        return (
            "the last day is L, the days from 10 to the last are 10-L, "
            "and the weekday nearest day 15 is 15W, which stands alone"
        )
    if which == WEEKDAY:
        return "its values run from 0 to 7, where 0 and 7 are Sunday"
    return f"its values run from {LOWEST[which]} to {HIGHEST[which]}"
