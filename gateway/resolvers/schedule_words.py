"""A cron expression in plain words: its description, and the warnings that its author should read."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from cron_descriptor import ExpressionDescriptor, Options

CACHED_TEXTS = 4096

SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY = range(6)
FIELD_NAMES = ("second", "minute", "hour", "day-of-month", "month", "day-of-week")
LOWEST = (0, 0, 0, 1, 1, 0)
HIGHEST = (59, 59, 23, 31, 12, 6)

_LONGEST_MONTHS = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}
_SHORTEST_FEBRUARY = 28
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", "l": "last"}
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


class ScheduleDialect(Enum):
    """How many fields a cron text has, and what the first one is."""

    UNIX = "UNIX"
    SECONDS_FIRST = "SECONDS_FIRST"


@dataclass(frozen=True, slots=True)
class Expression:
    """A valid cron expression, field by field, in the order of ``FIELD_NAMES``.

    ``texts`` are the fields in lower case (``"0"`` for the seconds of a UNIX text). ``values`` are what the
    scheduler expanded them to: numbers, or ``("*",)`` for every value, with ``"l"`` for the last day of a
    month. ``nth_weekdays`` are pairs of weekday (0 is Sunday) and 1 to 5 or ``"l"``; ``nearest_weekday`` is
    the day of a ``W`` entry.
    """

    dialect: ScheduleDialect
    texts: tuple[str, ...]
    values: tuple[tuple[int | str, ...], ...]
    nth_weekdays: tuple[tuple[int, int | str], ...]
    nearest_weekday: int | None

    def is_any(self, field: int) -> bool:
        return "*" in self.values[field]

    def numbers(self, field: int) -> list[int]:
        return [value for value in self.values[field] if isinstance(value, int)]

    def months(self) -> list[int]:
        return list(_LONGEST_MONTHS) if self.is_any(MONTH) else self.numbers(MONTH)

    def is_day_impossible(self) -> bool:
        """Whether the day-of-month field names only days that none of the months ever has."""
        if self.is_any(DAY) or "l" in self.values[DAY] or self.nearest_weekday is not None:
            return False
        return min(self.numbers(DAY)) > max(_LONGEST_MONTHS[month] for month in self.months())


@lru_cache(CACHED_TEXTS)
def describe(expression: Expression) -> str:
    """Return one English sentence with 24-hour times.

    The descriptor is given what the scheduler fires on, not what was typed, wherever it would read the text
    another way (``59/15``, ``1-1``, ``*/40``, ``fri-mon``).
    """
    fields = [_field_for_descriptor(expression, field) for field in range(6)]
    # A year field keeps the descriptor from taking the first of six fields for minutes.
    text = " ".join([*fields, "*"])
    options = Options(locale_code="en_US", use_24hour_time_format=True)
    description: str = ExpressionDescriptor(text, options).get_description()
    if "l" in expression.values[DAY] and len(expression.values[DAY]) > 1:
        description = description.replace(" L of the month", " the last day of the month")
    if len(expression.nth_weekdays) > 1:
        named = [f"{_ORDINALS[nth]} {_WEEKDAYS[day]}" for day, nth in expression.nth_weekdays]
        listed = ", the ".join(named[:-1]) + " and the " + named[-1]
        description = description.replace(named[0], listed, 1)
    return description


def _field_for_descriptor(expression: Expression, field: int) -> str:
    values = expression.values[field]
    if field == WEEKDAY and expression.nth_weekdays:
        weekday, nth = expression.nth_weekdays[0]
        return f"{weekday}L" if nth == "l" else f"{weekday}#{nth}"
    if field == DAY and expression.nearest_weekday is not None:
        return f"{expression.nearest_weekday}W"
    if expression.is_any(field):
        return "*"
    if _is_plain_step(expression, field):
        return expression.texts[field]
    numbers = expression.numbers(field)
    runs = [str(low) if low == high else f"{low}-{high}" for low, high in _runs(numbers)]
    if (
        field == HOUR and len(runs) > 1
    ):  # the descriptor ends a range of hours at :59 even for a single minute
        runs = [str(number) for number in numbers]
    return ",".join([*runs, "L"] if "l" in values else runs)


def _is_plain_step(expression: Expression, field: int) -> bool:
    """Whether a step reads "every N ..." truthfully: even over the whole field, or within a rising range."""
    base, slash, step = expression.texts[field].partition("/")
    if not slash or "," in step or "," in base or not step.isdecimal():
        return False
    if len(expression.values[field]) < 2:
        return False
    if base == "*":
        size = HIGHEST[field] - LOWEST[field] + 1
        return field == DAY or size % int(step) == 0
    low, dash, high = base.partition("-")
    return bool(dash) and low.isdecimal() and high.isdecimal() and int(low) < int(high) <= HIGHEST[field]


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of each run of at least three neighbours; other numbers stand alone."""
    start = 0
    for index, number in enumerate(numbers):
        if index + 1 < len(numbers) and numbers[index + 1] == number + 1:
            continue
        if index - start >= 2:
            yield numbers[start], number
        else:
            yield from ((alone, alone) for alone in numbers[start : index + 1])
        start = index + 1


@lru_cache(CACHED_TEXTS)
def warn(expression: Expression) -> tuple[str, ...]:
    """Return one sentence for each reading that may surprise the author of the text, most striking first."""
    return (
        *_seconds_warnings(expression),
        *_day_warnings(expression),
        *(warning for field in range(6) for warning in _field_warnings(expression, field)),
    )


def _seconds_warnings(expression: Expression) -> Iterator[str]:
    if expression.dialect is ScheduleDialect.SECONDS_FIRST and expression.is_any(SECOND):
        yield (
            "It fires at every second of each minute that it names, 60 times a minute; "
            "0 in the seconds field fires once."
        )


def _day_warnings(expression: Expression) -> Iterator[str]:
    if expression.is_day_impossible():
        yield "None of its months has such a day-of-month, so that the day-of-week field alone decides."
        return
    if not expression.is_any(DAY) and not expression.is_any(WEEKDAY):
        yield (
            "Day-of-month and day-of-week are both restricted: "
            "it fires on the days that match either, not only on those that match both."
        )
        return
    if expression.is_any(DAY) or "l" in expression.values[DAY] or expression.nearest_weekday is not None:
        return
    earliest = min(expression.numbers(DAY))
    months = expression.months()
    if months == [2] and earliest > _SHORTEST_FEBRUARY:
        yield "It fires in leap years only."
    elif any(_LONGEST_MONTHS[month] < earliest for month in months):
        yield f"It skips the months that have fewer than {earliest} days."
    elif 2 in months and earliest > _SHORTEST_FEBRUARY:
        yield f"It skips February in years in which February has fewer than {earliest} days."


def _field_warnings(expression: Expression, field: int) -> Iterator[str]:
    name = FIELD_NAMES[field]
    for item in expression.texts[field].split(","):
        base, slash, step = item.partition("/")
        low, dash, high = base.partition("-")
        if dash and low == high:
            yield f"“{item}” in the {name} field names an equal range, which is read as the whole field."
        elif slash and step.isdecimal() and not dash:
            yield from _step_warnings(expression, field, item, int(step))


def _step_warnings(expression: Expression, field: int, item: str, step: int) -> Iterator[str]:
    base = item.partition("/")[0]
    name = FIELD_NAMES[field]
    low, high = LOWEST[field], HIGHEST[field]
    if base == "*":
        if step > high - low:
            yield f"“{item}” in the {name} field is {low} alone, since the step is longer than the field."
        elif (high - low + 1) % step:
            yield (
                f"“{item}” in the {name} field is uneven: "
                f"it starts again at {low} after {high}, so that the last interval is shorter."
            )
    elif "," not in expression.texts[field] and len(expression.values[field]) == 1:
        only = expression.values[field][0]
        yield (
            f"“{item}” in the {name} field is {only} alone; "
            f"some schedulers read it as every {step}, so write {only} or */{step}."
        )
