"""A cron expression in plain words: one English sentence with 24-hour times.

The phrases are made of what the fields name, and not of what was typed, so that the words say what runs.
"""

from collections.abc import Iterator, Sequence

from gateway.resolvers.cron_expressions import Days, Expression
from gateway.resolvers.cron_fields import (
    DAY,
    HOUR,
    LAST,
    MINUTE,
    MONTH,
    MONTHS,
    SECOND,
    WEEKDAY,
    WEEKDAYS,
    Field,
)

_NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", LAST: "last"}
_ORDINAL_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def describe(expression: Expression) -> str:
    """Return what the expression means, in one sentence without a full stop."""
    phrases = [*_times(expression), *_days(expression), *_months(expression.fields[MONTH])]
    sentence = ", ".join(phrases)
    return sentence[0].upper() + sentence[1:]


def _times(expression: Expression) -> Iterator[str]:
    second, minute, hour = (expression.fields[which] for which in (SECOND, MINUTE, HOUR))
    if len(second.values) == len(minute.values) == 1:
        if not (hour.every or hour.stepped or _is_one_range(hour)):
            yield _instants(hour, minute.values[0], second.values[0])
            return
        hours = _hours_of_one_instant(hour)
    elif second.values == (0,) and len(hour.values) == 1 and _is_one_range(minute) and not minute.is_whole:
        begin, end = (f"{hour.values[0]:02}:{each:02}" for each in (minute.values[0], minute.values[-1]))
        yield f"every minute between {begin} and {end}"
        return
    else:
        hours = _hours_of_many_instants(hour)
    minutes = [*_seconds(second), *_minutes(second, minute, hour)]
    yield from minutes
    if hours:
        yield hours
    elif not minutes:
        yield "every hour"


def _instants(hour: Field, minute: int, second: int) -> str:
    past = f":{minute:02}:{second:02}" if second else f":{minute:02}"
    return "at " + _listed([f"{each:02}{past}" for each in hour.values], " and ")


def _seconds(second: Field) -> Iterator[str]:
    if second.values != (0,):
        yield _past(second, "second", "minute")


def _minutes(second: Field, minute: Field, hour: Field) -> Iterator[str]:
    """The phrase of the minutes, unless it goes without saying."""
    is_on_the_minute = second.values == (0,)
    if minute.is_whole:
        if is_on_the_minute:
            yield "every minute"
    elif is_on_the_minute and minute.values == (0,) and (hour.is_whole or hour.every or hour.stepped):
        return
    elif len(second.values) > 1 and minute.every:
        yield f"in every {_ordinal(minute.every)} minute"
    elif len(second.values) > 1 and minute.stepped:
        first, last, step = minute.stepped
        yield f"in every {_ordinal(step)} minute from {first} through {last} past the hour"
    else:
        yield _past(minute, "minute", "hour")


def _past(field: Field, unit: str, whole: str) -> str:
    if field.is_whole:
        return f"every {unit}"
    if field.every:
        return f"every {field.every} {unit}s"
    if field.stepped:
        first, last, step = field.stepped
        return f"every {step} {unit}s, {unit}s {first} through {last} past the {whole}"
    if _is_one_range(field):
        return f"{unit}s {field.values[0]} through {field.values[-1]} past the {whole}"
    return f"at {_listed(_spans(field.values))} {unit}s past the {whole}"


def _hours_of_one_instant(hour: Field) -> str:
    """The phrase of hours of which each has one run, so that an hour can stand for its run."""
    if hour.is_whole:
        return ""
    if hour.every:
        return f"every {hour.every} hours"
    first, last, step = hour.stepped or (hour.values[0], hour.values[-1], 1)
    between = f"between {first:02}:00 and {last:02}:59"
    return between if step == 1 else f"every {step} hours, {between}"


def _hours_of_many_instants(hour: Field) -> str:
    """The phrase of hours of which each has many runs: they read as stretches of time, never as instants."""
    if hour.is_whole:
        return ""
    if hour.every:
        return f"in every {_ordinal(hour.every)} hour from 00:00"
    if hour.stepped:
        first, last, step = hour.stepped
        return f"in every {_ordinal(step)} hour between {first:02}:00 and {last:02}:59"
    stretches = [f"between {first:02}:00 and {last:02}:59" for first, last in _neighbours(hour.values)]
    return _listed(stretches)


def _days(expression: Expression) -> Iterator[str]:
    days, of_month, of_week = expression.days, expression.fields[DAY], expression.fields[WEEKDAY]
    if days in (Days.OF_MONTH, Days.EITHER, Days.BOTH):
        yield _days_of_month(of_month)
    if days in (Days.OF_WEEK, Days.EITHER, Days.BOTH):
        # Vixie cron's rule is half of what a schedule means, so that it stands in the sentence.
        joined = {Days.EITHER: "or ", Days.BOTH: "and only "}.get(days, "")
        yield joined + _days_of_week(of_week, "" if joined else "only ")


def _days_of_month(day: Field) -> str:
    if day.nearest_weekday is not None:
        nearest = f"weekday nearest day {day.nearest_weekday}"
        return f"on the {'first weekday' if day.nearest_weekday == 1 else nearest} of the month"
    if day.every:
        return f"every {day.every} days of the month"
    if day.stepped:
        first, last, step = day.stepped
        return f"every {step} days, between day {first} and {last} of the month"
    if day.has_last_day and not day.values:
        return "on the last day of the month"
    if _is_one_range(day) and not day.has_last_day:
        return f"between day {day.values[0]} and {day.values[-1]} of the month"
    return f"on day {_listed([*_spans(day.values), *['the last day'] * day.has_last_day])} of the month"


def _days_of_week(weekday: Field, only: str) -> str:
    if weekday.nth_weekdays:
        named = [f"the {_NTH[nth]} {WEEKDAYS[day]}" for nth, day in weekday.nth_weekdays]
        return f"on {_listed(named, ' and ')} of the month"
    if _is_one_range(weekday):
        return f"{WEEKDAYS[weekday.values[0]]} through {WEEKDAYS[weekday.values[-1]]}"
    return f"{only}on {_listed(_spans(weekday.values, WEEKDAYS))}"


def _months(month: Field) -> Iterator[str]:
    if month.is_whole:
        return
    if month.every:
        yield f"every {month.every} months"
    elif month.stepped:
        first, last, step = month.stepped
        yield f"every {step} months, {MONTHS[first - 1]} through {MONTHS[last - 1]}"
    elif _is_one_range(month):
        yield f"{MONTHS[month.values[0] - 1]} through {MONTHS[month.values[-1] - 1]}"
    else:
        yield f"only in {_listed(_spans(month.values, ('', *MONTHS)))}"


def _neighbours(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each run of neighbours."""
    begins = [number for number in numbers if number - 1 not in numbers]
    ends = [number for number in numbers if number + 1 not in numbers]
    return list(zip(begins, ends, strict=True))


def _is_one_range(field: Field) -> bool:
    """Whether the values are at least three neighbours, so that they read as a range."""
    return len(field.values) > 2 and len(_neighbours(field.values)) == 1


def _spans(numbers: Sequence[int], names: Sequence[str] | None = None) -> list[str]:
    """Numbers, or their names; three neighbours and more as a range."""

    def named(number: int) -> str:
        return str(number) if names is None else names[number]

    spans = []
    for first, last in _neighbours(numbers):
        if last - first > 1:
            spans.append(f"{named(first)} through {named(last)}")
        else:
            spans += [named(each) for each in range(first, last + 1)]
    return spans


def _listed(items: Sequence[str], last: str | None = None) -> str:
    """A list in words, with a comma before the last "and" of three and more unless another `last` is given."""
    if len(items) == 1:
        return items[0]
    if last is None:
        last = ", and " if len(items) > 2 else " and "
    return ", ".join(items[:-1]) + last + items[-1]


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else _ORDINAL_ENDINGS.get(number % 10, "th")
    return f"{number}{ending}"
