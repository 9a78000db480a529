"""What a cron text means: whether it is one, why not, when it fires next, which texts fire in a window."""

import re
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, croniter

from gateway.resolvers.errors import Invalid
from gateway.resolvers.schedule_words import (
    CACHED_TEXTS,
    DAY,
    FIELD_NAMES,
    HIGHEST,
    HOUR,
    LOWEST,
    MINUTE,
    WEEKDAY,
    Expression,
    ScheduleDialect,
    describe,
    warn,
)
from gateway.resolvers.secrets import mask_credentials

MAX_CHARACTERS = 255
MAX_RUNS = 100
MAX_WINDOW = timedelta(days=31)
HORIZON_YEARS = 100

# Every combination of date and weekday recurs within 28 years, or within 40 across a century year such as
# 2100, so what has not fired for 40 years never will.
_CALENDAR_START = datetime(2000, 1, 1)
_LONGEST_WAIT_YEARS = 40
_YEARS = range(1970, 3000)

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
_TIMEZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
# Not zones: links of this machine, a placeholder, and copies of the database, one of which counts leap seconds.
_NO_TIMEZONE = re.compile(r"localtime|posixrules|Factory|posix/.*|right/.*")


class _NotCron(Exception):
    """Why a text is no cron text, in one sentence for its author."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The meaning of one cron text.

    ``raw`` is the text as stored and may hold a password inside a URL; ``problem``, one sentence with
    credentials masked, is null for a valid text; ``dialect`` is null for an invalid one.
    """

    raw: str = field(repr=False)  # a logged Schedule must not show a password
    is_valid: bool
    problem: str | None = None
    dialect: ScheduleDialect | None = None
    _expression: Expression | None = field(default=None, repr=False)
    _cron: croniter | None = field(default=None, repr=False, compare=False)

    @property
    def description(self) -> str | None:
        """What it does, in one English sentence; null for a text that is no cron text."""
        return None if self._expression is None else describe(self._expression)

    @property
    def warnings(self) -> list[str]:
        """Readings that may surprise the author, one sentence each; none for an invalid text."""
        return [] if self._expression is None else list(warn(self._expression))

    def next_runs(self, first: int, after: datetime, timezone: str) -> list[datetime]:
        """Return the next ``first`` (1 to 100) runs later than ``after``, as aware UTC times, ascending.

        The fields are read in ``timezone`` (a name of the IANA database). A run at a fixed time that the
        clock skips in spring fires when the clock has moved on; one that the clock repeats in autumn fires
        once, at its first occurrence; runs with ``*`` in hour or minute follow elapsed time (as in cron(8)
        of Vixie cron, section "daylight saving time"). Fewer are returned when the schedule fires less often
        within a century; an invalid text has none.

        Raises Invalid for another ``first``, an unknown zone, or a time without offset or out of range.
        """
        if not 1 <= first <= MAX_RUNS:
            raise Invalid(f"The number of runs must lie between 1 and {MAX_RUNS}, not {first}.")
        begin = _local(after, _zone(timezone), "after")
        # Whole seconds: the scheduler keeps its position as a float.
        runs = self._runs(begin.replace(microsecond=0))
        return [run for run, _ in zip(runs, range(first), strict=False)]

    def _runs(self, after: datetime) -> Iterator[datetime]:
        """Yield the runs later than ``after`` (aware, in the zone wanted), in UTC, for a century at most."""
        if self._cron is None or self._expression is None:
            return
        is_fixed_time = not any(self._expression.texts[part].startswith("*") for part in (HOUR, MINUTE))
        cron = copy(self._cron)  # its position is its own, what was parsed is shared
        cron.set_current(after)
        end_year = after.year + HORIZON_YEARS
        while True:
            try:
                run = cron.get_next(datetime)
            except CroniterBadDateError:
                return
            if run.year > end_year:
                return
            if not (run.fold and is_fixed_time):
                yield run.astimezone(UTC)


def parse(raw: str | None) -> Schedule | None:
    """Return what ``raw`` means, or None for None; a text that is no cron text is said to be so, never refused.

    Five fields are UNIX, six are seconds first, and ``@daily`` and its like stand for their five fields
    (crontab(5)). ``L``, ``W`` and ``#`` are understood in the day fields. Results are cached by text.
    """
    if raw is None:
        return None
    if len(raw) > MAX_CHARACTERS:  # never cached, so that the cache's size is bounded
        problem = f"The text has {len(raw):,} characters; a cron text has at most {MAX_CHARACTERS}."
        return Schedule(raw, is_valid=False, problem=problem)
    return _parse(raw)


def due_between(texts: Iterable[str], start: datetime, end: datetime, timezone: str = "UTC") -> set[str]:
    """Return the distinct cron texts that fire at least once at a time t with start <= t < end.

    ``start`` and ``end`` are aware, at most 31 days apart; the fields are read in ``timezone``. Texts that
    are no cron texts are never due. Raises Invalid for an empty or longer window, an unknown zone, or a time
    without offset or out of range.
    """
    zone = _zone(timezone)
    begin = _local(start, zone, "start")
    _local(end, zone, "end")
    if end <= start:
        raise Invalid("The window's end must be later than its start.")
    if end - start > MAX_WINDOW:
        raise Invalid(f"The window may span at most {MAX_WINDOW.days} days.")
    # Runs fall on whole seconds: those from `start` on are those after the last whole second before it.
    before = (begin.astimezone(UTC) - timedelta(microseconds=1)).replace(microsecond=0).astimezone(zone)
    due = set()
    for text in set(texts):
        schedule = parse(text)
        if schedule is not None and (run := next(schedule._runs(before), None)) is not None and run < end:
            due.add(text)
    return due


def _zone(name: str) -> ZoneInfo:
    shown = name if len(name) <= _QUOTED_CHARACTERS else name[:_QUOTED_CHARACTERS] + "…"
    unknown = Invalid(f"“{shown}” is no time zone of the IANA database, such as Europe/Berlin.")
    if not _TIMEZONE.fullmatch(name) or _NO_TIMEZONE.fullmatch(name):
        raise unknown
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # OSError: a folder of the database, such as "America"
        raise unknown from error


def _local(time: datetime, zone: ZoneInfo, name: str) -> datetime:
    if time.utcoffset() is None:
        raise Invalid(f"The time “{name}” needs an offset, such as Z or +02:00.")
    if time.year not in _YEARS:
        raise Invalid(f"The time “{name}” must lie in the years {_YEARS.start} to {_YEARS.stop - 1}.")
    return time.astimezone(zone)


@lru_cache(CACHED_TEXTS)
def _parse(raw: str) -> Schedule:
    try:
        fields = _split(raw.strip())
        cron, expression = _understand(fields)
    except _NotCron as problem:
        return Schedule(raw, is_valid=False, problem=str(problem))
    return Schedule(raw, True, None, expression.dialect, expression, cron)


def _split(text: str) -> list[str]:
    """Return the five or six fields of a stripped text, in lower case and of known characters only."""
    if not text:
        raise _NotCron("The text is empty.")
    parts = _WHITE_SPACE.split(_ALIASES.get(text.lower(), text))
    if "://" in text or (len(parts) == 1 and mask_credentials(text) != text):
        raise _NotCron(f"{_quote(text)} is a location, not a cron text.")
    if parts[0].lower() == "@reboot":
        raise _NotCron("“@reboot” names the start of a machine, not a time.")
    if parts[0].startswith("@"):
        raise _NotCron(f"{_quote(text)} is no known alias; known are {', '.join(_ALIASES)}.")
    if any(_RANDOM_FIELD.match(part) for part in parts):
        raise _NotCron("“H” and “R” fields stand for values that only the scheduler knows.")
    if len(parts) == 7:
        raise _NotCron("The text has seven fields; a year field is not supported.")
    if len(parts) not in (5, 6):
        count = "1 field" if len(parts) == 1 else f"{len(parts)} fields"
        raise _NotCron(f"{_quote(text)} has {count}; a cron text has five, or six with seconds first.")
    for name, part in zip(FIELD_NAMES[-len(parts) :], parts, strict=True):
        if not _FIELD.fullmatch(part):
            raise _NotCron(f"The {name} field {_quote(part)} holds a character that cron does not know.")
    return [part.lower() for part in parts]


def _quote(text: str) -> str:
    # Masked before it is cut, or half a password could stay.
    shown = " ".join(mask_credentials(text).split())
    return f"“{shown[:_QUOTED_CHARACTERS]}…”" if len(shown) > _QUOTED_CHARACTERS else f"“{shown}”"


def _understand(fields: list[str]) -> tuple[croniter, Expression]:
    cron = _schedule(fields)
    if cron is None:
        raise _NotCron(_field_problem(fields))
    is_unix = len(fields) == 5
    # The scheduler keeps seconds behind the weekday.
    values = [*cron.expanded[5:], *cron.expanded[:5]] if not is_unix else [[0], *cron.expanded]
    expression = Expression(
        dialect=ScheduleDialect.UNIX if is_unix else ScheduleDialect.SECONDS_FIRST,
        texts=("0", *fields) if is_unix else tuple(fields),
        values=tuple(tuple(value) for value in values),
        nth_weekdays=tuple(
            sorted(
                ((day, nth) for day, nths in cron.nth_weekday_of_month.items() for nth in nths),
                key=lambda pair: (str(pair[1]), pair[0]),
            )
        ),
        nearest_weekday=next(iter(cron.nearest_weekday), None),
    )
    _check_days(expression)
    if expression.is_day_impossible():
        # Weekdays alone decide; the scheduler would search decades for the day before each of its runs.
        fields[-3] = "*"
        cron = _schedule(fields)
    return cron, expression


def _schedule(fields: list[str]) -> croniter | None:
    try:
        return croniter(
            " ".join(fields),
            _CALENDAR_START,
            second_at_beginning=True,
            max_years_between_matches=_LONGEST_WAIT_YEARS,
        )
    except ValueError:  # the root of the scheduler's own errors, and what it lets through from int()
        return None


def _field_problem(fields: list[str]) -> str:
    """Name the first field that fails with all others open."""
    for index, part in enumerate(fields):
        alone = ["*"] * len(fields)
        alone[index] = part
        if _schedule(alone) is None:
            which = index + 6 - len(fields)
            rule = f"its values run from {LOWEST[which]} to {HIGHEST[which]}"
            if "#" in part:
                rule = "“#” takes 1 to 5 and does not mix with plain weekdays"
            return f"The {FIELD_NAMES[which]} field {_quote(part)} is not acceptable: {rule}."
    return f"{_quote(' '.join(fields))} combines fields that do not go together."


def _check_days(expression: Expression) -> None:
    is_nth_of_some_days = bool(expression.nth_weekdays) and not expression.is_any(DAY)
    is_nearest_on_some_weekdays = expression.nearest_weekday is not None and not expression.is_any(WEEKDAY)
    if is_nth_of_some_days or is_nearest_on_some_weekdays:
        # The scheduler would ignore one of the two fields.
        raise _NotCron(
            "“#”, “L” with a weekday, and “W” cannot be combined with a restriction of the other day field."
        )
    if expression.is_any(WEEKDAY) and expression.is_day_impossible():
        raise _NotCron("It would never fire: none of its months has such a day.")
