"""What a cron text means: whether it is one, why not, when it fires next, which texts fire in a window."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from croniter import croniter

from gateway.resolvers.cron_expressions import Expression, NotCron, ScheduleDialect, read_expression
from gateway.resolvers.errors import Invalid
from gateway.resolvers.pauses import Pauses
from gateway.resolvers.schedule_runs import calendar_of, runs
from gateway.resolvers.schedule_warnings import warn
from gateway.resolvers.schedule_words import describe
from gateway.resolvers.time_zones import time_zone

CACHED_TEXTS = 4096
MAX_CHARACTERS = 255
MAX_RUNS = 100
# The longest calendar month of any zone since 1970: the clock went back by 7 hours at Vostok in January 1994.
MAX_WINDOW = timedelta(days=31, hours=7)

_YEARS = range(1970, 3000)


@dataclass(frozen=True)
class Schedule:
    """The meaning of one cron text.

    Attributes:
        raw: the text as it is stored, which may hold a password inside of a URL.
        problem: why it is not a cron text, one sentence with credentials masked; None for a valid text.
        dialect: which cron it is written for; None for an invalid text.
    """

    raw: str = field(repr=False)  # a logged Schedule must not show a password
    is_valid: bool
    problem: str | None = None
    dialect: ScheduleDialect | None = None
    _expression: Expression | None = field(default=None, repr=False)

    @cached_property
    def description(self) -> str | None:
        """What it does, in one English sentence; null for a text that is not a cron text."""
        return None if self._expression is None else describe(self._expression)

    @cached_property
    def _warnings(self) -> tuple[str, ...]:
        return () if self._expression is None else tuple(warn(self._expression))

    @property
    def warnings(self) -> list[str]:
        """Readings that may surprise the author, one sentence each; none for an invalid text."""
        return list(self._warnings)

    def next_runs(self, first: int, after: datetime, timezone: str) -> list[datetime]:
        """Return the next ``first`` (1 to 100) runs later than ``after``, as aware UTC times, ascending.

        The fields are read in ``timezone`` (a name of the IANA database). Where hour or minute has ``*`` or a
        step, a local time that the clock skips in spring does not run, and one that it repeats in autumn runs
        twice; fixed times run once, when the clock has moved on, and at the first occurrence. Fewer are
        returned when the schedule fires less often within a century; an invalid text has none.

        Raises:
            Invalid: another ``first``, an unknown zone, or a time without offset or out of range.
        """
        found = self._runs_behind(first, after, timezone)
        return [run for run, _ in zip(found, range(first), strict=False)]

    async def next_runs_with_pauses(
        self, first: int, after: datetime, timezone: str, pauses: Pauses, before: datetime | None = None
    ) -> list[datetime]:
        """Return the same as `next_runs`, and let others run meanwhile: a hundred runs may take a tenth of a second.

        Args:
            before: where it ends, too; None for no end.

        Raises:
            Invalid: as `next_runs`.
        """
        runs: list[datetime] = []
        if before is not None:
            _check(before, "before")
        for run in self._runs_behind(first, after, timezone):
            if before is not None and run >= before:
                break
            runs.append(run)
            await pauses.pause()
            if len(runs) == first:
                break
        return runs

    def _runs_behind(self, first: int, after: datetime, timezone: str) -> Iterator[datetime]:
        if not 1 <= first <= MAX_RUNS:
            raise Invalid(f"`first` must lie between 1 and {MAX_RUNS}, not {first}.").at("first")
        zone = time_zone(timezone)
        _check(after, "after")
        # Whole seconds: the scheduler keeps its position as a float.
        return self._runs(after.replace(microsecond=0), zone)

    @cached_property
    def _calendar(self) -> croniter:
        assert self._expression is not None
        return calendar_of(self._expression)

    def _runs(self, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        if self._expression is None:
            return iter(())
        return runs(self._calendar, after, zone, is_fixed_time=self._expression.is_fixed_time)


def parse(raw: str | None) -> Schedule | None:
    """Return what ``raw`` means, or None for None; a text that is not a cron text is said to be so, never refused.

    Five fields are UNIX, six are seconds first (a seventh, Quartz's year, may be ``*``), and ``@daily`` and its
    like stand for their five fields (crontab(5)). ``L``, ``W`` and ``#`` are understood in the day fields.
    Results are cached by text.
    """
    if raw is None:
        return None
    if len(raw) > MAX_CHARACTERS:  # never cached, so that the cache's size is bounded
        problem = f"The text has {len(raw):,} characters; a cron text has at most {MAX_CHARACTERS}."
        return Schedule(raw, is_valid=False, problem=problem)
    return _parse(raw)


def due_between(texts: Iterable[str], start: datetime, end: datetime, timezone: str = "UTC") -> set[str]:
    """Return the distinct cron texts that fire at least once at a time t with start <= t < end.

    ``start`` and ``end`` are aware, at most a calendar month apart; the fields are read in ``timezone``. Texts
    that are no cron texts are never due.

    Raises:
        Invalid: an empty or longer window, an unknown zone, or a time without offset or out of range.
    """
    is_due = _due_in(start, end, timezone)
    return {text for text in set(texts) if is_due(text)}


async def due_with_pauses(
    texts: Iterable[str], start: datetime, end: datetime, timezone: str, pauses: Pauses
) -> set[str]:
    """Return the same as `due_between`, and let others run meanwhile.

    Raises:
        Invalid: as `due_between`.
    """
    is_due = _due_in(start, end, timezone)
    due = set()
    for text in set(texts):
        if is_due(text):
            due.add(text)
        await pauses.pause()
    return due


def _due_in(start: datetime, end: datetime, timezone: str) -> Callable[[str], bool]:
    zone = time_zone(timezone)
    _check(start, "from")
    _check(end, "to")
    if end <= start:
        raise Invalid("`to` must be later than `from`.").at("to")
    if end - start > MAX_WINDOW:
        raise Invalid(
            "`to` may be at most 31 days and 7 hours later than `from`, the longest calendar month of any zone."
        ).at("to")
    # Runs fall on whole seconds: those from `start` on are those after the last whole second before it.
    before = (start.astimezone(UTC) - timedelta(microseconds=1)).replace(microsecond=0)

    def is_due(text: str) -> bool:
        schedule = parse(text)
        return (
            schedule is not None
            and (run := next(schedule._runs(before, zone), None)) is not None
            and run < end
        )

    return is_due


def _check(time: datetime, name: str) -> None:
    if time.utcoffset() is None:
        raise Invalid(f"`{name}` needs an offset, such as Z or +02:00.").at(name)
    if time.year not in _YEARS:
        raise Invalid(f"`{name}` must lie in the years {_YEARS.start} to {_YEARS.stop - 1}.").at(name)


@lru_cache(CACHED_TEXTS)
def _parse(raw: str) -> Schedule:
    try:
        expression = read_expression(raw)
    except NotCron as problem:
        return Schedule(raw, is_valid=False, problem=str(problem))
    return Schedule(raw, is_valid=True, dialect=expression.dialect, _expression=expression)
