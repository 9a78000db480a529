"""How long random tests run: briefly among all, at length in `make fuzz`, which runs the modules that import this."""

import os

from hypothesis import HealthCheck, settings

# A machine that stands still while an example is drawn makes it no slow one.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

GIVEN = os.environ.get("GATEWAY_FUZZ_CASES")
IS_LONG = GIVEN is not None


def cases(briefly: int, *, at_most: int = 1 << 30) -> int:
    """How many cases a random test tries.

    Args:
        briefly: in the run of all tests.
        at_most: in a long run, whatever it asks for: beyond them comes nothing new, or nothing in time.
    """
    return briefly if GIVEN is None else min(int(GIVEN), at_most)
