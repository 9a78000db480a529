"""What CONTRIBUTING shows works as it is shown."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest

from gateway.db import tables as db
from gateway.events import Event
from gateway.resolvers.errors import Conflict, Forbidden, Rejected
from gateway.resolvers.inputs import Reference, RuleInput, said
from gateway.resolvers.rules import Outcome, perform, rule, target
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite
from gateway.schema.connection_requests import ConnectionRequest
from gateway.schema.mutations.declaring import mutation
from tests.data import NORTH, context_of, events_of, fill

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[1]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
USED = {
    "Annotated": Annotated,
    "Conflict": Conflict,
    "ConnectionRequest": ConnectionRequest,
    "Event": Event,
    "Outcome": Outcome,
    "Reference": Reference,
    "RuleInput": RuleInput,
    "Scope": Scope,
    "ViewerWrite": ViewerWrite,
    "dataclass": dataclass,
    "db": db,
    "mutation": mutation,
    "rule": rule,
    "said": said,
    "target": target,
    "__name__": __name__,
}


@pytest.fixture
def example():
    """The names that the section "Add a mutation" defines, and the mutation that it declares."""
    section = re.search(r"^### Add a mutation$(.*?)^## ", CONTRIBUTING, re.MULTILINE | re.DOTALL)[1]
    written, declared = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    names = dict(USED)
    exec(compile(written, "<a write>", "exec"), names)
    names["requests"] = type("requests", (), {"reopen_request": names["reopen_request"]})
    return names, eval(declared, names)


async def test_the_example_of_a_write_does_what_it_says(database, example):
    names, _ = example
    reopen, request = names["reopen_request"], names["RequestToReopen"]
    await fill(database, NORTH)
    context = context_of(database, "north")
    before = len(await events_of(database, "north"))
    outcome = await perform(context, reopen, request(id="r5", reason="Wanted after all."))
    assert outcome == Outcome("r5")
    row = await context.row(db.connection_requests).load("r5")
    assert (row.status, row.reason) == ("pending", "Wanted after all.")
    told = (await events_of(database, "north"))[before:]
    assert [each.type for each in told] == ["connection_request.reopened"]
    with pytest.raises(Conflict, match=r"^The connection request is approved, not canceled\.$"):
        await perform(context, reopen, request(id="r1", reason=""))
    with pytest.raises(Rejected, match=r"^There is no such connection request\.$"):
        await perform(context, reopen, request(id="nobody", reason=""))
    with pytest.raises(Forbidden):
        await perform(context_of(database, "north", "read"), reopen, request(id="r5", reason=""))


def test_the_example_of_a_mutation_has_the_names_and_the_sentence_that_follow(example):
    _, declared = example
    assert declared.rule.name == "reopen_request"
    assert declared.field.description == "Makes a canceled request pending again. Requires the scope `write`."


def test_some_of_the_tests_are_some():
    [(folder, word)] = re.findall(r'make test ARGS="-n 0 (\S+) -k (\w+)"', CONTRIBUTING)
    texts = [path.read_text() for path in (ROOT / folder).rglob("test_*.py")]
    assert any(re.search(rf"^(?:async )?def test_\w*{word}", text, re.MULTILINE) for text in texts)
