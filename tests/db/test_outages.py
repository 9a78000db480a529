"""What is said of an outage, and how often."""

import logging

from gateway.db.outages import Outage


def test_it_is_said_once_then_once_a_minute_and_when_it_is_over(caplog):
    now = 0.0
    outage = Outage(logging.getLogger("gateway.test"), "the log cannot be read", lambda: now)
    said = []

    def at(seconds, reason=None):
        nonlocal now
        now = seconds
        caplog.clear()
        outage.ended() if reason is None else outage.failed(reason)
        said.append(next(iter(caplog.messages), None))

    at(0)
    for seconds in (1, 3, 60, 61, 63):
        at(seconds, "refused")
    at(64, "too slow")
    at(66)
    at(68)
    # One that comes and goes says no more than one that stays.
    at(70, "too slow")
    at(72)
    at(200, "too slow")
    at(201)
    assert said == [
        None,
        "the log cannot be read: refused",
        None,
        None,
        "the log cannot be read: refused",
        None,
        "the log cannot be read: too slow",
        "it is over, after 65 s: the log cannot be read",
        None,
        None,
        None,
        "the log cannot be read: too slow",
        "it is over, after 1 s: the log cannot be read",
    ]
