"""A mixture of requests as a server gets them: pages, lookups, searches, mistakes, legacy paths, new documents."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

from benchmarks import load
from benchmarks.scenarios import BY_ID, PAGE, TYPENAME

FIELDS = (
    *("uuid", "kind", "status", "isApproved", "orgName", "orgContactFullName", "primaryContactPhone"),
    *("retailerAccountNumber", "additionalInformation", "reason", "requestedAt", "createdAt", "updatedAt"),
)
COLUMNS = ("orgName", "reason", "primaryContactEmail", "primaryContactPhone", "targetGroupId")
OPERATORS = ("eq", "ne", "contains", "startsWith")
ORDERS = ("REQUESTED_AT", "CREATED_AT", "UPDATED_AT", "ORG_NAME", "STATUS", "KIND")
SEARCH = """query Search($first: Int, $filter: ConnectionRequestFilter, $orderBy: [ConnectionRequestOrder!]) {
  connectionRequests(first: $first, filter: $filter, orderBy: $orderBy) {
    nodes { uuid orgName integrations(first: 3) { nodes { uuid schedule { isValid description } } } }
    pageInfo { hasNextPage endCursor }
  }
}"""
BY_CURSOR = "query C($after: String) { connectionRequests(first: 5, after: $after) { edges { cursor } } }"
MISTAKES = (
    "{",
    "{ nothing }",
    "query A { viewer { name } } query B { viewer { name } }",
    '{ connectionRequest(id: "bm8=") { uuid } }',
    "{ connectionRequests(first: -1) { nodes { uuid } } }",
    '{ connectionRequests(after: "no cursor") { nodes { uuid } } }',
)
PATHS = (
    "/organizations/connections/request/?limit={n}&page={page}",
    "/organizations/connections/request/{id}/",
    "/organizations/connections/request/{unknown}/",
    "/v1/requests?page_size={n}",
    "/v1/requests/{id}",
    "/v1/requests/{unknown}/comments",
    "/api/3/connections?limit={n}&offset={page}&filters[service]={unknown}",
    "/api/3/connections/{page}",
    "/connection?limit={n}",
    "/connection/{unknown}",
    "/connector",
    "/readyz",
    "/{unknown}",
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the requests need to know of the store."""

    token: str
    request_ids: list[str]


class Mixture:
    """An endless, seeded sequence of requests."""

    def __init__(self, known: Known, seed: int = 1) -> None:
        self._known = known
        self._random = Random(seed)
        self._kinds: list[tuple[Callable[[], bytes], int]] = [
            (self._page, 30),
            (self._by_id, 20),
            (self._typename, 5),
            (self._search, 15),
            (self._new_document, 10),
            (self._mistake, 6),
            (self._bad_token, 2),
            (self._legacy, 12),
        ]

    def next(self) -> bytes:
        """A whole HTTP request."""
        [kind] = self._random.choices(
            [each for each, _ in self._kinds], weights=[weight for _, weight in self._kinds]
        )
        return kind()

    def _unknown(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def _request_id(self) -> str:
        return self._random.choice(self._known.request_ids)

    def _graphql(self, document: str, **variables: object) -> bytes:
        return load.graphql_request(document, variables, self._known.token)

    def _page(self) -> bytes:
        return self._graphql(PAGE, first=self._random.randrange(11), after=None)

    def _by_id(self) -> bytes:
        named = f"ConnectionRequest:{self._request_id() if self._random.random() < 0.8 else self._unknown()}"
        return self._graphql(BY_ID, id=base64.b64encode(named.encode()).decode())

    def _typename(self) -> bytes:
        return self._graphql(TYPENAME)

    def _search(self) -> bytes:
        random = self._random
        conditions = [
            {random.choice(COLUMNS): {random.choice(OPERATORS): f"word {random.randrange(1000)}"}}
            for _ in range(random.randrange(1, 5))
        ]
        keys = [
            {"field": field, "direction": random.choice(("ASC", "DESC"))}
            for field in random.sample(ORDERS, random.randrange(3))
        ]
        combined = {random.choice(("and", "or")): conditions}
        return self._graphql(SEARCH, first=random.randrange(1, 6), filter=combined, orderBy=keys or None)

    def _new_document(self) -> bytes:
        """A text that was never sent before, with a selection of its own."""
        random = self._random
        fields = random.sample(FIELDS, random.randrange(1, 6))
        aliased = " ".join(f"a{self._unknown()}: {field}" for field in fields)
        return self._graphql(
            f"query Q{self._unknown()} {{ connectionRequests(first: 2) {{ nodes {{ {aliased} }} }} }}"
        )

    def _mistake(self) -> bytes:
        random = self._random
        if random.random() < 0.3:
            return self._graphql(BY_CURSOR, after=self._unknown())
        if random.random() < 0.3:
            return self._graphql(f"{{ nothing{self._unknown()} }}")
        return self._graphql(random.choice(MISTAKES))

    def _bad_token(self) -> bytes:
        return load.graphql_request(TYPENAME, {}, f"gw_{self._unknown()}")

    def _legacy(self) -> bytes:
        random = self._random
        path = random.choice(PATHS).format(
            n=random.randrange(1, 20),
            page=random.randrange(1, 50),
            id=quote(self._request_id()),
            unknown=self._unknown(),
        )
        return load.get_request(path, self._known.token)
