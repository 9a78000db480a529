"""Runs and windows of random cron texts, held against an evaluation of every tick around shifts of the clock."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.resolvers.schedules import due_between, parse
from tests.lengths import cases
from tests.resolvers import cron_oracle

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# Zone, and the instant at which its clock was or will be put forward or back.
SHIFTS = [
    ("Europe/Berlin", "2024-03-31T01:00"),
    ("Europe/Berlin", "2024-10-27T01:00"),
    ("America/Chicago", "2026-03-08T08:00"),
    ("America/Chicago", "2026-11-01T07:00"),
    ("Australia/Lord_Howe", "2025-10-04T15:30"),  # half an hour
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("America/Havana", "2024-03-10T05:00"),  # at midnight: a day without its first hour, a day with two
    ("America/Havana", "2024-11-03T05:00"),
    ("Europe/Dublin", "2024-10-27T01:00"),  # its standard time is the summer's
    ("Africa/Casablanca", "2025-02-23T02:00"),  # back for Ramadan
    ("Antarctica/Troll", "2024-03-31T01:00"),  # two hours
    ("Antarctica/Casey", "2010-03-04T15:00"),  # three hours, over midnight
    ("America/St_Johns", "2010-11-07T02:31"),  # at one minute past midnight
    ("Asia/Kathmandu", "1985-12-31T18:30"),  # a quarter of an hour
    ("Pacific/Apia", "2011-12-30T10:00"),  # a whole day
    ("Africa/Monrovia", "1972-01-07T00:44:30"),  # from an offset with seconds
    ("America/Chicago", "2071-03-08T08:00"),  # by rule, beyond the table of shifts
]


def check(text, after, zone, ticks, first, randomly):
    schedule = parse(text)
    expected = cron_oracle.runs(text, ticks)
    if not schedule.is_valid:
        assert schedule.problem == "It would never fire: none of its months has such a day.", text
        assert expected == [], text
        return 0
    end = ticks[-1][0]
    found = [run for run in schedule.next_runs(first, after, zone) if run <= end]
    assert found == [run for run in expected if run > after][:first], (text, zone, after)
    start = after + timedelta(seconds=randomly.randrange(600))
    longest = min(end - start, timedelta(days=31))
    stop = start + timedelta(seconds=randomly.randrange(1, int(longest.total_seconds())))
    is_due = any(start <= run < stop for run in expected)
    assert due_between([text], start, stop, zone) == ({text} if is_due else set()), (text, start, stop, zone)
    return len(found)


@pytest.mark.parametrize(
    ("count", "seconds", "step", "around"),
    [
        (cases(150, at_most=30_000), False, MINUTE, 26 * HOUR),
        (cases(100, at_most=5_000), True, timedelta(seconds=1), 4 * HOUR),
    ],
    ids=["minutes", "seconds"],
)
def test_runs_and_windows_agree_with_an_evaluation_of_every_tick(count, seconds, step, around):
    randomly = random.Random(19870101)
    clocks = {}
    for zone, at in SHIFTS:
        shift = datetime.fromisoformat(at).replace(tzinfo=UTC)
        own_step = min(step, timedelta(seconds=30)) if zone == "Africa/Monrovia" else step
        clocks[zone, shift] = cron_oracle.clock(ZoneInfo(zone), shift - around, shift + around / 2, own_step)
        offsets = {instant.astimezone(ZoneInfo(zone)).utcoffset() for instant in (shift - HOUR, shift)}
        assert len(offsets) == 2, zone
    compared = 0
    for number in range(count):
        (zone, shift), ticks = list(clocks.items())[number % len(clocks)]
        after = shift + timedelta(seconds=randomly.randrange(-3 * 3600, 90 * 60))
        near = randomly.choice(ticks)[1] if randomly.random() < 0.1 else shift.astimezone(ZoneInfo(zone))
        text = cron_oracle.random_text(randomly, near, seconds=seconds)
        compared += check(text, after, zone, ticks, randomly.choice([1, 5, 30]), randomly)
    assert compared > count * 3  # the texts have to do with the time


def test_days_agree_with_an_evaluation_of_every_day():
    randomly = random.Random(19900101)
    begin = datetime(2027, 1, 1, 12, tzinfo=UTC)  # with 2028, a leap year
    ticks = cron_oracle.clock(UTC, begin, begin + timedelta(days=3 * 366), timedelta(days=1))
    for _ in range(cases(100)):
        near = randomly.choice(ticks)[1]
        days = cron_oracle.random_text(randomly, near).split()[2:]
        text = " ".join(["0 12", *days])
        after = begin + timedelta(days=randomly.randrange(600), hours=1)
        check(text, after, "UTC", ticks, 40, randomly)
