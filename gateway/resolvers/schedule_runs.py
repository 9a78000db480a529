"""When a cron expression runs: croniter steps through the calendar, and a zone's clock says which instants those are.

croniter is given what was parsed, spelled so that it can read it in one way only, and is asked for local times alone;
what a shift of the clock does to them is decided here (docs/decisions/cron-is-vixies.md).
"""

from collections.abc import Iterator
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, croniter

from gateway.resolvers.cron_expressions import Days, Expression, ScheduleDialect
from gateway.resolvers.cron_fields import DAY, HOUR, LAST, MINUTE, MONTH, SECOND, WEEKDAY, Field

HORIZON_YEARS = 100

# Every combination of date and weekday recurs within 28 years, or within 40 across a century year such as
# 2100, so what has not fired for 40 years never will.
_LONGEST_WAIT_YEARS = 40
_CALENDAR_START = datetime(2000, 1, 1)
_SECOND = timedelta(seconds=1)


class Shift(NamedTuple):
    """A change of a zone's offset.

    Attributes:
        at: when, in UTC without saying so.
        before: the offset until then.
        behind: the offset from then on.
    """

    at: datetime
    before: timedelta
    behind: timedelta


def calendar_of(expression: Expression) -> croniter:
    """The scheduler that steps through the local times of an expression."""
    fields = expression.fields
    of_month, of_week = "*", "*"
    if expression.days in (Days.OF_MONTH, Days.EITHER, Days.BOTH):
        of_month = _spell(fields[DAY])
    if expression.days in (Days.OF_WEEK, Days.EITHER, Days.BOTH):
        of_week = _spell(fields[WEEKDAY])
    parts = [_spell(fields[MINUTE]), _spell(fields[HOUR]), of_month, _spell(fields[MONTH]), of_week]
    if expression.dialect is ScheduleDialect.SECONDS_FIRST:
        parts.append(_spell(fields[SECOND]))  # croniter's own place for it
    return croniter(
        " ".join(parts),
        _CALENDAR_START,
        day_or=expression.days is not Days.BOTH,
        max_years_between_matches=_LONGEST_WAIT_YEARS,
    )


def _spell(field: Field) -> str:
    if field.is_whole:
        return "*"
    if field.nearest_weekday is not None:
        return f"{field.nearest_weekday}w"
    if field.nth_weekdays:
        return ",".join(f"l{day}" if nth == LAST else f"{day}#{nth}" for nth, day in field.nth_weekdays)
    return ",".join([*map(str, field.values), *["l"] * field.has_last_day])


def runs(calendar: croniter, after: datetime, zone: ZoneInfo, *, is_fixed_time: bool) -> Iterator[datetime]:
    """Yield the runs later than ``after`` (aware, whole seconds), in UTC, ascending, for a century at most.

    A local time that the clock skips does not run, and one that it repeats runs twice; but a schedule of fixed times
    runs once for all that is skipped, when the clock has moved on, and at the first of two occurrences.
    """
    calendar = copy(calendar)  # its position is its own, what was parsed is shared
    latest = after.astimezone(UTC).replace(tzinfo=None)
    local = after.astimezone(zone).replace(tzinfo=None, fold=0)
    calendar.set_current(local)
    end_year = local.year + HORIZON_YEARS
    shift = _shift_around(local, zone)
    try:
        while True:
            if shift is not None:
                for instant in _around(shift, calendar, latest, is_fixed_time=is_fixed_time):
                    latest = instant
                    yield instant.replace(tzinfo=UTC)
                calendar.set_current(max(shift.at + shift.before, shift.at + shift.behind) - _SECOND)
            local = calendar.get_next(datetime)
            if local.year > end_year:
                return
            shift = _shift_around(local, zone)
            if shift is None:
                instant = local - _offset(local, zone)
                if instant > latest:  # else it has run already, for what was skipped before it
                    latest = instant
                    yield instant.replace(tzinfo=UTC)
    except CroniterBadDateError:
        return


def _around(shift: Shift, calendar: croniter, latest: datetime, *, is_fixed_time: bool) -> Iterator[datetime]:
    """Yield the runs later than ``latest`` in the stretch of local time that a shift skips or repeats."""
    begin, end = sorted((shift.at + shift.before, shift.at + shift.behind))
    if shift.before < shift.behind:
        # It is asked because of a local time that is skipped.
        if is_fixed_time and shift.at > latest:
            yield shift.at
        return
    for offset in (shift.before,) if is_fixed_time else (shift.before, shift.behind):
        calendar.set_current(max(begin - _SECOND, latest + offset))
        while (local := calendar.get_next(datetime)) < end:
            yield local - offset


def _shift_around(local: datetime, zone: ZoneInfo) -> Shift | None:
    """The shift that skips or repeats a local time, or None (PEP 495: its two readings have different offsets)."""
    before, behind = _offset(local, zone), _offset(local.replace(fold=1), zone)
    if before == behind:
        return None
    # The shift lies behind the earlier reading, and not behind the later one.
    low, high = local - max(before, behind), local - min(before, behind)
    while high - low > _SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.replace(tzinfo=UTC).astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return Shift(high, before, behind)


def _offset(local: datetime, zone: ZoneInfo) -> timedelta:
    offset = zone.utcoffset(local)
    assert offset is not None  # it is null for a time of None alone
    return offset
