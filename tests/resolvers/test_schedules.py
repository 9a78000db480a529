"""Cron texts: when they fire, and which of them in a window."""

import asyncio
import random
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.resolvers.errors import Invalid
from gateway.resolvers.pauses import Pauses
from gateway.resolvers.schedules import ScheduleDialect, due_between, due_with_pauses, parse
from tests.lengths import cases

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)


def test_no_text_has_no_schedule():
    assert parse(None) is None


def test_equal_texts_share_one_schedule_and_long_ones_are_not_kept():
    assert parse("5 5 * * *") is parse("5 5 * * *")
    assert parse("x" * 300) is not parse("x" * 300)


def test_the_dialects_are_two():
    assert [dialect.name for dialect in ScheduleDialect] == ["UNIX", "SECONDS_FIRST"]


def runs(text, after, timezone, first):
    found = parse(text).next_runs(first, datetime.fromisoformat(after), timezone)
    assert all(run.tzinfo is UTC for run in found)
    return [run.strftime("%Y-%m-%dT%H:%M:%SZ") for run in found]


@pytest.mark.parametrize(
    ("text", "after", "timezone", "expected"),
    [
        ("* 20 12 3 8,9 *", "2024-01-01T00:00Z", "UTC", ["2024-08-03T12:20:00Z", "2024-08-03T12:20:01Z"]),
        ("0 12 * * *", "2024-01-01T12:00Z", "UTC", ["2024-01-02T12:00:00Z", "2024-01-03T12:00:00Z"]),
        (
            "0 12 * * *",
            "2024-01-01T13:59:59.9+02:00",
            "UTC",
            ["2024-01-01T12:00:00Z", "2024-01-02T12:00:00Z"],
        ),
        ("0 0 31 2 1", "2024-02-20T00:00Z", "UTC", ["2024-02-26T00:00:00Z", "2025-02-03T00:00:00Z"]),
        ("59/15 * * * *", "2024-01-01T00:00Z", "UTC", ["2024-01-01T00:59:00Z", "2024-01-01T01:59:00Z"]),
        ("0 0 29 2 *", "2096-02-29T00:00Z", "UTC", ["2104-02-29T00:00:00Z", "2108-02-29T00:00:00Z"]),
        # Spring forward: 02:00 to 03:00 does not exist.
        (
            "30 2 * * *",
            "2024-03-30T12:00Z",
            "Europe/Berlin",
            ["2024-03-31T01:00:00Z", "2024-04-01T00:30:00Z"],
        ),
        (
            "30 2 * * *",
            "2024-03-09T12:00Z",
            "America/Chicago",
            ["2024-03-10T08:00:00Z", "2024-03-11T07:30:00Z"],
        ),
        (
            "30 * * * *",
            "2024-03-31T00:00Z",
            "Europe/Berlin",
            ["2024-03-31T00:30:00Z", "2024-03-31T01:30:00Z"],
        ),
        # Fall back: 02:00 to 03:00 (01:00 to 02:00 in Chicago) comes twice.
        (
            "30 2 * * *",
            "2024-10-26T12:00Z",
            "Europe/Berlin",
            ["2024-10-27T00:30:00Z", "2024-10-28T01:30:00Z"],
        ),
        (
            "30 1 * * *",
            "2024-11-02T12:00Z",
            "America/Chicago",
            ["2024-11-03T06:30:00Z", "2024-11-04T07:30:00Z"],
        ),
        (
            "30 * * * *",
            "2024-10-27T00:00Z",
            "Europe/Berlin",
            ["2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z"],
        ),
        ("0 3 * * *", "2024-10-26T12:00Z", "Europe/Berlin", ["2024-10-27T02:00:00Z", "2024-10-28T02:00:00Z"]),
        # A star or a step in hour or minute: what is skipped does not run, what is repeated runs twice.
        (
            "*/30 2 * * *",
            "2024-03-30T12:00Z",
            "Europe/Berlin",
            ["2024-04-01T00:00:00Z", "2024-04-01T00:30:00Z"],
        ),
        (
            "30 2-20/2 * * *",
            "2024-03-31T00:00Z",
            "Europe/Berlin",
            ["2024-03-31T02:30:00Z", "2024-03-31T04:30:00Z"],
        ),
        (
            "30 2-20/2 * * *",
            "2024-10-26T23:00Z",
            "Europe/Berlin",
            ["2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z"],
        ),
        (
            "*/30 2 * * *",
            "2024-10-27T00:15Z",
            "Europe/Berlin",
            ["2024-10-27T00:30:00Z", "2024-10-27T01:00:00Z"],
        ),
        # Fixed times run once for all that is skipped, and not again at an instant of their own.
        (
            "0,30 2,3 * * *",
            "2024-03-30T12:00Z",
            "Europe/Berlin",
            ["2024-03-31T01:00:00Z", "2024-03-31T01:30:00Z"],
        ),
        (
            "0-30 1 * * *",
            "2024-11-03T05:30Z",
            "America/Chicago",
            ["2024-11-03T06:00:00Z", "2024-11-03T06:01:00Z"],
        ),
        # Half an hour is skipped from 02:00, and repeated from 01:30.
        (
            "15 2 * * *",
            "2025-10-04T00:00Z",
            "Australia/Lord_Howe",
            ["2025-10-04T15:30:00Z", "2025-10-05T15:15:00Z"],
        ),
        (
            "15 * * * *",
            "2025-10-04T15:00Z",
            "Australia/Lord_Howe",
            ["2025-10-04T16:15:00Z", "2025-10-04T17:15:00Z"],
        ),
        (
            "45 1 * * *",
            "2026-04-04T12:00Z",
            "Australia/Lord_Howe",
            ["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"],
        ),
        (
            "45 * * * *",
            "2026-04-04T14:00Z",
            "Australia/Lord_Howe",
            ["2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"],
        ),
        ("10-10 * * * *", "2024-01-01T00:00Z", "UTC", ["2024-01-01T00:10:00Z", "2024-01-01T01:10:00Z"]),
        # The 1st or Fridays; odd days that are Mondays.
        ("0 0 1 * 5", "2024-02-25T00:00Z", "UTC", ["2024-03-01T00:00:00Z", "2024-03-08T00:00:00Z"]),
        ("0 0 */2 * 1", "2024-01-01T00:00Z", "UTC", ["2024-01-15T00:00:00Z", "2024-01-29T00:00:00Z"]),
        ("0 0 */1 * 1", "2024-01-01T00:00Z", "UTC", ["2024-01-08T00:00:00Z", "2024-01-15T00:00:00Z"]),
        ("0 0 * * 5L", "2024-01-01T00:00Z", "UTC", ["2024-01-26T00:00:00Z", "2024-02-23T00:00:00Z"]),
        ("0 0 * * sat-wed/2", "2024-01-01T12:00Z", "UTC", ["2024-01-03T00:00:00Z", "2024-01-06T00:00:00Z"]),
    ],
)
def test_next_runs(text, after, timezone, expected):
    assert runs(text, after, timezone, 2) == expected


def test_runs_end_after_a_century():
    assert len(runs("@yearly", "2024-06-01T00:00Z", "UTC", 100)) == 100
    assert len(runs("0 0 29 2 *", "2024-06-01T00:00Z", "UTC", 100)) == 24
    assert len(runs("0 0 * 2 1#5", "2024-06-01T00:00Z", "UTC", 100)) == 3


@pytest.mark.parametrize("first", [0, -1, 101, 2**40])
def test_the_number_of_runs_is_bounded(first):
    with pytest.raises(Invalid, match="between 1 and 100"):
        parse("* * * * *").next_runs(first, NEW_YEAR, "UTC")


@pytest.mark.parametrize(
    "timezone",
    [
        *[
            "",
            "Mars/Base",
            "America",
            "../etc/passwd",
            "/etc/localtime",
            "localtime",
            "right/UTC",
            "\x00",
            "\ud800",
        ],
        *["Europe/Berlin\n", "tzdata.zi", "x" * 5000],
    ],
)
def test_an_unknown_zone_is_refused(timezone):
    with pytest.raises(Invalid, match="is not a time zone"):
        parse("* * * * *").next_runs(1, NEW_YEAR, timezone)
    with pytest.raises(Invalid, match="is not a time zone"):
        due_between([], NEW_YEAR, NEW_YEAR + timedelta(days=1), timezone)


@pytest.mark.parametrize(
    "after", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), datetime(2024, 1, 1)]
)
def test_a_time_without_offset_or_out_of_range_is_refused(after):
    with pytest.raises(Invalid, match=r"offset|years"):
        parse("* * * * *").next_runs(1, after, "America/Chicago")


def test_due_between_includes_its_start_and_not_its_end():
    texts = [
        "0 12 * * *",
        "1 12 * * *",
        "0 13 * * *",
        "30 59 11 * * *",
        "0 0 13 * * *",
        "ftp://foo:bar@baz.blerg",
    ]
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert due_between(texts * 2, noon, noon + timedelta(hours=1)) == {"0 12 * * *", "1 12 * * *"}
    assert due_between(texts, noon, noon + timedelta(hours=1, microseconds=1)) == {
        *{"0 12 * * *", "1 12 * * *", "0 13 * * *", "0 0 13 * * *"}
    }
    assert due_between(texts, noon + timedelta(microseconds=1), noon + timedelta(minutes=1)) == set()
    assert due_between([], noon, noon + timedelta(days=31)) == set()


def test_due_between_reads_the_fields_in_the_zone():
    start = datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert due_between(["0 12 * * *"], start, start + timedelta(minutes=1), "Europe/Berlin") == {"0 12 * * *"}
    # 02:30 has fired before the clock went back.
    repeated = datetime(2024, 10, 27, 1, tzinfo=UTC)
    assert due_between(["30 2 * * *"], repeated, repeated + timedelta(hours=1), "Europe/Berlin") == set()


@pytest.mark.parametrize(
    ("length", "message"),
    [
        (timedelta(0), "later"),
        (timedelta(seconds=-1), "later"),
        (timedelta(days=31, hours=7, microseconds=1), "31 days and 7 hours"),
    ],
)
def test_the_window_is_bounded(length, message):
    with pytest.raises(Invalid, match=message):
        due_between(["* * * * *"], NEW_YEAR, NEW_YEAR + length)


@pytest.mark.parametrize(
    ("zone", "year", "month"),
    [
        ("UTC", 2024, 3),
        ("Europe/Berlin", 2024, 3),
        ("Europe/Berlin", 2024, 10),
        ("America/Chicago", 2026, 3),
        ("America/Rainy_River", 1970, 10),
        ("America/Argentina/Tucuman", 1991, 3),
        ("Antarctica/Casey", 2010, 3),
        ("Antarctica/Vostok", 1994, 1),
    ],
)
def test_a_window_takes_every_calendar_month(zone, year, month):
    begin = datetime(year, month, 1, tzinfo=ZoneInfo(zone))
    end = datetime(year, month + 1, 1, tzinfo=ZoneInfo(zone))
    first, last, next_first = "0 0 1 * *", "59 23 31 * *", f"0 0 1 {month + 1} *"
    assert due_between([first, last, next_first], begin, end, zone) == {first, last}
    # In any other zone, too.
    assert due_between(["* * * * *"], begin, end, "Pacific/Kiritimati") == {"* * * * *"}


def test_a_window_needs_offsets():
    with pytest.raises(Invalid, match="offset"):
        due_between(["* * * * *"], NEW_YEAR, datetime(2024, 1, 2))


def test_due_between_agrees_with_the_runs():
    randomly = random.Random(20240507)
    for _ in range(150):
        text = f"{randomly.randrange(60)} {randomly.randrange(24)} {randomly.choice(['*', '*/3', '13'])} * *"
        start = NEW_YEAR + timedelta(seconds=randomly.randrange(366 * 86400))
        end = start + timedelta(seconds=randomly.randrange(1, 31 * 86400))
        zone = randomly.choice(["UTC", "Europe/Berlin", "America/Chicago", "Asia/Kolkata"])
        first = parse(text).next_runs(1, start - timedelta(seconds=1), zone)[0]
        assert (due_between([text], start, end, zone) == {text}) == (start <= first < end)


PLAUSIBLE = st.text("0123456789*/,-?#lLwWhHrR@ frijan", max_size=60)
FIELD = st.one_of(
    st.sampled_from(
        ["*", "*/7", "1", "5-2", "59/15", "L", "15W", "l5", "5#3", "mon#2,l3", "jan-mar", "?", "R", "29"]
    ),
    st.text("0123456789*/,-#", min_size=1, max_size=6),
)
FIELDS = st.lists(FIELD, min_size=5, max_size=6).map(" ".join)


@settings(derandomize=True, deadline=None, max_examples=cases(150))
@given(st.one_of(PLAUSIBLE, FIELDS, st.text(max_size=300)))
def test_any_text_is_understood_or_told_apart_in_bounded_time(text):
    begun = time.process_time()
    schedule = parse(text)
    found = schedule.next_runs(100, NEW_YEAR, "Europe/Berlin")
    assert (schedule.problem is None) == schedule.is_valid == bool(schedule.description) == bool(found)
    assert isinstance(schedule.warnings, list)
    assert all(before < after for before, after in zip([NEW_YEAR, *found], found, strict=False))
    assert time.process_time() - begun < 10  # tens of milliseconds; the bound leaves room for a slow machine


@pytest.mark.parametrize(
    "text",
    [
        ",".join(["59"] * 80) + " * * * *",
        "* * * * " + ",".join(["5#5"] * 60),
        "* " * 120,
        "9" * 200 + " * * * *",
        f"*/{'9' * 200} * * * *",
        "0 0 30,31 2 *",
        "0 0 31 2 1",
        "0 0 * 2 1#5",
        "0 0 29 2 */6",
        "* * * 29 2 */6",
        "*/2 * * * * *",
    ],
)
def test_no_text_burns_time(text):
    begun = time.process_time()
    schedule = parse(text)
    schedule.next_runs(100, NEW_YEAR, "America/Chicago")
    assert schedule.is_valid == bool(schedule.description)
    assert time.process_time() - begun < 10


@pytest.mark.anyio
async def test_others_run_while_many_runs_are_found():
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)
    schedule = parse("0 0 31 */5 *")
    found = await schedule.next_runs_with_pauses(100, NEW_YEAR, "Europe/Berlin", Pauses(0))
    assert ticks > 100
    before = ticks
    due = await due_with_pauses(
        [f"{n} 0 * 2 1#5" for n in range(9)], NEW_YEAR, NEW_YEAR + timedelta(days=9), "UTC", Pauses(0)
    )
    assert ticks >= before + 9
    ticking.cancel()
    assert found == schedule.next_runs(100, NEW_YEAR, "Europe/Berlin")
    assert due == set()
