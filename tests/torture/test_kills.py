"""A short sample of `make torture`: a server that is killed in the middle of all kinds of changes."""

import pytest
from strawberry.utils.str_converters import to_camel_case

from gateway.schema.mutations.root import MUTATIONS
from tests.torture.kills import CHANGES, Plan, killing
from tests.vendors.writes import endpoints

pytestmark = pytest.mark.anyio


async def test_what_was_acknowledged_is_there_once_with_its_event(database_url, tmp_path):
    figures = await killing(database_url, tmp_path / "gateway.log", Plan(kills=1, callers=2))
    assert figures.problems == []
    assert figures.trial.acknowledged == 2 * CHANGES
    assert figures.trial.recoveries
    changes = {to_camel_case(each) for each in MUTATIONS} | {" ".join(each) for each in endpoints()}
    assert figures.trial.operations.keys() == changes
