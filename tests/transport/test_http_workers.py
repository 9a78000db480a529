"""How long a process of several is not replaced; that it is, tests/commands/test_cli.py sees with real ones."""

from itertools import accumulate

import pytest

from gateway.transport.http_workers import pause_behind


def test_processes_that_end_by_themselves_are_replaced_ever_more_seldom():
    assert list(accumulate([0.0] * 7, pause_behind, initial=0.0)) == [0, 3, 6, 12, 24, 48, 60, 60]


@pytest.mark.parametrize(("pause", "taking_seconds", "next_pause"), [(48, 9.9, 60), (60, 10, 3), (0, 900, 3)])
def test_one_that_took_callers_for_a_while_is_replaced_as_the_first_one(pause, taking_seconds, next_pause):
    assert pause_behind(pause, taking_seconds) == next_pause
