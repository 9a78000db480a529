"""Limits are declared once: settings and the documents' table follow."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from gateway.limits import Limits, Mode
from gateway.settings import SettingError, Settings, unknown_variables

DOCUMENT = (Path(__file__).parents[1] / "docs" / "settings.md").read_text()


def test_the_documents_table_is_what_is_declared():
    limits = Limits()
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| ([\d,.]+) \| (.*?) \|$", DOCUMENT.partition("## Limits")[2], re.MULTILINE
    )
    declared = [getattr(limits, each.name) for each in fields(limits)]
    assert rows == [(each.name.upper(), f"{each.number:,}", each.counts) for each in declared]


@pytest.mark.parametrize(
    ("text", "mode", "number", "cap", "enforced"),
    [
        ("off", Mode.OFF, 15, float("inf"), float("inf")),
        ("observe", Mode.OBSERVE, 15, 15, float("inf")),
        ("observe:20", Mode.OBSERVE, 20, 20, float("inf")),
        ("enforce", Mode.ENFORCE, 15, 15, 15),
        (" Enforce:2.5 ", Mode.ENFORCE, 2.5, 2.5, 2.5),
        ("30", Mode.ENFORCE, 30, 30, 30),
    ],
)
def test_an_operator_writes_a_mode_or_a_number_or_both(text, mode, number, cap, enforced):
    limit = Settings.from_environment({"GATEWAY_LIMIT_SECONDS": text}).limits.seconds
    assert (limit.mode, limit.number, limit.cap, limit.enforced) == (mode, number, cap, enforced)
    assert limit.name == "seconds"
    assert unknown_variables({"GATEWAY_LIMIT_SECONDS": text}) == []


@pytest.mark.parametrize(
    "text", ["", "on", "-1", "0", "observe:", "observe:many", "nan", "15 s", "inf", "off:x"]
)
def test_what_is_none_of_these_is_one_line(text):
    with pytest.raises(SettingError, match=r"GATEWAY_LIMIT_SECONDS must be a number above 0, off, observe, "):
        Settings.from_environment({"GATEWAY_LIMIT_SECONDS": text})


def test_a_limit_that_is_none_is_named():
    [sentence] = unknown_variables({"GATEWAY_LIMIT_SECOND": "1"})
    assert sentence == "GATEWAY_LIMIT_SECOND is not a setting; did you mean GATEWAY_LIMIT_SECONDS?"
