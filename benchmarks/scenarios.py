"""What is asked of the servers: documents, variables, paths, and the bars that the gateway has to stay under."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

PERSON = "id firstName lastName email phone jobTitle"

PAGE = f"""query Page($first: Int!, $after: String) {{
  connectionRequests(first: $first, after: $after) {{
    totalCount
    pageInfo {{ hasNextPage hasPreviousPage }}
    edges {{
      node {{
        id uuid kind status isApproved orgName orgContactFullName primaryContactPhone primaryContactEmail
        retailerAccountNumber supplierAccountNumber additionalInformation requestedAt createdAt
        requester {{ {PERSON} }}
        approvedBy {{ id approvedAt person {{ {PERSON} }} }}
        integrations(first: 100) {{
          edges {{
            node {{
              id uuid integrationType updateFrequency feedSourceFileLocations fileSpecs rules createdAt
            }}
          }}
        }}
        uploadedFiles(first: 100) {{ edges {{ node {{ id uuid name contentType createdAt }} }} }}
      }}
    }}
  }}
}}"""

BY_ID = "query ById($id: ID!) { connectionRequest(id: $id) { id orgName status isApproved requestedAt } }"

TYPENAME = "{ __typename }"

WALK = """query Walk($first: Int!, $after: String) {
  connectionRequests(first: $first, after: $after) { pageInfo { endCursor } }
}"""
"""Finds a deep cursor; each server has cursors of its own form. Never timed."""

CREATE = """mutation Create($input: CreateConnectionRequestInput!) {
  createConnectionRequest(input: $input) {
    connectionRequest { orgName status integrations { nodes { integrationType updateFrequency rules } } }
    errors { code message path }
  }
}"""

APPROVE = """mutation Approve($input: ApproveConnectionRequestInput!) {
  approveConnectionRequest(input: $input) {
    connectionRequest { status isApproved decision { outcome comment decidedBy { firstName } } }
    errors { code message path }
  }
}"""

WRITES = (CREATE, APPROVE)
"""Each of their requests has an idempotency key of its own."""

NEW_REQUEST = {
    "orgName": "Example Supplies",
    "integrations": [
        {"integrationType": "items", "updateFrequency": "0 3 * * *", "rules": "All of them."},
        {"integrationType": "orders", "updateFrequency": "*/15 * * * *", "rules": "New ones."},
        {"integrationType": "tracking", "updateFrequency": "30 4 * * 1-5", "rules": "Since yesterday."},
    ],
}

DEEP = 10_000
STEP = 1000  # requests of one page of the walk

KEEPING = "keeping"
"""The gateway as anybody runs it, which keeps its answers; for all else they are computed, as the others do."""

UNCHANGED_MS = 0.08
"""The most processor time that a 304 may take, in milliseconds."""

CRUX_LIST = "/organizations/connections/request/?limit=50"


@dataclass(frozen=True, slots=True)
class Facts:
    """What requests need to know of the data and of one server.

    Attributes:
        request_id: the record's own id of some request.
        deep_cursor: that server's cursor of a row deep in the default order.
        tag: the entity tag of that server's page of 50; None where it has none.
        pending: ids of requests that nobody has decided on; all servers take from the same.
    """

    request_id: str
    deep_cursor: str | None
    tag: str | None = None
    pending: Iterator[str] = field(default_factory=lambda: iter(()))


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of request.

    Attributes:
        path: what is fetched by GET; null for a GraphQL request.
        is_repeated: whether the gateway gives an answer again that it has; the others compute theirs.
        is_unchanged: whether the gateway is asked by somebody who has the answer, and says so by a 304.
        is_changed: whether another process writes before each request, so that whatever the gateway has kept is of no
            use; what it costs to have kept it is compared to the gateway that keeps nothing.
        bars: by baseline, the largest and the aimed-at ratio of the gateway's processor time to the baseline's.
        databases: the databases on which it is measured.
    """

    name: str
    title: str
    document: str = ""
    first: int | None = None
    deep: bool = False
    path: str | None = None
    is_repeated: bool = False
    is_unchanged: bool = False
    is_changed: bool = False
    bars: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    databases: tuple[str, ...] = ("postgresql",)

    @property
    def is_write(self) -> bool:
        return self.document in WRITES

    def is_for(self, server: str) -> bool:
        """Whether a server of this name is asked."""
        if self.is_changed:
            return server in (KEEPING, "gateway")
        if self.is_repeated:
            return server in (KEEPING, "handwritten")
        if self.path or self.is_write:
            return server in ("gateway", "handwritten")
        return server != KEEPING

    @property
    def own(self) -> str:
        """The server that is compared to the others."""
        return KEEPING if self.is_repeated or self.is_changed else "gateway"

    def variables(self, facts: Facts) -> dict[str, Any]:
        """Those of the next request; only writes have others each time."""
        if self.document == BY_ID:
            return {"id": global_id(facts.request_id)}
        if self.document == CREATE:
            return {"input": NEW_REQUEST}
        if self.document == APPROVE:
            return {"input": {"id": global_id(next(facts.pending)), "comment": "Welcome."}}
        if self.first is None:
            return {}
        return {"first": self.first, "after": facts.deep_cursor if self.deep else None}


def global_id(request_id: str) -> str:
    return base64.b64encode(f"ConnectionRequest:{request_id}".encode()).decode()


NESTED = {"idiomatic": (1 / 14, 1 / 20), "mercurius": (1.0, 0.8), "handwritten": (1.8, 1.3)}

SCENARIOS = (
    Scenario("page-50", "page of 50, nested", PAGE, first=50, bars=NESTED),
    Scenario("page-500", "page of 500, nested", PAGE, first=500, bars=NESTED),
    Scenario(
        "repeated-page",
        "page of 50, nested, asked again",
        PAGE,
        first=50,
        is_repeated=True,
        bars={"handwritten": (0.15, 0.15)},
    ),
    Scenario(
        "unchanged-page",
        "304 for the page of 50, nested",
        PAGE,
        first=50,
        is_repeated=True,
        is_unchanged=True,
    ),
    Scenario(
        "changed-page",
        "page of 50, nested, after each write",
        PAGE,
        first=50,
        is_changed=True,
        bars={"gateway": (1.03, 1.0)},
    ),
    Scenario(
        "changed-by-id",
        "one request by id, after each write",
        BY_ID,
        is_changed=True,
        bars={"gateway": (1.05, 1.0)},
    ),
    Scenario(
        "page-1",
        "page of 1, nested",
        PAGE,
        first=1,
        bars={"idiomatic": (1 / 6, 1 / 8), "mercurius": (1.8, 1.2), "handwritten": (2.0, 1.4)},
    ),
    Scenario(
        "by-id",
        "one request by id, 5 fields",
        BY_ID,
        bars={"idiomatic": (1 / 3, 1 / 5), "mercurius": (2.5, 1.5), "handwritten": (2.0, 1.5)},
    ),
    Scenario("deep-page", f"page of 50, nested, behind row {DEEP:,}", PAGE, first=50, deep=True, bars=NESTED),
    Scenario(
        "typename",
        "`{ __typename }`",
        TYPENAME,
        bars={"idiomatic": (1 / 2, 1 / 3), "mercurius": (3.0, 2.0), "handwritten": (2.0, 1.5)},
    ),
    Scenario("crux-list", "Crux list of 50", path=CRUX_LIST, bars={"handwritten": (1.5, 1.5)}),
    Scenario("create", "request with three integrations made", CREATE, bars={"handwritten": (2.0, 1.5)}),
    Scenario("approve", "request approved", APPROVE, bars={"handwritten": (2.0, 1.5)}),
    Scenario(
        "sqlite-page-50",
        "page of 50, nested, on SQLite",
        PAGE,
        first=50,
        bars={"idiomatic": (1 / 8, 1 / 8)},
        databases=("sqlite",),
    ),
)
