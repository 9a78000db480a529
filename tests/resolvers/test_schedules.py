"""Cron texts: what they mean, in which words, and when they fire."""

import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.resolvers.errors import Invalid
from gateway.resolvers.schedules import ScheduleDialect, due_between, parse

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)

VALID = {
    "30 6,12 * * *": ("UNIX", "At 06:30 and 12:30"),
    "33 * * * *": ("UNIX", "At 33 minutes past the hour"),
    "* 20 12 3 8,9 *": (
        "SECONDS_FIRST",
        "Every second, at 20 minutes past the hour, between 12:00 and 12:59, on day 3 of the month, "
        "only in August and September",
    ),
    "0 30 12 * * 2": ("SECONDS_FIRST", "At 12:30, only on Tuesday"),
    "0 0 12 ? * 2": ("SECONDS_FIRST", "At 12:00, only on Tuesday"),
    "*/5 * * * * *": ("SECONDS_FIRST", "Every 5 seconds"),
    " 0 0 * * *\n": ("UNIX", "At 00:00"),
    "0\t0  * * *": ("UNIX", "At 00:00"),
    "@daily": ("UNIX", "At 00:00"),
    "@Midnight": ("UNIX", "At 00:00"),
    "@hourly": ("UNIX", "Every hour"),
    "@weekly": ("UNIX", "At 00:00, only on Sunday"),
    "@monthly": ("UNIX", "At 00:00, on day 1 of the month"),
    "@yearly": ("UNIX", "At 00:00, on day 1 of the month, only in January"),
    "@annually": ("UNIX", "At 00:00, on day 1 of the month, only in January"),
    "*/15 9-17 * * MON-FRI": ("UNIX", "Every 15 minutes, between 09:00 and 17:59, Monday through Friday"),
    "0 22-2 * * *": ("UNIX", "At 00:00, 01:00, 02:00, 22:00 and 23:00"),
    "0 0 L * *": ("UNIX", "At 00:00, on the last day of the month"),
    "0 0 1,L * *": ("UNIX", "At 00:00, on day 1 and the last day of the month"),
    "0 0 15W * *": ("UNIX", "At 00:00, on the weekday nearest day 15 of the month"),
    "0 0 * * l5": ("UNIX", "At 00:00, on the last Friday of the month"),
    "0 0 * * fri#2": ("UNIX", "At 00:00, on the second Friday of the month"),
    "0 0 * * mon#1,wed#3": ("UNIX", "At 00:00, on the first Monday and the third Wednesday of the month"),
    "0 0 * * fri-mon": ("UNIX", "At 00:00, only on Sunday, Monday, Friday, and Saturday"),
    "*,5 * * * *": ("UNIX", "Every minute"),
}

PROBLEMS = {
    "ftp://foo:bar@baz.blerg": "“ftp://***@baz.blerg” is a location, not a cron text.",
    "0 0 * * ftp://foo:bar@h": "“0 0 * * ftp://***@h” is a location, not a cron text.",
    "foo:bar@baz.blerg": "“***@baz.blerg” is a location, not a cron text.",
    "": "The text is empty.",
    " \n": "The text is empty.",
    "R": "“H” and “R” fields stand for values that only the scheduler knows.",
    "H(0-9) 0 * * *": "“H” and “R” fields stand for values that only the scheduler knows.",
    "@reboot": "“@reboot” names the start of a machine, not a time.",
    "@every 5m": (
        "“@every 5m” is no known alias; known are @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly."
    ),
    "0 0 0 1 1 * 2024": "The text has seven fields; a year field is not supported.",
    "x" * 256: "The text has 256 characters; a cron text has at most 255.",
    "x" * 255: f"“{'x' * 60}…” has 1 field; a cron text has five, or six with seconds first.",
    "hourly": "“hourly” has 1 field; a cron text has five, or six with seconds first.",
    "0 6 * * *\n0 7 * * *": "“0 6 * * * 0 7 * * *” has 9 fields; a cron text has five, or six with seconds first.",
    "0 24 * * *": "The hour field “24” is not acceptable: its values run from 0 to 23.",
    "60 0 0 * * *": "The second field “60” is not acceptable: its values run from 0 to 59.",
    "0/0 * * * *": "The minute field “0/0” is not acceptable: its values run from 0 to 59.",
    "é * * * *": "The minute field “é” holds a character that cron does not know.",
    "0\u00a00 * * * *": "The minute field “0 0” holds a character that cron does not know.",
    "0 0 31 2 *": "It would never fire: none of its months has such a day.",
    "0 0 1 * 1#2": "“#”, “L” with a weekday, and “W” cannot be combined with a restriction of the other day field.",
    "0 0 1 * 0-6,1#5": "“#”, “L” with a weekday, and “W” cannot be combined with a restriction of the other day field.",
    "0 0 15W * 1": "“#”, “L” with a weekday, and “W” cannot be combined with a restriction of the other day field.",
    "0 0 * * 1,2#2": (
        "The day-of-week field “1,2#2” is not acceptable: “#” takes 1 to 5 and does not mix with plain weekdays."
    ),
}

SECONDS = "It fires at every second of each minute that it names, 60 times a minute; 0 in the seconds field fires once."
EITHER = (
    "Day-of-month and day-of-week are both restricted: "
    "it fires on the days that match either, not only on those that match both."
)

WARNINGS = {
    "30 6,12 * * *": [],
    "*/15 * * * *": [],
    "* 30 12 * * 2": [SECONDS],
    "0 0 1 * 1": [EITHER],
    "0 0 31 2 1": [
        "None of its months has such a day-of-month, so that the day-of-week field alone decides."
    ],
    "59/15 * * * *": [
        "“59/15” in the minute field is 59 alone; some schedulers read it as every 15, so write 59 or */15."
    ],
    "1-1 * * * *": ["“1-1” in the minute field names an equal range, which is read as the whole field."],
    "*/40 * * * *": [
        "“*/40” in the minute field is uneven: it starts again at 0 after 59, so that the last interval is shorter."
    ],
    "*/90 * * * *": ["“*/90” in the minute field is 0 alone, since the step is longer than the field."],
    "0 0 31 * *": ["It skips the months that have fewer than 31 days."],
    "0 0 29 2 *": ["It fires in leap years only."],
    "0 0 29 * *": ["It skips February in years in which February has fewer than 29 days."],
    "ftp://foo:bar@baz.blerg": [],
}


@pytest.mark.parametrize(("text", "expected"), VALID.items())
def test_a_cron_text_is_described(text, expected):
    schedule = parse(text)
    assert (schedule.raw, schedule.is_valid, schedule.problem) == (text, True, None)
    assert (schedule.dialect.value, schedule.description) == expected


@pytest.mark.parametrize(("text", "problem"), PROBLEMS.items())
def test_any_other_text_says_what_is_wrong(text, problem):
    schedule = parse(text)
    assert (schedule.raw, schedule.is_valid, schedule.problem) == (text, False, problem)
    assert (schedule.dialect, schedule.description, schedule.warnings) == (None, None, [])
    assert schedule.next_runs(5, NEW_YEAR, "UTC") == []
    assert "bar" not in repr(schedule)


@pytest.mark.parametrize(("text", "warnings"), WARNINGS.items())
def test_surprising_readings_are_warned_of(text, warnings):
    assert parse(text).warnings == warnings


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("59/15 * * * *", "At 59 minutes past the hour"),
        ("1-1 * * * *", "Every minute"),
        ("*/40 * * * *", "At 0 and 40 minutes past the hour"),
    ],
)
def test_the_words_follow_what_fires(text, description):
    assert parse(text).description == description


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
    with pytest.raises(Invalid, match="no time zone"):
        parse("* * * * *").next_runs(1, NEW_YEAR, timezone)
    with pytest.raises(Invalid, match="no time zone"):
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
        (timedelta(days=31, microseconds=1), "31 days"),
    ],
)
def test_the_window_is_bounded(length, message):
    with pytest.raises(Invalid, match=message):
        due_between(["* * * * *"], NEW_YEAR, NEW_YEAR + length)


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


@settings(derandomize=True, deadline=None, max_examples=800)
@given(st.one_of(PLAUSIBLE, FIELDS, st.text(max_size=300)))
def test_any_text_is_understood_or_told_apart_in_bounded_time(text):
    begun = time.process_time()
    schedule = parse(text)
    found = schedule.next_runs(100, NEW_YEAR, "Europe/Berlin")
    assert (schedule.problem is None) == schedule.is_valid == bool(schedule.description) == bool(found)
    assert isinstance(schedule.warnings, list)
    assert all(before < after for before, after in zip([NEW_YEAR, *found], found, strict=False))
    assert time.process_time() - begun < 1  # tens of milliseconds; the bound leaves room for a slow machine


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
    ],
)
def test_no_text_burns_time(text):
    begun = time.process_time()
    schedule = parse(text)
    schedule.next_runs(100, NEW_YEAR, "America/Chicago")
    assert schedule.is_valid == bool(schedule.description)
    assert time.process_time() - begun < 1
