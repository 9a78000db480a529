"""Cron texts: what they mean in words, what is wrong with them, and what their authors are warned of."""

import random
from datetime import UTC, datetime

import pytest

from gateway.resolvers.schedules import parse
from tests.resolvers import cron_oracle

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
    # An equal range is its one value, with a step too.
    "10-10 * * * *": ("UNIX", "At 10 minutes past the hour"),
    "10-10/5 6-6 7-7 8-8 *": ("UNIX", "At 06:10, on day 7 of the month, only in August"),
    "0 0 * mar-mar fri-fri": ("UNIX", "At 00:00, only on Friday, only in March"),
    "0 0 * * 7-7": ("UNIX", "At 00:00, only on Sunday"),
    "30-30 0 0 * * *": ("SECONDS_FIRST", "At 00:00:30"),
    "0 0 * * 0-7": ("UNIX", "At 00:00"),
    # Both day fields: either of them, or both where one begins with a star.
    "30 4 1,15 * 5": ("UNIX", "At 04:30, on day 1 and 15 of the month, or on Friday"),
    "0 0 1-7 * 1-5": ("UNIX", "At 00:00, between day 1 and 7 of the month, or Monday through Friday"),
    "0 0 1 * 1-5/2": ("UNIX", "At 00:00, on day 1 of the month, or on Monday, Wednesday, and Friday"),
    "0 0 1-15/7 5 sun": (
        "UNIX",
        "At 00:00, every 7 days, between day 1 and 15 of the month, or on Sunday, only in May",
    ),
    "0 0 L * 5": ("UNIX", "At 00:00, on the last day of the month, or on Friday"),
    "0 0 */2 * 1": ("UNIX", "At 00:00, every 2 days of the month, and only on Monday"),
    "0 0 1-7 * */7": ("UNIX", "At 00:00, between day 1 and 7 of the month, and only on Sunday"),
    "0 0 8-14 * */2,5": (
        "UNIX",
        "At 00:00, between day 8 and 14 of the month, and only on Sunday, Tuesday, and Thursday through Saturday",
    ),
    "0 0 */2 * mon-fri": ("UNIX", "At 00:00, every 2 days of the month, and only Monday through Friday"),
    "0 0 */1 * 1": ("UNIX", "At 00:00, only on Monday"),
    "0 0 1 * */1": ("UNIX", "At 00:00, on day 1 of the month"),
    "0 0 ? * 1": ("UNIX", "At 00:00, only on Monday"),
    "0 0 1-31 * 1": ("UNIX", "At 00:00"),
    "0 0 1,* * 1": ("UNIX", "At 00:00"),
    # Hours of which each has many runs are stretches of time.
    "*/10 9,17 * * *": ("UNIX", "Every 10 minutes, between 09:00 and 09:59 and between 17:00 and 17:59"),
    "* 6,8-9,20 * * *": (
        "UNIX",
        "Every minute, between 06:00 and 06:59, between 08:00 and 09:59, and between 20:00 and 20:59",
    ),
    "0,30 9,17 * * *": (
        "UNIX",
        "At 0 and 30 minutes past the hour, between 09:00 and 09:59 and between 17:00 and 17:59",
    ),
    "0-30 */6 * * *": ("UNIX", "Minutes 0 through 30 past the hour, in every 6th hour from 00:00"),
    "*/15 8-18/2 * * *": ("UNIX", "Every 15 minutes, in every 2nd hour between 08:00 and 18:59"),
    "0,30 9 * * *": ("UNIX", "At 0 and 30 minutes past the hour, between 09:00 and 09:59"),
    "10-20 5 6,7 * * *": (
        "SECONDS_FIRST",
        "Seconds 10 through 20 past the minute, at 5 minutes past the hour, between 06:00 and 07:59",
    ),
    "*/5 */2 9 * * *": ("SECONDS_FIRST", "Every 5 seconds, in every 2nd minute, between 09:00 and 09:59"),
    "* 10-50/20 * * * *": (
        "SECONDS_FIRST",
        "Every second, in every 20th minute from 10 through 50 past the hour",
    ),
    # One run in each hour is an instant.
    "5 30 6,12 * * *": ("SECONDS_FIRST", "At 06:30:05 and 12:30:05"),
    "0 9-17 * * *": ("UNIX", "At 0 minutes past the hour, between 09:00 and 17:59"),
    "30 8-18/2 * * *": ("UNIX", "At 30 minutes past the hour, every 2 hours, between 08:00 and 18:59"),
    "0 */2 * * *": ("UNIX", "Every 2 hours"),
    "5-10 11 * * *": ("UNIX", "Every minute between 11:05 and 11:10"),
    "* 6 * * *": ("UNIX", "Every minute, between 06:00 and 06:59"),
    "0/15 * * * *": ("UNIX", "Every 15 minutes"),
    "0-59/7 * * * *": ("UNIX", "Every 7 minutes, minutes 0 through 59 past the hour"),
    "58-3/3 * * * *": ("UNIX", "At 1 and 58 minutes past the hour"),
    "0 0 1 */3 *": ("UNIX", "At 00:00, on day 1 of the month, every 3 months"),
    "0 0 1 2-8/3 *": ("UNIX", "At 00:00, on day 1 of the month, every 3 months, February through August"),
    "0 0 1 nov-feb *": (
        "UNIX",
        "At 00:00, on day 1 of the month, only in January, February, November, and December",
    ),
    "0 0 1 6-8 *": ("UNIX", "At 00:00, on day 1 of the month, June through August"),
    # L, W and #.
    "0 0 10-L * *": ("UNIX", "At 00:00, between day 10 and 31 of the month"),
    "0 0 1,15,L * *": ("UNIX", "At 00:00, on day 1, 15, and the last day of the month"),
    "0 0 1W * *": ("UNIX", "At 00:00, on the first weekday of the month"),
    "0 0 w15 * *": ("UNIX", "At 00:00, on the weekday nearest day 15 of the month"),
    "0 0 * * 5L": ("UNIX", "At 00:00, on the last Friday of the month"),
    "0 0 * * friL": ("UNIX", "At 00:00, on the last Friday of the month"),
    "0 0 * * Lfri,7#1": ("UNIX", "At 00:00, on the first Sunday and the last Friday of the month"),
    "0 0 * * mon-wed#2": (
        "UNIX",
        "At 00:00, on the second Monday, the second Tuesday and the second Wednesday of the month",
    ),
    # Quartz's seventh field, where it restricts nothing.
    "0 0 12 ? * MON-FRI *": ("SECONDS_FIRST", "At 12:00, Monday through Friday"),
    "0 0 12 1 * ? ?": ("SECONDS_FIRST", "At 12:00, on day 1 of the month"),
}

DAYS = (
    "The day-of-month field “%s” is not acceptable: the last day is L, the days from 10 to the last are 10-L, "
    "and the weekday nearest day 15 is 15W, which stands alone."
)
WEEKDAYS = (
    "The day-of-week field “%s” is not acceptable: "
    "the last Friday of a month is 5L or L5, which does not mix with plain weekdays."
)
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
        "“@every 5m” is not a known alias; known are @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly."
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
    "0 0 */2 * 5L": "“#”, “L” with a weekday, and “W” cannot be combined with a restriction of the other day field.",
    "0 0 15W * */2": "“#”, “L” with a weekday, and “W” cannot be combined with a restriction of the other day field.",
    "0 0 31 2 */2": "It would never fire: none of its months has such a day.",
    "0 0 L-3 * *": DAYS % "L-3",
    "0 0 LW * *": DAYS % "LW",
    "0 0 L/2 * *": DAYS % "L/2",
    "0 0 1W,15W * *": DAYS % "1W,15W",
    "0 0 32W * *": DAYS % "32W",
    "0 0 5L * *": DAYS % "5L",
    "0 0 * * L": WEEKDAYS % "L",
    "0 0 * * 8L": "The day-of-week field “8L” is not acceptable: its values run from 0 to 7, where 0 and 7 are Sunday.",
    "0 0 * * 1,5L": WEEKDAYS % "1,5L",
    "0 0 * * 8": "The day-of-week field “8” is not acceptable: its values run from 0 to 7, where 0 and 7 are Sunday.",
    "0 0 * * mon#6": (
        "The day-of-week field “mon#6” is not acceptable: “#” takes 1 to 5 and does not mix with plain weekdays."
    ),
    "0 12 ? * MON-FRI *": (
        "The hour field “?” is not acceptable: “?” stands alone in a day field, of six fields the fourth and the sixth."
    ),
    "0 0 ?,1 * *": (
        "The day-of-month field “?,1” is not acceptable: "
        "“?” stands alone in a day field, of six fields the fourth and the sixth."
    ),
    "*-5 * * * *": "The minute field “*-5” is not acceptable: its values run from 0 to 59.",
    "5-* * * * *": "The minute field “5-*” is not acceptable: its values run from 0 to 59.",
    "1,,2 * * * *": "The minute field “1,,2” is not acceptable: its values run from 0 to 59.",
    "*/2/3 * * * *": "The minute field “*/2/3” is not acceptable: its values run from 0 to 59.",
    "0 0 0 * *": "The day-of-month field “0” is not acceptable: its values run from 1 to 31.",
    "0 0 * 0-3 *": "The month field “0-3” is not acceptable: its values run from 1 to 12.",
    "0 0 * mon *": "The month field “mon” is not acceptable: its values run from 1 to 12.",
    "0 0 * * 1,2#2": (
        "The day-of-week field “1,2#2” is not acceptable: “#” takes 1 to 5 and does not mix with plain weekdays."
    ),
}

SECONDS = "It fires at every second of each minute that it names, 60 times a minute; 0 in the seconds field fires once."
EITHER = (
    "Day-of-month and day-of-week are both restricted: "
    "it fires on the days that match either, not only on those that match both."
)
BOTH = (
    "Day-of-month and day-of-week are both restricted, and “%s” begins with “*”: "
    "it fires only on the days that match both, as Vixie cron has it."
)
QUARTZ = (
    "“%s” in the day-of-week field counts from 0, Sunday; Quartz, whose texts look like this one, counts from 1: "
    "what it would read is %s."
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
    "1-1 * * * *": [],
    "0 0 */1 * 1": [],
    "0 0 */2 * 1": [
        BOTH % "*/2",
        "“*/2” in the day-of-month field is uneven: "
        "it starts again at 1 after 31, so that the last interval is shorter.",
    ],
    "0 0 1-7 * */7": [
        BOTH % "*/7",
        "“*/7” in the day-of-week field is 0 alone, since the step is longer than the field.",
    ],
    "0 0 1-31 * 1": [
        "“1-31” in the day-of-month field names every day without beginning with “*”, "
        "so that it fires every day, whatever the other day field says."
    ],
    "0 0 31W * *": ["In a month of fewer than 31 days it fires on the weekday nearest the last day."],
    "0 0 29W 1,3 *": [],
    "0 0 12 ? * 2": [QUARTZ % ("2", "MON")],
    "0 0 12 ? * 2-6": [QUARTZ % ("2-6", "MON-FRI")],
    "0 0 12 ? * 6#3": [QUARTZ % ("6#3", "FRI#3")],
    "0 0 12 ? * 6L": [QUARTZ % ("6L", "FRIL")],
    "0 0 12 ? * 2/2": [QUARTZ % ("2/2", "MON/2")],
    "0 0 12 * * 7 *": [QUARTZ % ("7", "SAT")],
    "0 0 12 ? * MON-FRI": [],
    "0 0 12 ? * 1-7": [],
    "0 0 12 ? * 0": [],
    "0 12 ? * 2": [],
    "0 0 12 * * 2": [],
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
        ("1-1 * * * *", "At 1 minutes past the hour"),
        ("*/40 * * * *", "At 0 and 40 minutes past the hour"),
    ],
)
def test_the_words_follow_what_fires(text, description):
    assert parse(text).description == description


def test_other_words_for_every_other_meaning():
    """Words that two texts share are not a lie about one of them."""
    pools = [
        ["0", "5", "*", "*/5", "0-20", "10-50/20"],
        ["0", "30", "*", "*/2", "*/7", "0-30", "58-3", "5/20", "10-50/20", "0,30", "30,31,45"],
        ["0", "9", "*", "*/2", "9,17", "9-17", "8-18/2", "22-2", "*/5", "9,10"],
        ["*", "1", "1,15", "1-7", "*/2", "1-7/3", "L", "1,L", "5-L", "L,1-5", "15W", "1W"],
        ["*", "1", "*/3", "2-8/3", "6-8", "11-2"],
        ["*", "1", "1-5", "*/2", "fri-mon", "2,4", "5L", "1#1", "1#1,2#1"],
    ]
    randomly = random.Random(20260101)
    meanings = {}
    for _ in range(20_000):
        text = " ".join(randomly.choice(pool) for pool in pools)
        if parse(text).is_valid:
            second, minute, hour, of_month, month, of_week = text.lower().split()
            days = cron_oracle.days_of_one_year(of_month, month, of_week)
            times = [
                sorted(cron_oracle.named(which, part)) for which, part in enumerate((second, minute, hour))
            ]
            meanings.setdefault(parse(text).description, set()).add((str(times), days))
    assert len(meanings) > 10_000
    assert [words for words, meaning in meanings.items() if len(meaning) > 1] == []
