"""When an event is tried again: exponentially later each time, with jitter, for three days."""

import random
from datetime import datetime, timedelta
from typing import Final

FIRST: Final = timedelta(seconds=5)
FACTOR: Final = 4.0
LONGEST: Final = timedelta(hours=6)
JITTER: Final = 0.2
"""Of the delay, either way: what failed at one time does not come again at one time."""

PATIENCE: Final = timedelta(days=3)
"""How long an event is tried, and how long an endpoint may take nothing until it is disabled."""


def next_attempt(
    attempts: int, first_at: datetime, at: datetime, no_sooner: timedelta | None
) -> datetime | None:
    """The instant of the next attempt; None where the event is given up.

    Args:
        attempts: how many have failed, one at least.
        first_at: when the first one began.
        at: when the last one ended.
        no_sooner: how long the endpoint does not want to be asked again.
    """
    end = first_at + PATIENCE
    if at >= end:
        return None
    delay = min(FIRST * FACTOR ** min(attempts - 1, 20), LONGEST)
    delay *= random.uniform(1 - JITTER, 1 + JITTER)
    return at + min(max(delay, no_sooner or delay), end - at)
