"""Instants as callers and operators write them: RFC 3339 and a little less, each to the microsecond or not at all."""

import random
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.instants import parse_instant

SPELLINGS = {
    # RFC 3339, section 5.8, but for its leap seconds
    "1985-04-12T23:20:50.52Z": "1985-04-12T23:20:50.520000Z",
    "1996-12-19T16:39:57-08:00": "1996-12-20T00:39:57.000000Z",
    "1937-01-01T12:00:27.87+00:20": "1937-01-01T11:40:27.870000Z",
    # the capitals and the T of section 5.6
    "2011-08-30t13:22:53z": "2011-08-30T13:22:53.000000Z",
    "2011-08-30T13:22:53z": "2011-08-30T13:22:53.000000Z",
    "2011-08-30t13:22:53+01:00": "2011-08-30T12:22:53.000000Z",
    "2011-08-30 13:22:53Z": "2011-08-30T13:22:53.000000Z",
    # offsets; -00:00 says that the local one is not known (section 4.3)
    "2011-08-30T13:22:53-00:00": "2011-08-30T13:22:53.000000Z",
    "2011-08-30T13:22:53+14:00": "2011-08-29T23:22:53.000000Z",
    "2011-08-30T13:22:53+23:59": "2011-08-29T13:23:53.000000Z",
    "2011-08-30T13:22:53-23:59": "2011-08-31T13:21:53.000000Z",
    # fractions
    "2011-08-30T13:22:53.1Z": "2011-08-30T13:22:53.100000Z",
    "2011-08-30T13:22:53.108Z": "2011-08-30T13:22:53.108000Z",
    "2011-08-30T13:22:53.000001Z": "2011-08-30T13:22:53.000001Z",
    "2011-08-30T13:22:53.999999Z": "2011-08-30T13:22:53.999999Z",
    "2011-08-30T13:22:53.108912000Z": "2011-08-30T13:22:53.108912Z",
    "2011-08-30T13:22:53." + "0" * 10_000 + "Z": "2011-08-30T13:22:53.000000Z",
    # the ends
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00.000000Z",
    "0999-12-31T23:59:59+14:00": "0999-12-31T09:59:59.000000Z",
    "9999-12-31T23:59:59.999999Z": "9999-12-31T23:59:59.999999Z",
    "2000-02-29T00:00:00Z": "2000-02-29T00:00:00.000000Z",
    # less than RFC 3339
    "2011-08-30": "2011-08-30T00:00:00.000000Z",
    "2011-08-30T13:22": "2011-08-30T13:22:00.000000Z",
    "2011-08-30T13:22Z": "2011-08-30T13:22:00.000000Z",
    "2011-08-30T13:22+01:00": "2011-08-30T12:22:00.000000Z",
    "2011-08-30T13:22:53": "2011-08-30T13:22:53.000000Z",
    "2011-08-30t13:22:53.5": "2011-08-30T13:22:53.500000Z",
    "2011-08-30 13:22:53.123456": "2011-08-30T13:22:53.123456Z",
}  # fmt: skip


@pytest.mark.parametrize("text", SPELLINGS)
def test_what_is_read(text):
    read = parse_instant(text)
    assert read.tzinfo is UTC
    assert f"{read.isoformat(timespec='microseconds')[:-6]}Z" == SPELLINGS[text]


WRITTEN = "An instant is written as RFC 3339 has it, such as 2018-04-09T12:00:00Z."
LEAP = "A leap second cannot be stored: the seconds of an instant are 00 to 59."
FINER = "An instant is stored to the microsecond: behind six digits its fraction has only zeros."
CALENDAR = "An instant is on a day of the calendar, in the years 1 to 9999 of UTC."


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "now", "2011", "2011-08", "20110830", "2011-8-30", "11-08-30", "12011-08-30", "+2011-08-30",
        "2011-W35-2", "2011-242", "2011-08-30Z", "2011-08-30+01:00", "2011-08-30T", "2011-08-30T13", "2011-08-30T13Z",
        "20110830T132253Z", "2011-08-30T1322Z", "2011-08-30T13:22:5Z", "2011-08-30T1:22:53Z", "T13:22:53Z",
        "2011-08-30😀13:22", "2011-08-30_13:22:53Z", "2011-08-30\t13:22:53Z", "2011-08-30\u00a013:22:53Z",
        "2011-08-30  13:22:53Z", "2011-08-30T13:22:53 Z", "2011-08-30T13:22:53 UTC", "2011-08-30T13:22:53Zulu",
        " 2011-08-30T13:22:53Z", "2011-08-30T13:22:53Z ", "2011-08-30T13:22:53Z\n", "2011-08-30T13:22:53Z\0",
        "2011-08-30T13:22:53,5Z", "2011-08-30T13:22:53.Z", "2011-08-30T13:22.5Z", "2011-08-30T13:22:53.5.5Z",
        "2011-08-30T24:00:00Z", "2011-08-30T25:00", "2011-08-30T13:60:00Z", "2011-08-30T13:22:61Z",
        "2011-08-30T13:22:53-03", "2011-08-30T13:22:53+0330", "2011-08-30T13:22:53+03:30:15",
        "2011-08-30T13:22:53+24:00", "2011-08-30T13:22:53+03:60", "2011-08-30T13:22:53\u221203:00",
        "2011-08-30T13:22:53Z+00:00", "2011-08-30T13:22:53[UTC]", "2011-08-30T13:22:53.\u0661Z",
        "\u0662\u0660\u0661\u0661-08-30", "2011-08-3\u00b9", "2011/08/30", "30.08.2011", "1314710573",
    ],
)  # fmt: skip
def test_what_is_no_instant(text):
    with pytest.raises(ValueError, match=f"^{re.escape(WRITTEN)}$"):
        parse_instant(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1990-12-31T23:59:60Z", LEAP),
        ("1990-12-31T15:59:60-08:00", LEAP),
        ("2018-01-05T00:00:60.5", LEAP),
        ("2011-08-30T13:22:53.1234567Z", FINER),
        ("2011-08-30T13:22:53.0000001Z", FINER),
        ("2011-08-30T13:22:53.999999999+02:00", FINER),
        ("2011-08-30T13:22:53.0000000000000000000000000000001", FINER),
        ("2011-00-30", CALENDAR),
        ("2011-13-01T00:00:00Z", CALENDAR),
        ("2011-08-00", CALENDAR),
        ("2011-08-32", CALENDAR),
        ("2011-02-29T00:00:00Z", CALENDAR),
        ("1900-02-29", CALENDAR),
        ("0000-01-01", CALENDAR),
        ("0001-01-01T00:00:00+00:01", CALENDAR),
        ("9999-12-31T23:59:59-00:01", CALENDAR),
    ],
)
def test_what_no_store_can_hold_is_refused_and_never_rounded(text, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_instant(text)


def test_every_instant_is_read_as_it_is_written():
    chosen = random.Random(3339)
    for _ in range(300):
        minutes = chosen.randint(-1439, 1439)
        at = datetime(
            chosen.randint(2, 9998), chosen.randint(1, 12), chosen.randint(1, 28),
            chosen.randint(0, 23), chosen.randint(0, 59), chosen.randint(0, 59),
            chosen.choice([0, 1, 500_000, chosen.randint(0, 999_999)]), timezone(timedelta(minutes=minutes)),
        )  # fmt: skip
        text = at.isoformat(chosen.choice("Tt "))
        assert parse_instant(text) == at, text
        for place in range(len(text)):
            spoilt = text[:place] + chosen.choice("x😀,٣\n") + text[place + 1 :]
            if not (place == 10 and spoilt[10] in "Tt "):
                with pytest.raises(ValueError, match="RFC 3339"):
                    parse_instant(spoilt)
