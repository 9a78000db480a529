"""One organization that is changed by every door, and what has to be read of it by each.

A change is a function of the world and of a door, which is the name of a mutation or of a vendor's operation. It goes
through that door, notes what is different now in the graph's words, and says which events tell of it.
"""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import httpx2

from tests.graph import form_of, gid

Row = dict[str, Any]
Change = Callable[["World", str], Awaitable[list[str]]]

CHANGES: dict[str, Callable[["World", str], Awaitable[None]]] = {}
"""The changes by each of their doors; the world notes what events tell of them."""

TEXTS = ("", "x", "żółw 🚀", "ftp://u:secret@h/x", '"\\\n', "0", "null")
SAID = ("Baz", "żółw 🚀", '"quoted"', "0")
REQUEST = {
    **dict.fromkeys(("orgName", "orgContactFullName", "primaryContactPhone", "primaryContactEmail")),
    **dict.fromkeys(("retailerAccountNumber", "supplierAccountNumber", "additionalInformation", "reason")),
    **dict.fromkeys(("durationMinutes", "targetGroupId", "targetUser", "decision")),
}
ACCOUNT = {
    **dict.fromkeys(("externalId", "name", "statusMessage", "logoUrl", "linkUrl", "listId", "customerId")),
    **dict.fromkeys(("connectorConfigId", "metadata", "settings", "connectionRequest")),
    "isSyncing": False,
    "disabled": False,
}


def change(*doors: str) -> Callable[[Change], Change]:
    """Make a function a change that goes by any of these doors."""

    def register(function: Change) -> Change:
        async def make(world: "World", door: str) -> None:
            world.told += await function(world, door)

        assert not CHANGES.keys() & set(doors)
        CHANGES.update(dict.fromkeys(doors, make))
        return function

    return register


class World:
    """What there is, in the graph's words, and a caller who may change it.

    Attributes:
        requests: by their id, as are the others.
        configs: connector configurations, which only OpenInt's paths show.
        told: the types of the events that there have to be.
        customers: of shops, by their number; only ActiveCampaign's paths show them.
    """

    def __init__(self, http: httpx2.AsyncClient, random: Random, person: str, name: str) -> None:
        self.http, self.random, self.me = http, random, person
        self.told: list[str] = []
        self.organization: Row = {"name": name, "timezone": "UTC"}
        self.requests: dict[str, Row] = {}
        self.accounts: dict[str, Row] = {}
        self.files: dict[str, Row] = {}
        self.people: dict[str, Row] = {}
        self.tokens: dict[str, Row] = {}
        self.endpoints: dict[str, Row] = {}
        self.configs: dict[str, Row] = {}
        self.customers: dict[str, Row] = {}

    async def graph(self, name: str, given: Row, selection: str = "") -> Any:
        """What a mutation answers to an input that it must take."""
        query = f"""mutation ($input: {name[0].upper()}{name[1:]}Input!) {{
            {name}(input: $input) {{ {selection} errors {{ code message path }} }} }}"""
        operations = {"query": query, "variables": {"input": given}}
        parts = form_of(operations)
        answer = await self.http.post("/graphql", **({"files": parts} if parts else {"json": operations}))
        found = answer.json()
        assert "errors" not in found, (name, given, found)
        payload = found["data"][name]
        assert payload.pop("errors") == [], (name, given, found)
        return payload

    async def rest(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """What a legacy path answers, which must succeed."""
        answer = await self.http.request(method, path, json=body, **more)
        assert answer.is_success, (method, path, body, answer.text)
        return answer.json() if answer.content else None

    def text(self) -> str:
        """Any text."""
        return self.random.choice(TEXTS)

    def said(self) -> str:
        """A text that is not blank."""
        return self.random.choice(SAID)

    def some(self, names: dict[str, str]) -> tuple[Row, Row]:
        """Texts for some members, by a door's names and by the graph's."""
        chosen = {door: name for door, name in names.items() if self.random.random() < 0.6}
        values = {door: self.text() for door in chosen}
        return values, {chosen[door]: value for door, value in values.items()}

    async def request(self, kind: str = "", status: str = "PENDING") -> Row:
        """One of the requests; a new one where there is none of this kind and status."""
        found = [
            each
            for each in self.requests.values()
            if each["status"] == status and each["kind"] == (kind or each["kind"])
        ]
        if not found:
            door = "opal createRequest" if kind == "ACCESS" else "createConnectionRequest"
            known = set(self.requests)
            await CHANGES[door](self, door)
            found = [each for uuid, each in self.requests.items() if uuid not in known]
        return self.random.choice(found)

    async def one(self, rows: dict[str, Row], door: str, **wanted: Any) -> Row:
        """One of some rows with these members; a new one, by a door, where there is none."""
        for _ in range(2):
            found = [row for row in rows.values() if all(row[name] == wanted[name] for name in wanted)]
            if found:
                return self.random.choice(found)
            await CHANGES[door](self, door)
        raise AssertionError(f"{door} made nothing.")


def id_of(kind: str, row: Row) -> str:
    """The global id of a row."""
    return gid(kind, row["uuid"])
