"""Two processes, and writes by every door: no old answer after an acknowledged write, and no 304 after a change."""

import json
import random
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from gateway import administration
from gateway.exchange.importing import import_files
from gateway.passwords.setting import set_password
from gateway.resolvers.file_sweeping import objects_of, sweep
from gateway.settings import Settings
from gateway.vendors import VENDORS
from gateway.vendors.openint.catalogue import load_catalogue
from tests.crawl.documents import COMMERCE, CONNECTION
from tests.crawl.operations import queries
from tests.graph import FILES, Graph
from tests.lengths import IS_LONG, cases
from tests.schema.mutations.conftest import ALL, fill_two
from tests.schema.mutations.examples import EXAMPLES as MUTATIONS
from tests.schema.mutations.examples import document
from tests.stores import open_store
from tests.test_answers import READS, caller, get, is_steady, post
from tests.vendors.gateway import insert
from tests.vendors.writes import EXAMPLES as WRITES
from tests.vendors.writes import ROWS

pytestmark = pytest.mark.anyio

WIDE = """{ organization { name forbidsOwnApproval } connectionRequestCounts { status count }
  connectionRequests(first: 40) { totalCount nodes { orgName status reason decision { outcome comment }
    requester { lastName } comments { nodes { body } } integrations { nodes { rules integrationType } }
    uploadedFiles { nodes { name } } } }
  people(first: 40) { totalCount nodes { fullName email } } files(first: 40) { totalCount nodes { name } }
  connectedAccounts(first: 40) { nodes { name status service } } connectors { nodes { name displayName } } }"""
PAGES = [each.replace("(first: 5)", "(first: 40)") for each in queries(is_steady) if "(first: 5)" in each]
CRUX = {"record_uuid": "imported", "org_name": "Imported", "integrations": [], "uploaded_files": []}
OPAL = {"id": "imported-2", "created_at": "2021-06-11T20:58:31Z", "status": "pending", "reason": "on call"}


async def imports(store, folder, vendor, value):
    path = folder / f"{vendor}.json"
    path.write_text(json.dumps(value))
    [known] = [each for each in VENDORS if each.name == vendor]
    await import_files(store, known, "north", [path])


async def loads(store, folder):
    path = folder / "catalogue.json"
    path.write_text(json.dumps({"items": [{"name": "shared", "display_name": "Shared"}]}))
    await load_catalogue(store, path)


OPERATORS = {
    "person create": lambda store, _: administration.create_person(store, "north", first_name="Eve"),
    "person set-password": lambda store, _: set_password(
        store, "north", "bob", "a long one " * 2, username="bob"
    ),
    "person erase": lambda store, _: administration.erase_person(store, "north", "ada"),
    "organization update": lambda store, _: administration.allow_own_approval(store, "north", False),
    "organization create": lambda store, _: administration.create_organization(store, "Other"),
    "token create": lambda store, _: administration.create_token(store, "north", name="x", scopes=["read"]),
    "token revoke": lambda store, _: administration.revoke_token(store, "north", "t1"),
    "touch": lambda store, _: administration.touch(store),
    "events prune": lambda store, _: administration.prune_events(store, timedelta(0)),
    "import crux": lambda store, folder: imports(store, folder, "crux", CRUX),
    "import opal": lambda store, folder: imports(store, folder, "opal", OPAL),
    "import activecampaign": lambda store, folder: imports(
        store, folder, "activecampaign", COMMERCE | {"id": "77"}
    ),
    "import openint": lambda store, folder: imports(store, folder, "openint", CONNECTION),
    "connectors load": loads,
    "sweep": lambda store, _: sweep(store, objects_of(Settings(storage_url=FILES))),
}
"""What commands of the operator do, in processes of their own, and what processes do beside answering."""


class Readers:
    """Two who read the same: a process that gives answers again, and one that computes each."""

    def __init__(self, keeping, computing):
        self.keeping = keeping
        self.computing = computing

    async def around(self, act, names):
        """Make a change, and hold what is said of it behind it against what was said before.

        Args:
            act: makes the change.
            names: of pages or legacy paths that are read.
        """
        before = {}
        for name in names:
            for _ in range(2):
                await self._read(self.keeping, name)
            known = await get(self.keeping, name) if name not in READS else await self.keeping.get(name)
            before[name] = known.content, known.headers.get("etag")
        await act()
        changed = 0
        for name in names:
            body, tag = before[name]
            now = (await self._read(self.computing, name)).content
            assert (await self._read(self.keeping, name)).content == now, name
            again = await self._ask(name, tag)
            if again.status_code == 304:
                assert body == now, name
            else:
                assert again.content == now, name
            changed += body != now
        return changed

    async def _read(self, http, name):
        return await (post(http, name) if name not in READS else http.get(name))

    async def _ask(self, name, tag):
        if name not in READS:
            return await get(self.keeping, name, tag)
        return await self.keeping.get(name, headers={} if tag is None else {"if-none-match": tag})


@pytest.fixture
async def store(database):
    await fill_two(database)
    await insert(database, "north", **ROWS)
    return database


@pytest.mark.parametrize("door", ["mutations", "legacy writes", "commands"])
async def test_no_answer_is_old_after_a_write_by_any_door(store, database_url, tmp_path, door):
    chance = random.Random(door)
    # Whole pages take their time: briefly the wide one and a legacy path.
    others, count = [*PAGES, *READS] if IS_LONG else [*READS], cases(1, at_most=6)
    async with AsyncExitStack() as stack:
        twin = await stack.enter_async_context(open_store(database_url))
        operator = await stack.enter_async_context(open_store(database_url))
        twin.vault = operator.vault = store.vault
        writer = await stack.enter_async_context(caller(store, database_url, *ALL, person_id="ada"))
        keeping = await stack.enter_async_context(caller(twin, database_url, *ALL, person_id="bob"))
        computing = await stack.enter_async_context(
            caller(store, database_url, *ALL, person_id="bob", kept=0)
        )
        readers, graph, changed = Readers(keeping, computing), Graph(writer, store), 0

        async def mutate(name):
            given = {"input": MUTATIONS[name]}
            assert (await graph.ask(document(name), **given))[name]["errors"] == [], name

        async def call(key):
            example = WRITES[key]
            answer = await writer.request(example.method, example.path, **example.content)
            assert answer.is_success, (key, answer.text)

        acts = {
            "mutations": [lambda each=each: mutate(each) for each in MUTATIONS],
            "legacy writes": [lambda each=each: call(each) for each in WRITES],
            "commands": [lambda act=act: act(operator, tmp_path) for act in OPERATORS.values()],
        }[door]
        if store.dialect_name == "postgresql" and door != "commands" and not IS_LONG:
            acts = acts[::2]  # the same says on both that something was written
        for act in acts:
            changed += await readers.around(act, [WIDE, *chance.sample(others, count)])
        assert changed > 5
