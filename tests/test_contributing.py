"""What CONTRIBUTING shows is right."""

import re
from pathlib import Path

import pytest

from gateway.db import tables as db
from gateway.events import Event
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Conflict, Forbidden, NotFound
from gateway.resolvers.viewer import Scope
from tests.data import NORTH, context_of, events_of, fill

pytestmark = pytest.mark.anyio

CONTRIBUTING = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text()


@pytest.fixture
def cancel_request():
    """The function of the section "A write"."""
    [written] = re.findall(r"^### A write$.*?```python\n(.*?)```", CONTRIBUTING, re.MULTILINE | re.DOTALL)
    names = {"db": db, "Event": Event, "Context": Context, "Conflict": Conflict, "Scope": Scope}
    exec(compile(written, "<a write>", "exec"), names)
    return names["cancel_request"]


async def test_the_example_of_a_write_does_what_it_says(database, cancel_request):
    await fill(database, NORTH)
    context = context_of(database, "north")
    before = len(await events_of(database, "north"))
    assert await cancel_request(context, "r2") is True
    assert (await context.row(db.connection_requests).load("r2")).status == "canceled"
    assert await cancel_request(context, "r2") is False
    told = (await events_of(database, "north"))[before:]
    assert [each.type for each in told] == ["connection_request.canceled"]
    with pytest.raises(Conflict, match=r"^The connection request is approved already\.$"):
        await cancel_request(context, "r1")
    with pytest.raises(NotFound):
        await cancel_request(context, "nobody")
    with pytest.raises(Forbidden):
        await cancel_request(context_of(database, "north", "read"), "r2")
