"""The retry schedule of an event: exponential backoff with jitter, for three days."""

import random
from datetime import datetime, timedelta
from typing import Final

FIRST: Final = timedelta(seconds=5)
FACTOR: Final = 4.0
LONGEST: Final = timedelta(hours=6)
JITTER: Final = 0.2
"""A share of the delay, added or subtracted, so that events that failed together are not retried together."""

PATIENCE: Final = timedelta(days=3)
"""How long an event is retried, and how long an endpoint may accept nothing before it is disabled."""


def next_attempt(
    attempts: int, first_at: datetime, at: datetime, no_sooner: timedelta | None
) -> datetime | None:
    """The time of the next attempt; None if the event is given up.

    Args:
        attempts: how many attempts have failed, at least one.
        first_at: when the first attempt began.
        at: when the last attempt ended.
        no_sooner: how long the endpoint asked not to be called.
    """
    end = first_at + PATIENCE
    if at >= end:
        return None
    delay = min(FIRST * FACTOR ** min(attempts - 1, 20), LONGEST)
    delay *= random.uniform(1 - JITTER, 1 + JITTER)
    return at + min(max(delay, no_sooner or delay), end - at)
