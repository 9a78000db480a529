"""A short sample of `make torture`: a receiver of webhooks that fails and hangs, and a process that is killed."""

import subprocess
import sys

import pytest

from gateway.db.vault import Vault, new_key
from tests.graph import open_graph
from tests.stores import open_store
from tests.torture.deliveries import ORGANIZATION, SECONDS, DeliveryPlan, go_through, prepared
from tests.torture.servers import ROOT
from tests.webhooks.receiver import ALL, settings_of

pytestmark = pytest.mark.anyio


class Courier:
    """A process that sends and does nothing else."""

    def __init__(self, url, key):
        self._command = [sys.executable, "-m", "tests.webhooks.courier", url, key, str(SECONDS)]

    async def start(self):
        self._launch()

    def _launch(self):
        self._process = subprocess.Popen(self._command, cwd=ROOT)

    def kill(self):
        self._process.kill()
        self._process.wait()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_every_event_comes_and_those_of_a_subject_in_order(database_url):
    plan = DeliveryPlan(subjects=6, changes=3, writers=2, failing=0.2, attempts=1, kills=1, processes=1)
    await prepared(database_url, plan)
    key = new_key()
    courier = Courier(database_url, key)
    async with open_store(database_url) as store:
        store.vault = Vault([key])
        async with open_graph(store, database_url, ORGANIZATION, ALL, settings_of(database_url)) as graph:

            async def write(changes):
                for each in changes.values():
                    [payload] = (await graph.ask(each["query"], **each["variables"])).values()
                    assert payload["errors"] == []

            await courier.start()
            try:
                figures = await go_through(plan, database_url, write, [courier])
            finally:
                courier.kill()
    assert figures.problems == []
    assert (figures.events, figures.taken, figures.kills) == (18, 18, 1)
    assert figures.faults.total() > 2
