"""The document of what is tried against the gateway: each attack names a test and settings that there are."""

import re
from pathlib import Path

import pytest

from gateway.settings import Settings

ROOT = Path(__file__).parent.parent
ROWS = [
    [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
    for line in (ROOT / "docs/security.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| attack")
]


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:40] for row in ROWS])
def test_an_attack_has_a_bound_a_setting_and_a_test(row):
    attack, bound, setting, test = row
    assert attack
    assert bound
    [named] = re.findall(r"`(tests/[^`]+)`", test)
    path, _, function = named.partition("::")
    text = (ROOT / path).read_text()
    assert not function or f"def {function}(" in text
    for variable in re.findall(r"`(GATEWAY_\w+)`", setting):
        name = variable.removeprefix("GATEWAY_").lower()
        assert hasattr(Settings(), name) or hasattr(Settings().limits, name.removeprefix("limit_"))
