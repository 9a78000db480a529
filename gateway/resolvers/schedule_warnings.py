"""What the author of a cron expression may not have meant, one sentence for each."""

from collections.abc import Iterator

from gateway.resolvers.cron_expressions import LONGEST_MONTHS, Days, Expression, ScheduleDialect
from gateway.resolvers.cron_fields import (
    DAY,
    FIELD_NAMES,
    HIGHEST,
    LOWEST,
    MONTH,
    SECOND,
    WEEKDAY,
    Field,
)

_SHORTEST_FEBRUARY = 28


def warn(expression: Expression) -> Iterator[str]:
    """Yield one sentence for each reading that may surprise the author of the text, most striking first."""
    if expression.dialect is ScheduleDialect.SECONDS_FIRST and expression.fields[SECOND].is_whole:
        yield (
            "It fires at every second of each minute that it names, 60 times a minute; "
            "0 in the seconds field fires once."
        )
    if expression.quartz_weekdays is not None:
        yield (
            f"“{expression.fields[WEEKDAY].text.upper()}” in the day-of-week field counts from 0, Sunday; Quartz, "
            f"whose texts look like this one, counts from 1: what it would read is {expression.quartz_weekdays}."
        )
    yield from _warn_of_days(expression)
    for which, field in enumerate(expression.fields):
        for item in field.text.split(","):
            yield from _warn_of_step(which, field, item)


def _warn_of_days(expression: Expression) -> Iterator[str]:
    of_month, of_week = expression.fields[DAY], expression.fields[WEEKDAY]
    if expression.days is Days.OF_WEEK and expression.has_no_such_day:
        yield "None of its months has such a day-of-month, so that the day-of-week field alone decides."
    elif expression.days is Days.EITHER:
        yield (
            "Day-of-month and day-of-week are both restricted: "
            "it fires on the days that match either, not only on those that match both."
        )
    elif expression.days is Days.BOTH:
        star = (of_month if of_month.begins_with_star else of_week).text
        yield (
            f"Day-of-month and day-of-week are both restricted, and “{star}” begins with “*”: "
            "it fires only on the days that match both, as Vixie cron has it."
        )
    elif expression.days is Days.EVERY and not (of_month.is_whole and of_week.is_whole):
        which, whole = (DAY, of_month) if of_month.is_whole else (WEEKDAY, of_week)
        yield (
            f"“{whole.text}” in the {FIELD_NAMES[which]} field names every day without beginning with “*”, "
            "so that it fires every day, whatever the other day field says."
        )
    elif expression.days is Days.OF_MONTH:
        yield from _warn_of_short_months(of_month, expression.fields[MONTH].values)


def _warn_of_short_months(day: Field, months: tuple[int, ...]) -> Iterator[str]:
    if day.has_last_day:
        return
    earliest = day.nearest_weekday or day.values[0]
    if day.nearest_weekday is not None:
        if any(LONGEST_MONTHS[month - 1] < earliest for month in months) or (
            2 in months and earliest > _SHORTEST_FEBRUARY
        ):
            yield f"In a month of fewer than {earliest} days it fires on the weekday nearest the last day."
    elif months == (2,) and earliest > _SHORTEST_FEBRUARY:
        yield "It fires in leap years only."
    elif any(LONGEST_MONTHS[month - 1] < earliest for month in months):
        yield f"It skips the months that have fewer than {earliest} days."
    elif 2 in months and earliest > _SHORTEST_FEBRUARY:
        yield f"It skips February in years in which February has fewer than {earliest} days."


def _warn_of_step(which: int, field: Field, item: str) -> Iterator[str]:
    base, _, step = item.partition("/")
    if not step or "-" in base:
        return
    name, low, high = FIELD_NAMES[which], LOWEST[which], HIGHEST[which]
    if base == "*":
        if int(step) > high - low:
            yield f"“{item}” in the {name} field is {low} alone, since the step is longer than the field."
        elif (high - low + 1) % int(step):
            yield (
                f"“{item}” in the {name} field is uneven: "
                f"it starts again at {low} after {high}, so that the last interval is shorter."
            )
    elif len(field.values) == 1 and "," not in field.text:
        only = field.values[0]
        yield (
            f"“{item}” in the {name} field is {only} alone; "
            f"some schedulers read it as every {int(step)}, so write {only} or */{int(step)}."
        )
